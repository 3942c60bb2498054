#include <server/training.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/formats/memory_files.hpp>
#include <latent/run/explore/thumbnails.hpp>
#include <latent/run/pictures/views.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/training/metrics_log.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <chrono>
#include <numeric>

namespace latent::server {

namespace {

constexpr size_t kMostEvents = 4096, kMostSnapshots = 400;

std::string_view name_of(Diagnosis::Severity severity) {
  switch (severity) {
    case Diagnosis::Severity::note: return "note";
    case Diagnosis::Severity::warning: return "warning";
    case Diagnosis::Severity::error: return "error";
  }
  return "?";
}

Json metrics_json(const Metrics& metrics) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[name] = std::isfinite(value) ? Json(value) : Json(nullptr);
  return json;
}

std::shared_ptr<const data::Dataset> spread_samples(const std::shared_ptr<const data::Dataset>& samples, int64_t most) {
  const int64_t N = samples->size();
  if (N <= most) return samples;
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < most; ++i) rows.push_back(i * (N / most) + i * (N % most) / most);
  return data::subset(samples, rows);
}

}  // namespace

TrainingWatch::TrainingWatch(const LatentModel& model, std::shared_ptr<const data::Dataset> shown,
                             TrainingWatchOptions options)
    : model_(model), shown_(spread_samples(shown, options.mapped)), options_(std::move(options)) {
  look_.data.emplace();
  look_.data->kind = shown_->kind();
  look_.data->open.transform = options_.transform;
}

bool TrainingWatch::shows_images() const {
  const Shape shape = shown_->sample_shape();
  return shown_->kind().is_spatial && shape.ndim() == 3 &&
         view_of_planes(shape, options_.transform).look == Look::images;
}

void TrainingWatch::on_batch(int64_t epoch, int64_t done, int64_t total, double samples_per_second,
                             const Metrics& so_far) {
  constexpr auto kApart = std::chrono::milliseconds(100);
  std::unique_lock lock(mutex_);
  const bool begins = epoch != epoch_;
  epoch_ = epoch;
  done_ = done;
  total_ = total;
  if (interrupt_ != nullptr && *interrupt_) stop_ = true;
  const auto now = std::chrono::steady_clock::now();
  if (begins || now - last_batch_told_ >= kApart) {
    last_batch_told_ = now;
    add_event("batch", {{"epoch", epoch},
                        {"done", done},
                        {"total", total},
                        {"samples_per_second", samples_per_second},
                        {"train", metrics_json(so_far)}});
  }
  while (state_ == "paused" && !stop_) {
    changed_.wait_for(lock, std::chrono::milliseconds(100));
    if (interrupt_ != nullptr && *interrupt_) stop_ = true;
  }
}

void TrainingWatch::on_epoch(const EpochReport& report) {
  Snapshot snapshot = look_at(report.epoch);
  Json json = Json(*to_json(report, options_.held_out_name.empty() ? "held_out" : options_.held_out_name));
  json["held_out_name"] = options_.held_out_name;
  const std::lock_guard lock(mutex_);
  history_.push_back(json);
  snapshots_.push_back(std::move(snapshot));
  if (snapshots_.size() > kMostSnapshots) {  // every other one of the older half
    std::vector<Snapshot> kept;
    for (size_t i = 0; i < snapshots_.size(); ++i) {
      if (i >= kMostSnapshots / 2 || i % 2 == 0) kept.push_back(std::move(snapshots_[i]));
    }
    snapshots_ = std::move(kept);
  }
  add_event("epoch", json);
}

void TrainingWatch::on_diagnosis(const Diagnosis& diagnosis) {
  const std::lock_guard lock(mutex_);
  const Json json = {{"epoch", epoch_},
                     {"severity", name_of(diagnosis.severity)},
                     {"code", diagnosis.code},
                     {"what", diagnosis.what},
                     {"advice", diagnosis.advice}};
  diagnoses_.push_back(json);
  add_event("diagnosis", json);
}

void TrainingWatch::end(const std::string& outcome) {
  const std::lock_guard lock(mutex_);
  state_ = outcome;
  is_over_ = true;
  add_event("end", {{"state", outcome}});
}

// Call it with the mutex held.
void TrainingWatch::add_event(std::string_view name, const Json& data) {
  events_.push_back(event_text(name, data));
  if (events_.size() > kMostEvents) {
    constexpr size_t kForgotten = kMostEvents / 4;
    events_.erase(events_.begin(), events_.begin() + kForgotten);
    first_event_ += static_cast<int64_t>(kForgotten);
  }
  changed_.notify_all();
}

TrainingWatch::Snapshot TrainingWatch::look_at(int64_t epoch) {
  Snapshot snapshot{.epoch = epoch};
  const NoGrad no_grad;
  try {
    if (model_.has_encoder()) snapshot.positions = npy_bytes(mapped_codes(codes_of_shown()));
    if (!shows_images() || !model_.has_decoder()) return snapshot;
    constexpr int64_t kSamples = 64, kLeast = 48;
    if (model_.has_encoder()) {
      const int64_t count = std::min(options_.pictured, shown_->size());
      const Tensor x = shown_->range(0, count);
      const Tensor x_hat = model_.decode(model_.encode(x)->mean())->mean();
      Tensor both = Tensor::empty(x.shape().tail().prepend(2 * count));
      both.rows(0, count).copy_from(x);
      both.rows(count, 2 * count).copy_from(x_hat);
      snapshot.reconstructions = png_bytes(plain_grid(look_, both, count, kLeast), Packing::quick);
    }
    if (model_.needs_finish()) return snapshot;  // its prior is fitted at the end
    Rng rng(0);
    const Tensor drawn = model_.decode(model_.sample_prior(kSamples, rng))->mean();
    snapshot.samples = png_bytes(plain_grid(look_, drawn, 0, kLeast), Packing::quick);
  } catch (const std::exception&) {  // a model that cannot show something (yet) trains on all the same
  }
  return snapshot;
}

Tensor TrainingWatch::codes_of_shown() const {
  constexpr int64_t kAtOnce = 256;
  const int64_t N = shown_->size();
  Tensor codes = Tensor::empty({N, model_.latent_dim()});
  for (int64_t begin = 0; begin < N; begin += kAtOnce) {
    const int64_t end = std::min(begin + kAtOnce, N);
    codes.rows(begin, end).copy_from(model_.encode(shown_->range(begin, end))->mean());
  }
  return codes;
}

// The first two axes of the codes; each points where it pointed an epoch before.
Tensor TrainingWatch::mapped_codes(const Tensor& codes) {
  const int64_t N = codes.dim(0), D = codes.dim(1), axes = std::min<int64_t>({2, D, N});
  space::Pca pca = space::fit_pca(codes, {.dims = axes});
  for (int64_t a = 0; last_axes_.defined() && a < axes; ++a) {
    float* const axis = pca.components.data<float>() + a * D;
    if (std::inner_product(axis, axis + D, last_axes_.data<float>() + a * D, 0.0F) >= 0.0F) continue;
    for (int64_t d = 0; d < D; ++d) axis[d] = -axis[d];
  }
  last_axes_ = pca.components;
  const Tensor places = pca.project(codes);
  if (axes == 2) return places;
  Tensor wide = Tensor::zeros({N, 2});
  for (int64_t n = 0; n < N; ++n) wide.data<float>()[2 * n] = places.data<float>()[n];
  return wide;
}

void TrainingWatch::pause() {
  const std::lock_guard lock(mutex_);
  if (state_ != "running") return;
  state_ = "paused";
  add_event("state", {{"state", state_}});
}

void TrainingWatch::resume() {
  const std::lock_guard lock(mutex_);
  if (state_ != "paused") return;
  state_ = "running";
  add_event("state", {{"state", state_}});
}

void TrainingWatch::stop() {
  stopped_by_client_ = true;
  stop_ = true;
  const std::lock_guard lock(mutex_);
  if (is_over_) return;
  state_ = "stopping";
  add_event("state", {{"state", state_}});
}

Json TrainingWatch::describe() const {
  const std::lock_guard lock(mutex_);
  Json pictures = Json::array();
  for (const Snapshot& one : snapshots_) pictures.push_back(one.epoch);
  return {{"state", state_},
          {"epoch", epoch_},
          {"epochs", options_.epochs},
          {"batch", {{"done", done_}, {"total", total_}}},
          {"held_out_name", options_.held_out_name},
          {"history", history_},
          {"diagnoses", diagnoses_},
          {"pictures", pictures},
          {"event", first_event_ + static_cast<int64_t>(events_.size())}};
}

Json TrainingWatch::info() const {
  const Shape sample = model_.data_shape();
  Json shape = Json::array();
  for (int i = 0; i < sample.ndim(); ++i) shape.push_back(sample[i]);
  Json look = {{"type", "row"}};
  if (shows_images()) look = {{"type", "image"}, {"channels", sample[0]}, {"height", sample[1]}, {"width", sample[2]}};
  const auto names = shown_->class_names();
  return {{"version", LATENT_VERSION},
          {"run",
           {{"name", options_.run_name},
            {"path_name", options_.run_name},
            {"model", model_.kind()},
            {"latent_dim", model_.latent_dim()},
            {"data_shape", shape},
            {"has_encoder", model_.has_encoder()},
            {"has_decoder", model_.has_decoder()},
            {"has_likelihood", model_.has_likelihood()},
            {"has_prior", false},
            {"preset", ""},
            {"parameters", model_.num_parameters()},
            {"description", model_.kind()}}},
          {"look", look},
          {"data",
           {{"name", options_.data_name},
            {"part", options_.held_out_name},
            {"samples", 0},
            {"classes", std::vector<std::string>(names.begin(), names.end())},
            {"has_labels", false},
            {"is_trained_on", true}}},
          {"maps", Json::array()},
          {"capabilities", {"training"}},
          {"limits", {{"batch", 0}, {"body_bytes", 0}}}};
}

std::optional<std::string> TrainingWatch::events_after(int64_t& after) const {
  std::unique_lock lock(mutex_);
  const auto end = [&] { return first_event_ + static_cast<int64_t>(events_.size()); };
  changed_.wait_for(lock, std::chrono::seconds(1), [&] { return end() > after || is_over_; });
  if (end() <= after) return is_over_ ? std::nullopt : std::optional<std::string>("");
  after = std::max(after, first_event_);
  std::string text;
  for (; after < end(); ++after) text += events_[static_cast<size_t>(after - first_event_)];
  return text;
}

std::string TrainingWatch::picture(int64_t epoch, const std::string& what) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(snapshots_, epoch, &Snapshot::epoch);
  if (found == snapshots_.end()) throw HttpError(404, fmt::format("nothing was kept of epoch {}", epoch));
  const std::string& bytes = what == "samples"           ? found->samples
                             : what == "reconstructions" ? found->reconstructions
                                                         : found->positions;
  if (bytes.empty()) throw HttpError(404, fmt::format("this model has no {}", what));
  return bytes;
}

Tensor TrainingWatch::labels() const {
  const std::span<const int64_t> labels = shown_->labels();
  if (labels.empty()) return Tensor::full({shown_->size()}, -1.0, DType::i64);
  return Tensor::from(labels, {shown_->size()});
}

}  // namespace latent::server
