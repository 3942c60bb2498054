#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/probability/mmd_objective.hpp>
#include <latent/probability/noise.hpp>
#include <latent/probability/normal_prior.hpp>
#include <tests/probability/slot_helpers.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace latent {
namespace {

using Kernel = MmdObjective::Kernel;
using nlohmann::json;

double kernel(Kernel which, const double* a, const double* b, size_t D) {
  double s = 0.0, k = 0.0;
  for (size_t d = 0; d < D; ++d) s += (a[d] - b[d]) * (a[d] - b[d]);
  const double twice = 2.0 * static_cast<double>(D);
  if (which == Kernel::rbf) return std::exp(-s / twice);
  for (const double c : {0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0}) k += twice * c / (twice * c + s);
  return k;
}

TEST(Mmd, ByHand) {
  Rng rng(1);
  const Tensor z = standard_normal({4, 2}, rng, DType::f64), y = standard_normal({4, 2}, rng, DType::f64);
  const double *a = z.data<double>(), *b = y.data<double>();
  for (const Kernel which : {Kernel::imq, Kernel::rbf}) {
    double expected = 0.0;
    for (size_t i = 0; i < 4; ++i) {
      for (size_t j = 0; j < 4; ++j) {
        if (i != j) {
          expected += (kernel(which, a + 2 * i, a + 2 * j, 2) + kernel(which, b + 2 * i, b + 2 * j, 2)) / 12.0;
        }
        expected -= 2.0 * kernel(which, a + 2 * i, b + 2 * j, 2) / 16.0;
      }
    }
    EXPECT_NEAR(MmdObjective::mmd(z, y, which).item(), expected, 1e-12);
  }
}

TEST(Mmd, Gradients) {
  Rng rng(2);
  const Tensor z = standard_normal({4, 3}, rng, DType::f64), y = standard_normal({4, 3}, rng, DType::f64);
  for (const Kernel which : {Kernel::imq, Kernel::rbf}) {
    const auto f = [&](std::span<const Tensor> in) { return MmdObjective::mmd(in[0], in[1], which); };
    EXPECT_LT(gradient_error(f, {z, y}), 1e-6);
  }
}

TEST(Mmd, TellsTwoDistributionsApart) {
  constexpr int64_t kSamples = 400;
  Rng rng(3);
  const Tensor y = standard_normal({kSamples, 2}, rng, DType::f64),
               same = standard_normal({kSamples, 2}, rng, DType::f64);
  const Tensor moved = affine(standard_normal({kSamples, 2}, rng, DType::f64), 1.0, 1.0);
  for (const Kernel which : {Kernel::imq, Kernel::rbf}) {
    const double of_same = MmdObjective::mmd(same, y, which).item();
    // Unbiased about 0, with a deviation of the order of 1 / samples times the kernel's range of at most 7.
    EXPECT_NEAR(of_same, 0.0, 5.0 * 7.0 / kSamples);
    EXPECT_GT(MmdObjective::mmd(moved, y, which).item(), 10.0 * std::abs(of_same) + 0.05);
  }
}

TEST(Mmd, WeighsKlAndDiscrepancyAsInInfoVae) {
  Rng codes(4);
  PosteriorSample sample;
  sample.z = standard_normal({5, 2}, codes, DType::f64);
  sample.kl = Tensor::full({5}, 3.0, DType::f64);
  const Tensor nll = Tensor::full({5}, 10.0, DType::f64);
  const NormalPrior prior(2);
  const auto terms_of = [&](const MmdObjective::Options& options) {
    Rng rng(9);
    return MmdObjective(options).combine({.nll = nll, .sample = sample, .prior = prior, .rng = rng});
  };
  const ObjectiveTerms info = terms_of({.alpha = 0.25, .lambda = 8.0}),
                       without = terms_of({.alpha = 1.0, .lambda = 8.0});
  const double mmd = info.terms.at(0).value.to_vector()[0];
  EXPECT_STREQ(info.terms[0].name, "mmd");
  EXPECT_NE(mmd, 0.0);
  EXPECT_NEAR(info.loss.to_vector()[0], 10.0 + 0.75 * 3.0 + 7.25 * mmd, 1e-5);  // the term is kept as f32
  EXPECT_NEAR(without.loss.to_vector()[0], 10.0 + 8.0 * mmd, 1e-5);
  EXPECT_EQ(info.kl.to_vector()[0], 3.0);
}

TEST(Mmd, ABatchOfOneSampleHasNone) {
  Rng rng(5);
  PosteriorSample sample;
  sample.z = standard_normal({1, 2}, rng);
  sample.kl = Tensor::full({1}, 3.0);
  const NormalPrior prior(2);
  const ObjectiveTerms terms =
      MmdObjective({}).combine({.nll = Tensor::full({1}, 10.0), .sample = sample, .prior = prior, .rng = rng});
  EXPECT_EQ(terms.loss.item(), 10.0);
  EXPECT_EQ(terms.terms.at(0).value.item(), 0.0);
}

TEST(Mmd, CombinationsThatMakeNoSenseAreRefused) {
  const auto normal = test::prior({{"name", "normal"}}), mixture = test::prior({{"name", "mixture"}}),
             fitted = test::prior({{"name", "fitted-gaussian"}});
  const auto gaussian = test::posterior({{"name", "gaussian"}}), point = test::posterior({{"name", "none"}});
  const auto plain = test::objective({{"name", "mmd"}}), info = test::objective({{"name", "mmd"}, {"alpha", 0.0}});
  plain->check(*gaussian, *normal);
  plain->check(*point, *normal);
  info->check(*gaussian, *normal);
  for (const auto* prior : {mixture.get(), fitted.get()}) {
    EXPECT_THAT(message_of([&] { plain->check(*gaussian, *prior); }), testing::HasSubstr("use prior 'normal'"));
  }
  EXPECT_THAT(message_of([&] { info->check(*point, *normal); }), testing::HasSubstr("alpha"));
  EXPECT_THROW(test::objective({{"name", "mmd"}, {"alpha", 0.5}, {"lambda", 0.1}}), std::invalid_argument);
}

}  // namespace
}  // namespace latent
