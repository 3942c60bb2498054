#pragma once
// An opened run with its data: what all routes look at. Immutable but for what is computed once when it is first asked
// for; safe from many threads.

#include <latent/run/codes.hpp>
#include <latent/run/explore/code_cache.hpp>
#include <latent/run/gans/generated_data.hpp>
#include <latent/run/pictures/views.hpp>
#include <latent/run/run.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/editing/traverse.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace latent::server {

class Session {
 public:
  /// Encodes the samples, or takes what is kept of them. @throws as kept_codes()
  Session(Run run, RunSource source, RunData data, const CodeCacheOptions& options);
  /// Samples that the run has made itself, with their codes: for a GAN, which has no data of its own to show.
  Session(Run run, GeneratedData generated);

  const Run& run() const { return run_; }
  const LatentModel& model() const { return *run_.model; }
  /// What the samples were opened from. @throws UsageError where they were generated
  const RunSource& source() const;
  bool is_generated() const { return !source_; }
  const RunData& data() const { return data_; }
  const data::Dataset& samples() const { return *data_.samples; }
  int64_t size() const { return samples().size(); }
  const View& view() const { return view_; }
  bool has_codes() const { return codes_.z.defined(); }
  /// (N, D) f32. @throws UsageError for a model without encoder
  const Tensor& codes() const;
  /// (N, D) f32: standard deviations of q(z|x). @throws as codes()
  const Tensor& stddev() const;
  const std::vector<Remark>& remarks() const { return remarks_; }
  bool codes_were_kept() const { return codes_were_kept_; }
  /// All dimensions, the most active first. Computed once.
  const std::vector<space::Dimension>& dimensions() const;

  bool is_words() const;
  bool shows_images() const { return !is_words() && view_.look == Look::images; }
  /// What sample `i` is called: its class; empty where it is not known.
  std::string class_name(int64_t i) const;

  /// (N, ...) model values of codes (N, D): Run::decode(), of a few codes by the calling thread alone, so that many
  /// clients do not wait for each other's helpers.
  Tensor decode(const Tensor& codes) const;
  /// -log p(x|z) of samples [begin, end) at the codes that are known, for models that search for codes.
  std::vector<double> nats_at_codes(int64_t begin, int64_t end) const;
  /// Codes at once that a request may ask for, so that an answer stays within some 64 MB.
  int64_t most_codes() const;

 private:
  Run run_;
  std::optional<RunSource> source_;
  RunData data_;
  Codes codes_;
  View view_;
  std::vector<Remark> remarks_;
  bool codes_were_kept_ = false;
  mutable std::once_flag ranked_;
  mutable std::vector<space::Dimension> dimensions_;
};

}  // namespace latent::server
