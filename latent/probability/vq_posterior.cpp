#include <latent/probability/vq_posterior.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/estimators.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace latent {

namespace {

// An entry whose count is below this share of its codebook's average is dead.
constexpr double kDead = 0.02;

int64_t nearest_of(const float* piece, const float* entries, int64_t count, int64_t dims) {
  int64_t best = 0;
  float least = std::numeric_limits<float>::infinity();
  for (int64_t e = 0; e < count; ++e, entries += dims) {
    float distance = 0.0F;
    for (int64_t d = 0; d < dims; ++d) distance += (piece[d] - entries[d]) * (piece[d] - entries[d]);
    if (distance < least) {
      least = distance;
      best = e;
    }
  }
  return best;
}

int64_t usual_codebooks(int64_t latent_dim) {
  if (latent_dim % 4 == 0) return 4;
  return latent_dim % 2 == 0 ? 2 : 1;
}

}  // namespace

std::unique_ptr<Posterior> VqPosterior::make(const Json& config, const SlotContext& context) {
  const JsonFields fields("posterior", *config, {"name", "entries", "codebooks", "decay", "commitment"});
  const Options options{
      .entries = fields.integer("entries", 256, 2, 1 << 16),
      .codebooks = fields.integer("codebooks", usual_codebooks(context.latent_dim), 1, 1 << 16),
      .decay = fields.number("decay", 0.99, 0.0, 0.999999),
      .commitment = fields.number("commitment", 0.25, 0.0, 1e6),
  };
  context.check_elements(
      "vq", 2.0 * static_cast<double>(options.entries) * static_cast<double>(context.latent_dim + options.codebooks));
  return std::make_unique<VqPosterior>(options, context.features, context.latent_dim, context.rng);
}

VqPosterior::VqPosterior(const Options& options, int64_t features, int64_t latent_dim, Rng& rng)
    : options_(options), dims_(latent_dim / options.codebooks), head_({.in = features, .out = latent_dim}, rng) {
  LATENT_CHECK(latent_dim % options.codebooks == 0,
               "[vq] codebooks: {} do not divide the {} dimensions of the code (latent_dim)", options.codebooks,
               latent_dim);
  add_weight("weight", head_.weight);
  add_parameter("bias", head_.bias);
  codebooks_ = add_buffer("codebooks", Tensor::zeros({options.codebooks, options.entries, dims_}));
  counts_ = add_buffer("counts", Tensor::zeros({options.codebooks, options.entries}));
  sums_ = add_buffer("sums", Tensor::zeros({options.codebooks, options.entries, dims_}));
}

Tensor VqPosterior::code_indices(const Tensor& z) const {
  const int64_t M = options_.codebooks, E = options_.entries, D = M * dims_;
  LATENT_CHECK(z.ndim() == 2 && z.dim(1) == D && z.dtype() == DType::f32, "[vq] codes (N, {}) f32 expected, got {} {}",
               D, z.shape().str(), name_of(z.dtype()));
  Tensor indices = Tensor::empty({z.dim(0), M}, DType::i64);
  auto* index = indices.data<int64_t>();
  const float* pieces = std::as_const(z).data<float>();
  const float* entries = std::as_const(codebooks_).data<float>();
  parallel_for(z.dim(0), 16, [=, dims = dims_](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      for (int64_t m = 0; m < M; ++m) {
        index[n * M + m] = nearest_of(pieces + n * D + m * dims, entries + m * E * dims, E, dims);
      }
    }
  });
  return indices;
}

Tensor VqPosterior::codes_of(const Tensor& indices) const {
  const int64_t N = indices.dim(0), M = options_.codebooks;
  Tensor z = Tensor::empty({N, M * dims_});
  for (int64_t i = 0; i < N * M; ++i) {
    const int64_t entry = i % M * options_.entries + indices.data<int64_t>()[i];
    std::copy_n(codebooks_.data<float>() + entry * dims_, dims_, z.data<float>() + i * dims_);
  }
  return z;
}

Tensor VqPosterior::nearest_codes(const Tensor& z) const { return codes_of(code_indices(z)); }

std::unique_ptr<Distribution> VqPosterior::distribution(const Tensor& h) const {
  return std::make_unique<PointMass>(nearest_codes(head_.forward(h, nn::Mode::eval).detach()));
}

PosteriorSample VqPosterior::sample(const Tensor& h, const Prior&, const SampleNeeds& needs, Rng& rng,
                                    nn::Mode mode) const {
  LATENT_CHECK(needs.num_samples >= 1, "[vq] num_samples must be at least 1, got {}", needs.num_samples);
  const Tensor z_e = head_.forward(h, {mode, &rng});  // (N, D)
  const Tensor seen = z_e.detach();
  if (mode == nn::Mode::train && !is_started()) {
    const double count = static_cast<double>(seen.dim(0)) / static_cast<double>(options_.entries);
    for (int64_t i = 0; i < counts_.numel(); ++i) {
      put_on_piece(i / options_.entries, i % options_.entries, seen, count, rng);
    }
  }
  const Tensor indices = code_indices(seen), nearest = codes_of(indices);
  PosteriorSample result;
  const Tensor z = straight_through(z_e, nearest);
  result.z = needs.num_samples == 1 ? z : repeat(z, needs.num_samples);
  result.penalty = affine(sum_last(square(sub(z_e, nearest))), options_.commitment);
  if (mode == nn::Mode::train) {
    follow(seen, indices, rng);
    result.terms.push_back({"perplexity", Tensor::full({seen.dim(0)}, perplexity())});
  }
  return result;
}

bool VqPosterior::is_started() const {
  return std::ranges::any_of(counts_.span<float>(), [](float count) { return count > 0.0F; });
}

void VqPosterior::put_on_piece(int64_t m, int64_t e, const Tensor& z, double count, Rng& rng) const {
  const auto n = static_cast<int64_t>(rng.below(static_cast<uint64_t>(z.dim(0))));
  const float* piece = z.data<float>() + n * z.dim(1) + m * dims_;
  const int64_t entry = m * options_.entries + e;
  Tensor codebooks = codebooks_, counts = counts_, sums = sums_;
  counts.data<float>()[entry] = static_cast<float>(count);
  for (int64_t d = 0; d < dims_; ++d) {
    codebooks.data<float>()[entry * dims_ + d] = piece[d];
    sums.data<float>()[entry * dims_ + d] = static_cast<float>(count * static_cast<double>(piece[d]));
  }
}

void VqPosterior::follow(const Tensor& z, const Tensor& indices, Rng& rng) const {
  const bool finite = std::ranges::all_of(z.span<float>(), [](float value) { return std::isfinite(value); });
  if (!finite) return;  // the loss will say so
  const int64_t M = options_.codebooks, E = options_.entries;
  const auto keep = static_cast<float>(options_.decay), take = static_cast<float>(1.0 - options_.decay);
  Tensor codebooks = codebooks_, counts = counts_, sums = sums_;
  for (float& count : counts.span<float>()) count *= keep;
  for (float& sum : sums.span<float>()) sum *= keep;
  for (int64_t i = 0; i < indices.numel(); ++i) {
    const int64_t entry = i % M * E + indices.data<int64_t>()[i];
    counts.data<float>()[entry] += take;
    for (int64_t d = 0; d < dims_; ++d) {
      sums.data<float>()[entry * dims_ + d] += take * z.data<float>()[i * dims_ + d];
    }
  }
  for (int64_t m = 0; m < M; ++m) {
    const float* of_book = counts.data<float>() + m * E;
    const double average = std::accumulate(of_book, of_book + E, 0.0) / static_cast<double>(E);
    for (int64_t e = 0; e < E; ++e) {
      const int64_t entry = m * E + e;
      const auto count = static_cast<double>(counts.data<float>()[entry]);
      if (count < kDead * average) {
        put_on_piece(m, e, z, average, rng);
        continue;
      }
      for (int64_t d = 0; d < dims_; ++d) {
        codebooks.data<float>()[entry * dims_ + d] =
            static_cast<float>(static_cast<double>(sums.data<float>()[entry * dims_ + d]) / count);
      }
    }
  }
}

double VqPosterior::perplexity() const {
  const int64_t M = options_.codebooks, E = options_.entries;
  double mean = 0.0;
  for (int64_t m = 0; m < M; ++m) {
    const float* counts = counts_.data<float>() + m * E;
    const double total = std::accumulate(counts, counts + E, 0.0);
    double entropy = 0.0;
    for (int64_t e = 0; e < E; ++e) {
      const double share = static_cast<double>(counts[e]) / total;
      if (share > 0.0) entropy -= share * std::log(share);
    }
    mean += std::exp(entropy) / static_cast<double>(M);
  }
  return mean;
}

void VqPosterior::start_from_features(std::span<const float>) {
  std::ranges::fill(head_.weight.span<float>(), 0.0F);
  std::ranges::fill(head_.bias.span<float>(), 0.0F);
  for (int64_t d = 0; d < head_.options().out; ++d) head_.weight.data<float>()[d * (head_.options().in + 1)] = 1.0F;
}

Json VqPosterior::config() const {
  return nlohmann::json{{"name", "vq"},
                        {"entries", options_.entries},
                        {"codebooks", options_.codebooks},
                        {"decay", options_.decay},
                        {"commitment", options_.commitment}};
}

}  // namespace latent
