#include <latent/probability/mmd_objective.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/linear.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>
#include <latent/core/choice.hpp>
#include <latent/core/detail/json_fields.hpp>

namespace latent {

namespace {

using Kernel = MmdObjective::Kernel;

constexpr auto kKernels = std::to_array<Choice<Kernel>>({
    {"imq", Kernel::imq},
    {"rbf", Kernel::rbf},
});

// Squared distances: (A, D), (B, D) -> (A, B).
Tensor squared_distances(const Tensor& a, const Tensor& b) {
  const Tensor products = linear(a, b, Tensor(), Activation::none, a.dtype());
  const Tensor of_a = reshape(sum_last(square(a)), {a.dim(0), 1}), of_b = sum_last(square(b));
  // Rounding must not make a distance negative.
  return clamp_min(add(add(affine(products, -2.0), of_a), of_b), 0.0);
}

// The sum of k over all pairs: ().
Tensor kernel_sum(const Tensor& a, const Tensor& b, Kernel kernel) {
  const Tensor s = squared_distances(a, b);
  const auto D = static_cast<double>(a.dim(1));
  if (kernel == Kernel::rbf) return sum(exp(affine(s, -0.5 / D)));
  Tensor total;
  for (const double c : {0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0}) {
    const Tensor scale = Tensor::full(s.shape(), 2.0 * D * c, s.dtype());
    const Tensor k = sum(div(scale, add(s, scale)));
    total = total.defined() ? add(total, k) : k;
  }
  return total;
}

// k of a code with itself.
double kernel_at_zero(Kernel kernel) { return kernel == Kernel::rbf ? 1.0 : 7.0; }

}  // namespace

std::unique_ptr<Objective> MmdObjective::make(const Json& config, const SlotContext&) {
  const JsonFields fields("objective", *config, {"name", "alpha", "lambda", "kernel"});
  const Options options{
      .alpha = fields.number("alpha", 1.0, -1e6, 1.0),
      .lambda = fields.number("lambda", 1000.0, 0.0, 1e9),
      .kernel = choose("kernel", fields.text("kernel", "imq"), kKernels),
  };
  LATENT_CHECK(options.alpha + options.lambda >= 1.0,
               "[objective] lambda: at least 1 - alpha, so that the discrepancy is not rewarded, got {} with alpha {}",
               options.lambda, options.alpha);
  return std::make_unique<MmdObjective>(options);
}

Tensor MmdObjective::mmd(const Tensor& z, const Tensor& y, Kernel kernel) {
  LATENT_CHECK(z.shape() == y.shape() && z.ndim() == 2 && z.dim(0) >= 2,
               "[mmd] two sets (B, D) with B >= 2 expected, got {} and {}", z.shape().str(), y.shape().str());
  const auto B = static_cast<double>(z.dim(0));
  const Tensor within = add(kernel_sum(z, z, kernel), kernel_sum(y, y, kernel));
  const double pairs = B * (B - 1.0);
  // In the sums within a set, B terms are pairs of a code with itself.
  const Tensor mean_within = affine(within, 1.0 / pairs, -2.0 * B * kernel_at_zero(kernel) / pairs);
  return sub(mean_within, affine(kernel_sum(z, y, kernel), 2.0 / (B * B)));
}

ObjectiveTerms MmdObjective::combine(const ObjectiveInputs& inputs) const {
  const PosteriorSample& sample = inputs.sample;
  ObjectiveTerms terms;
  terms.reconstruction = inputs.nll;
  terms.kl = sample.kl;
  terms.loss = inputs.nll;
  if (sample.penalty.defined()) terms.loss = add(terms.loss, sample.penalty);
  if (options_.alpha != 1.0) terms.loss = add(terms.loss, affine(sample.kl, 1.0 - options_.alpha));
  const int64_t B = sample.z.dim(0);
  double value = 0.0;  // a last batch of one sample says nothing of a distribution
  if (B >= 2) {
    const Tensor draws = inputs.prior.sample(B, inputs.rng).to(sample.z.dtype());
    const Tensor discrepancy = mmd(sample.z, draws, options_.kernel);
    terms.loss = add(terms.loss, affine(discrepancy, options_.alpha + options_.lambda - 1.0));
    value = discrepancy.item();
  }
  terms.terms.push_back({"mmd", Tensor::full({B}, value)});
  return terms;
}

void MmdObjective::check(const Posterior& posterior, const Prior& prior) const {
  LATENT_CHECK(!prior.needs_fit() && prior.parameters().empty(),
               "[mmd] draws codes towards a prior that stands still, which '{}' does not; use prior 'normal'",
               name_in("prior", *prior.config()));
  LATENT_CHECK(options_.alpha == 1.0 || posterior.has_density(),
               "[mmd] alpha below 1 needs a KL, which posterior '{}' does not have; leave alpha out, or use posterior "
               "'gaussian'",
               name_in("posterior", *posterior.config()));
}

Json MmdObjective::config() const {
  return nlohmann::json{{"name", "mmd"},
                        {"alpha", options_.alpha},
                        {"lambda", options_.lambda},
                        {"kernel", kKernels[static_cast<size_t>(options_.kernel)].name}};
}

}  // namespace latent
