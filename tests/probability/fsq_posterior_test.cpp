// Codes of a few levels: which level a value gets, and the gradient past the rounding.

#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/probability/fsq_posterior.hpp>
#include <latent/probability/normal_prior.hpp>
#include <tests/probability/slot_helpers.hpp>
#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace latent {
namespace {

using testing::HasSubstr;

TEST(FsqPosterior, ValuesBecomeTheMiddleOfTheirPart) {
  const auto posterior = test::posterior({{"name", "fsq"}, {"levels", 4}}, 5, 5);
  // tanh: -1, -0.54, -0.1, 0.46, 1: parts end at -0.5, 0 and 0.5.
  const Tensor h = Tensor::from<float>({-50.0f, -0.6f, -0.1f, 0.5f, 50.0f}, {1, 5});
  Rng rng(0);
  const PosteriorSample s = posterior->sample(h, NormalPrior(5), {}, rng, nn::Mode::train);
  EXPECT_EQ(s.z.to_vector(), (std::vector<double>{-0.75, -0.75, -0.25, 0.25, 0.75}));
  EXPECT_EQ(posterior->code_indices(s.z).to_vector(), (std::vector<double>{0, 0, 1, 2, 3}));
  EXPECT_EQ(posterior->distribution(h)->mean().to_vector(), s.z.to_vector());
  EXPECT_EQ(posterior->nearest_codes(Tensor::from<float>({-9, 9, 0.1f, 0.74f, -0.01f}, {1, 5})).to_vector(),
            (std::vector<double>{-0.75, 0.75, 0.25, 0.75, -0.25}));
  EXPECT_EQ(posterior->codebook_size(), 4);
  EXPECT_FALSE(posterior->has_density());
  EXPECT_FALSE(s.kl.defined());
  EXPECT_TRUE(posterior->parameters().empty());  // as many features as dimensions: they are the code
}

TEST(FsqPosterior, EveryLevelIsReachedAndFarCodesStayWithin) {
  for (const int64_t levels : {2, 3, 5, 16, 255}) {
    const auto posterior = test::posterior({{"name", "fsq"}, {"levels", levels}}, 1, 1);
    std::set<double> values;
    for (int64_t i = 0; i < levels; ++i) {
      const auto middle = static_cast<float>((2.0 * static_cast<double>(i) + 1.0) / static_cast<double>(levels) - 1.0);
      const Tensor z = posterior->nearest_codes(Tensor::full({1, 1}, middle));
      EXPECT_EQ(z.item(), double{middle});
      EXPECT_EQ(posterior->code_indices(z).to_vector()[0], static_cast<double>(i));
      values.insert(z.item());
    }
    EXPECT_EQ(static_cast<int64_t>(values.size()), levels);
  }
}

TEST(FsqPosterior, TheGradientIsThatOfTanh) {
  const auto posterior = test::posterior({{"name", "fsq"}, {"levels", 8}}, 3, 3);
  Tensor h = Tensor::from<float>({-0.7f, 0.2f, 1.1f}, {1, 3});
  h.set_requires_grad();
  Rng rng(0);
  backward(sum(square(posterior->sample(h, NormalPrior(3), {}, rng, nn::Mode::train).z)));
  const std::vector<double> z = posterior->distribution(h.detach())->mean().to_vector(), dh = h.grad().to_vector();
  for (size_t d = 0; d < 3; ++d) {
    const double t = std::tanh(h.to_vector()[d]);
    EXPECT_NEAR(dh[d], 2.0 * z[d] * (1.0 - t * t), 1e-6);
  }
}

TEST(FsqPosterior, OtherWidthsGetALayer) {
  const auto posterior = test::posterior({{"name", "fsq"}}, 4, 2);
  ASSERT_EQ(posterior->parameters().size(), 2u);
  EXPECT_EQ(posterior->parameters()[0].tensor.shape(), Shape({2, 4}));
  EXPECT_THAT(message_of([] { test::posterior({{"name", "fsq"}, {"levels", 1}}); }), HasSubstr("levels"));
}

}  // namespace
}  // namespace latent
