#include <server/session.hpp>

#include <latent/core/error.hpp>
#include <latent/core/alone.hpp>
#include <latent/core/stoppable.hpp>
#include <latent/models/word_embedding.hpp>
#include <latent/run/checks.hpp>

#include <algorithm>

namespace latent::server {

namespace {

View view_of_samples(const Run& run, const data::Dataset& samples) {
  constexpr int64_t kLookedAt = 64;
  if (latent::is_words(*run.model)) return {.look = Look::columns};
  return view_of(run, samples.range(0, std::min(kLookedAt, samples.size())));
}

}  // namespace

Session::Session(Run run, RunSource source, RunData data, const CodeCacheOptions& options)
    : run_(std::move(run)), source_(std::move(source)), data_(std::move(data)) {
  view_ = view_of_samples(run_, samples());
  if (!model().has_encoder()) return;
  KeptCodes kept = kept_codes(run_, samples(), options);
  codes_ = std::move(kept.codes);
  remarks_ = std::move(kept.remarks);
  codes_were_kept_ = kept.was_kept;
}

Session::Session(Run run, GeneratedData generated)
    : run_(std::move(run)),
      data_(std::move(generated.data)),
      codes_{generated.codes, Tensor::zeros(generated.codes.shape())} {
  view_ = view_of_samples(run_, samples());
}

const RunSource& Session::source() const {
  if (!source_) throw UsageError("these samples were generated: there is no training data beside them");
  return *source_;
}

const Tensor& Session::codes() const {
  check_has_encoder(run_);
  return codes_.z;
}

const Tensor& Session::stddev() const {
  check_has_encoder(run_);
  return codes_.stddev;
}

const std::vector<space::Dimension>& Session::dimensions() const {
  std::call_once(ranked_, [&] { dimensions_ = space::rank_dimensions(codes(), stddev(), model().code_scales()); });
  return dimensions_;
}

bool Session::is_words() const { return latent::is_words(model()); }

std::string Session::class_name(int64_t i) const {
  const std::span<const int64_t> labels = samples().labels();
  const std::span<const std::string> names = samples().class_names();
  if (labels.empty()) return {};
  const int64_t label = labels[static_cast<size_t>(i)];
  return 0 <= label && label < static_cast<int64_t>(names.size()) ? names[static_cast<size_t>(label)] : std::string();
}

Tensor Session::decode(const Tensor& codes) const {
  constexpr int64_t kSmallWork = int64_t{8} << 20;  // weights times codes: some milliseconds
  std::optional<Alone> alone;
  if (codes.dim(0) * model().num_parameters() <= kSmallWork) alone.emplace();
  return run_.decode(codes);
}

std::vector<double> Session::nats_at_codes(int64_t begin, int64_t end) const {
  constexpr int64_t kAtOnce = 256;
  std::vector<double> nats;
  for (int64_t first = begin; first < end; first += kAtOnce) {
    check_stop();
    const int64_t last = std::min(first + kAtOnce, end);
    const Tensor log_probs = model().decode(codes().rows(first, last))->log_prob(samples().range(first, last));
    for (const double value : log_probs.to_vector()) nats.push_back(-value);
  }
  return nats;
}

int64_t Session::most_codes() const {
  constexpr int64_t kMostValues = int64_t{16} << 20, kMost = 4096;
  return std::clamp<int64_t>(kMostValues / std::max<int64_t>(1, model().data_shape().numel()), 1, kMost);
}

}  // namespace latent::server
