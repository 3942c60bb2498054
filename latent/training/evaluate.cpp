#include <latent/training/evaluate.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/denormals.hpp>
#include <latent/training/batch_reader.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

namespace latent {

namespace {

// Streams of the tape of random numbers.
constexpr uint64_t kTermsStream = 1, kEvaluatedBoundStream = 2, kEvaluatedDamageStream = 3;

void check(const char* function, const LatentModel& model, const data::Dataset& data, int64_t batch) {
  LATENT_CHECK(batch >= 1, "[{}] batch: at least 1, got {}", function, batch);
  LATENT_CHECK(data.size() > 0, "[{}] the set has no samples", function);
  check_samples(function, "samples", model, data.sample_shape(), data.value_dtype());
}

// What inputs suffer, and the tape that it is drawn from.
struct Damage {
  data::Corruption corruption = {};
  Rng tape = Rng(0);
};

// Calls use(batch, begin) for all samples, in order, without recording gradients.
void for_batches(const data::Dataset& data, int64_t batch, const std::function<void(const Batch&, int64_t)>& use,
                 const Damage& damage = {}) {
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  batch = samples_at_once(data.sample_shape(), batch);
  BatchReader reader(data, std::min(batch, data.size()), damage.corruption);
  for (int64_t begin = 0; begin < data.size(); begin += batch) {
    use(reader.range(begin, std::min(begin + batch, data.size()), damage.tape), begin);
  }
}

// Columns of `codes` (N, D) whose variance, in units of the prior's, is above the threshold.
int64_t count_active(const Tensor& codes, const Tensor& scales) {
  constexpr double kActiveVariance = 0.01;
  const int64_t N = codes.dim(0), D = codes.dim(1);
  const auto* values = codes.data<float>();
  int64_t active = 0;
  for (int64_t d = 0; d < D; ++d) {
    double mean = 0.0, squares = 0.0;
    for (int64_t n = 0; n < N; ++n) mean += static_cast<double>(values[n * D + d]);
    mean /= static_cast<double>(N);
    for (int64_t n = 0; n < N; ++n) {
      const double difference = static_cast<double>(values[n * D + d]) - mean;
      squares += difference * difference;
    }
    const double unit = scales.defined() ? double{scales.data<float>()[d]} : 1.0;
    if (squares / static_cast<double>(N) > kActiveVariance * unit * unit) ++active;
  }
  return active;
}

// Perplexity of the entries [0, size) of each codebook, by the columns of indices (N, M); the mean over the codebooks.
double perplexity_of(const Tensor& indices, int64_t size) {
  const int64_t N = indices.dim(0), M = indices.dim(1);
  double mean = 0.0;
  for (int64_t m = 0; m < M; ++m) {
    std::vector<double> counts(static_cast<size_t>(size), 0.0);
    for (int64_t n = 0; n < N; ++n) counts[static_cast<size_t>(indices.data<int64_t>()[n * M + m])] += 1.0;
    double entropy = 0.0;
    for (const double count : counts) {
      if (count > 0.0) entropy -= count / static_cast<double>(N) * std::log(count / static_cast<double>(N));
    }
    mean += std::exp(entropy) / static_cast<double>(M);
  }
  return mean;
}

// Whether all values are 0 or 1; stops at the first sample that has others.
bool all_binary(const data::Dataset& data, int64_t batch) {
  if (data.value_dtype() != DType::f32) return false;
  BatchReader reader(data, std::min(batch, data.size()));
  for (int64_t begin = 0; begin < data.size(); begin += batch) {
    const std::span<const float> x =
        std::as_const(reader.range(begin, std::min(begin + batch, data.size())).x).span<float>();
    if (!std::all_of(x.begin(), x.end(), [](float v) { return v == 0.0f || v == 1.0f; })) return false;
  }
  return true;
}

double importance_weighted_nll(const LatentModel& model, const data::Dataset& data, const EvaluationOptions& options) {
  // K samples of a batch are decoded together: bounds what that takes, whatever K is.
  constexpr int64_t kDecodedAtOnce = 8192;
  const int64_t K = options.importance_samples;
  const int64_t batch = std::clamp<int64_t>(kDecodedAtOnce / K, 1, options.batch);
  const Rng base = Rng(options.seed).fork(kEvaluatedBoundStream);
  double total = 0.0;
  for_batches(data, batch, [&](const Batch& b, int64_t begin) {
    Rng rng = base.fork(static_cast<uint64_t>(begin));
    for (const double bound : model.importance_weighted_bound(b.x, K, rng).to_vector()) total -= bound;
  });
  return total / static_cast<double>(data.size());
}

}  // namespace

Metrics evaluate_terms(const LatentModel& model, const data::Dataset& data, int64_t batch, uint64_t seed,
                       std::vector<double>* kl_per_dim, const data::Corruption& corruption) {
  check("evaluate_terms", model, data, batch);
  const Rng base = Rng(seed).fork(kTermsStream);
  TermMeans means;
  const auto add = [&](const Batch& b, int64_t begin) {
    Rng rng = base.fork(static_cast<uint64_t>(begin));
    means.add(model.loss(b, StepContext{rng, nn::Mode::eval, 0.0}));
  };
  for_batches(data, batch, add, Damage{corruption, Rng(seed).fork(kEvaluatedDamageStream)});
  if (kl_per_dim != nullptr) *kl_per_dim = means.kl_per_dim();
  return means.means();
}

Evaluation evaluate(const LatentModel& model, const data::Dataset& data, const EvaluationOptions& options) {
  check("evaluate", model, data, options.batch);
  LATENT_CHECK(options.importance_samples >= 0, "[evaluate] importance_samples: not negative, got {}",
               options.importance_samples);
  LATENT_CHECK(options.importance_samples == 0 || model.has_likelihood(),
               "[evaluate] a model of kind {} has no likelihood that importance samples could estimate", model.kind());
  Evaluation result;
  result.samples = data.size();
  result.importance_samples = options.importance_samples;
  result.terms = evaluate_terms(model, data, options.batch, options.seed, &result.kl_per_dim, options.corruption);
  result.is_binary = all_binary(data, options.batch);
  const bool is_mass = model.values() == Values::levels ||
                       (model.values() == Values::bits && (result.is_binary || !model.needs_unit_interval()));
  if (const auto elbo = result.terms.find("elbo"); elbo != result.terms.end() && is_mass) {
    result.bits_per_dim = -elbo->second / (static_cast<double>(model.data_shape().numel()) * std::numbers::ln2);
  }
  if (model.has_encoder()) {
    const Tensor codes = encode_all(model, data, options.batch);
    result.active_units = count_active(codes, model.code_scales());
    if (model.codebook_size() > 0) result.perplexity = perplexity_of(model.code_indices(codes), model.codebook_size());
  }
  if (options.importance_samples > 0) result.nll = importance_weighted_nll(model, data, options);
  return result;
}

Tensor encode_all(const LatentModel& model, const data::Dataset& data, int64_t batch) {
  check("encode_all", model, data, batch);
  Tensor codes = Tensor::empty({data.size(), model.latent_dim()});
  for_batches(data, batch, [&](const Batch& b, int64_t begin) {
    codes.rows(begin, begin + b.size()).copy_from(model.encode(b.x)->mean());
  });
  return codes;
}

}  // namespace latent
