#include <server/maps.hpp>

#include <server/map_request.hpp>

#include <latent/core/interrupted.hpp>
#include <latent/core/stoppable.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace latent::server {

namespace {

using Clock = std::chrono::steady_clock;

std::string_view name_of(MapJob::State state) {
  switch (state) {
    case MapJob::State::waiting: return "waiting";
    case MapJob::State::running: return "running";
    case MapJob::State::done: return "done";
    case MapJob::State::stopped: return "stopped";
    case MapJob::State::failed: return "failed";
  }
  return "?";
}

}  // namespace

MapJob::MapJob(int64_t id, std::string method, Json request)
    : id_(id), method_(std::move(method)), request_(std::move(request)) {}

Json MapJob::describe() const {
  const std::lock_guard lock(mutex_);
  Json json = {{"id", id_},
               {"method", method_},
               {"dims", request_.at("dims")},
               {"options", request_.at("options")},
               {"seed", request_.at("seed")},
               {"state", name_of(state_)},
               {"step", step_},
               {"steps", steps_},
               {"version", version_},
               {"seconds", seconds()}};
  if (explained_) json["explained"] = *explained_;
  if (kl_divergence_) json["kl_divergence"] = *kl_divergence_;
  if (!error_.empty()) json["error"] = error_;
  if (!remarks_.empty()) json["remarks"] = remarks_;
  return json;
}

double MapJob::seconds() const {
  const bool is_under_way = state_ == State::running || state_ == State::waiting;
  return std::chrono::duration<double>((is_under_way ? Clock::now() : end_) - start_).count();
}

MapJob::State MapJob::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

bool MapJob::is_over() const {
  const State now = state();
  return now == State::done || now == State::stopped || now == State::failed;
}

std::pair<Tensor, int64_t> MapJob::positions() const {
  const std::lock_guard lock(mutex_);
  if (!positions_.defined()) {
    throw HttpError(409, error_.empty() ? "the map has no positions yet" : "there is no map: " + error_);
  }
  return {positions_, version_};
}

std::shared_ptr<const Places> MapJob::places(const Tensor& codes) {
  constexpr auto kFresh = std::chrono::seconds(1);
  Tensor positions;
  int64_t version = 0;
  {
    const std::lock_guard lock(mutex_);
    const bool is_fresh = places_version_ == version_ || Clock::now() - places_made_ < kFresh;
    if (places_ && is_fresh) return places_;
    positions = positions_;
    version = version_;
  }
  if (!positions.defined()) throw HttpError(409, "the map has no positions yet");
  auto places = std::make_shared<const Places>(Places::of_points(positions, codes));
  const std::lock_guard lock(mutex_);
  if (version < places_version_) return places_;  // another client's are newer
  places_ = places;
  places_version_ = version;
  places_made_ = Clock::now();
  return places;
}

int64_t MapJob::wait_after(int64_t version) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(1),
                    [&] { return version_ > version || (state_ != State::running && state_ != State::waiting); });
  return version_;
}

void MapJob::stop() {
  stop_ = true;
  const std::lock_guard lock(mutex_);
  if (state_ == State::waiting) {
    state_ = State::stopped;
    end_ = Clock::now();
    changed_.notify_all();
  }
}

void MapJob::begin() {
  const std::lock_guard lock(mutex_);
  start_ = Clock::now();
  state_ = State::running;
}

void MapJob::publish(Tensor positions, int64_t step, int64_t steps) {
  const std::lock_guard lock(mutex_);
  positions_ = std::move(positions);
  step_ = step;
  steps_ = steps;
  ++version_;
  changed_.notify_all();
}

void MapJob::finish(SampleMap made, std::optional<Places> places) {
  const std::lock_guard lock(mutex_);
  positions_ = std::move(made.positions);
  ++version_;
  if (places) {
    places_ = std::make_shared<const Places>(std::move(*places));
    places_version_ = version_;
  }
  step_ = made.steps;
  steps_ = made.of_steps;
  explained_ = made.explained;
  kl_divergence_ = made.kl_divergence;
  for (const Remark& remark : made.remarks) remarks_.push_back(remark.text);
  state_ = made.interrupted() ? State::stopped : State::done;
  end_ = Clock::now();
  changed_.notify_all();
}

void MapJob::fail(const std::string& why) {
  const std::lock_guard lock(mutex_);
  error_ = why;
  state_ = State::failed;
  end_ = Clock::now();
  changed_.notify_all();
}

void MapJob::halt() {
  const std::lock_guard lock(mutex_);
  state_ = State::stopped;
  end_ = Clock::now();
  changed_.notify_all();
}

Maps::Maps(const Session& session) : session_(session), worker_([this] { work(); }) {}

Maps::~Maps() {
  end();
  worker_.join();
}

void Maps::end() {
  const std::lock_guard lock(mutex_);
  is_over_ = true;
  for (const auto& job : jobs_) job->stop();
  changed_.notify_all();
}

std::vector<std::string> Maps::methods() const {
  if (!session_.has_codes()) return {};
  std::vector<std::string> methods = {"pca"};
  if (session_.size() > 3) methods.insert(methods.end(), {"tsne", "umap"});
  methods.emplace_back("codes");
  return methods;
}

std::pair<std::shared_ptr<MapJob>, bool> Maps::start(const Json& request) {
  constexpr size_t kMostWaiting = 8, kMostKept = 32;
  const MapRequest asked = map_request_from(request, session_);
  std::shared_ptr<MapJob> job;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& one : jobs_) {
      const MapJob::State state = one->state();
      const bool is_good = state != MapJob::State::failed && state != MapJob::State::stopped;
      if (is_good && one->request() == asked.normal) return {one, true};
    }
    if (waiting_.size() >= kMostWaiting) throw HttpError(503, "too many maps are waiting to be made; stop one of them");
    job = std::make_shared<MapJob>(next_id_++, asked.method, asked.normal);
    jobs_.push_back(job);
    if (jobs_.size() > kMostKept) {  // the oldest that is over makes room
      const auto over = std::ranges::find_if(jobs_, [](const auto& one) { return one->is_over(); });
      if (over != jobs_.end()) jobs_.erase(over);
    }
    if (asked.takes_steps()) {
      waiting_.emplace_back(job, asked.options);
      changed_.notify_all();
      return {job, false};
    }
  }
  if (asked.method == "codes") {
    make_codes(*job, asked.dimensions);
  } else {
    make(*job, asked.options);
  }
  return {job, false};
}

std::shared_ptr<MapJob> Maps::find(int64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(jobs_, [&](const auto& job) { return job->id() == id; });
  if (found == jobs_.end()) throw HttpError(404, fmt::format("there is no map {}", id));
  return *found;
}

void Maps::make_codes(MapJob& job, const std::vector<int64_t>& dimensions) {
  job.begin();
  const Tensor& codes = session_.codes();
  job.finish({.positions = dimensions_of(codes, dimensions)}, Places::of_dimensions(codes, dimensions));
}

void Maps::make(MapJob& job, const MapOptions& given) {
  constexpr auto kApart = std::chrono::milliseconds(50);  // clients need no more than 20 pictures a second
  job.begin();
  MapOptions options = given;
  options.stop = &job.stop_;
  // Until the first step there is nothing to keep; from then on a map that is stopped stays where it stands.
  std::optional<Stoppable> until_first_step(job.stop_);
  Clock::time_point last = {};
  options.look = [&](const space::Layout& layout) {
    until_first_step.reset();
    if (Clock::now() - last < kApart) return;
    last = Clock::now();
    job.publish(layout.positions(), layout.steps_done(), layout.total_steps());
  };
  try {
    SampleMap made = make_map(session_.codes(), options);
    std::optional<Places> places;  // of a map that was stopped they are made when they are asked for
    if (made.pca) {
      places = Places::of_pca(*made.pca);
    } else if (!made.interrupted()) {
      places = Places::of_points(made.positions, session_.codes());
    }
    job.finish(std::move(made), std::move(places));
  } catch (const Interrupted&) {
    job.halt();
  } catch (const std::exception& error) {
    job.fail(error.what());
  }
}

void Maps::work() {
  const Stoppable stoppable(is_over_);
  for (;;) {
    std::shared_ptr<MapJob> job;
    MapOptions options;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return is_over_ || !waiting_.empty(); });
      if (is_over_) return;
      job = waiting_.front().first;
      options = waiting_.front().second;
      waiting_.erase(waiting_.begin());
    }
    if (job->state() == MapJob::State::waiting) make(*job, options);
  }
}

}  // namespace latent::server
