#include <latent/autograd/backward.hpp>
#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/probability/noise.hpp>
#include <latent/probability/normal_prior.hpp>
#include <latent/probability/vq_posterior.hpp>
#include <tests/probability/slot_helpers.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

namespace latent {
namespace {

Tensor state_of(const nn::Module& module, const std::string& name) {
  for (const nn::NamedTensor& t : module.state()) {
    if (t.name == name) return t.tensor;
  }
  ADD_FAILURE() << "no tensor " << name;
  return {};
}

// A posterior whose head hands features on: z_e = h.
std::unique_ptr<VqPosterior> identity(const VqPosterior::Options& options, int64_t D) {
  Rng rng(0);
  auto posterior = std::make_unique<VqPosterior>(options, D, D, rng);
  posterior->start_from_features({});
  return posterior;
}

PosteriorSample sample(const VqPosterior& posterior, const Tensor& h, nn::Mode mode, uint64_t seed = 1) {
  Rng rng(seed);
  return posterior.sample(h, NormalPrior(h.dim(1)), {}, rng, mode);
}

// Two codebooks of two entries in one dimension each: {0, 10} and {-1, 1}.
std::unique_ptr<VqPosterior> with_known_entries() {
  auto posterior = identity({.entries = 2, .codebooks = 2}, 2);
  state_of(*posterior, "codebooks").copy_from(Tensor::from<float>({0, 10, -1, 1}, {2, 2, 1}));
  state_of(*posterior, "counts").copy_from(Tensor::full({2, 2}, 1.0));
  state_of(*posterior, "sums").copy_from(Tensor::from<float>({0, 10, -1, 1}, {2, 2, 1}));
  return posterior;
}

TEST(VqPosterior, PiecesBecomeTheirNearestEntries) {
  const auto posterior = with_known_entries();
  const Tensor h = Tensor::from<float>({2.0f, 0.1f, 7.0f, -0.2f}, {2, 2});
  const PosteriorSample s = sample(*posterior, h, nn::Mode::eval);
  EXPECT_EQ(s.z.to_vector(), (std::vector<double>{0, 1, 10, -1}));
  EXPECT_EQ(posterior->distribution(h)->mean().to_vector(), s.z.to_vector());
  EXPECT_EQ(posterior->nearest_codes(h).to_vector(), s.z.to_vector());
  EXPECT_EQ(posterior->code_indices(h).to_vector(), (std::vector<double>{0, 1, 1, 0}));
  EXPECT_EQ(posterior->codebook_size(), 2);
  EXPECT_FALSE(s.kl.defined());
  // 0.25 ||z_e - z||^2
  EXPECT_NEAR(s.penalty.to_vector()[0], 0.25 * (4.0 + 0.81), 1e-6);
  EXPECT_TRUE(s.terms.empty());  // nothing was counted
  // Evaluation changes nothing.
  EXPECT_EQ(state_of(*posterior, "counts").to_vector(), std::vector<double>(4, 1.0));
}

TEST(VqPosterior, GradientsPassStraightThroughAndCommit) {
  const auto posterior = with_known_entries();
  Tensor h = Tensor::from<float>({2.0f, 0.1f}, {1, 2});
  h.set_requires_grad();
  const PosteriorSample s = sample(*posterior, h, nn::Mode::eval);
  backward(sum(affine(s.z, 3.0)));
  EXPECT_EQ(h.grad().to_vector(), (std::vector<double>{3.0, 3.0}));
  h.clear_grad();
  backward(sum(sample(*posterior, h, nn::Mode::eval).penalty));
  EXPECT_NEAR(h.grad().to_vector()[0], 2.0 * 0.25 * 2.0, 1e-6);
  EXPECT_NEAR(h.grad().to_vector()[1], 2.0 * 0.25 * -0.9, 1e-6);
}

TEST(VqPosterior, EntriesFollowTheMeanOfTheirPieces) {
  auto posterior = identity({.entries = 2, .codebooks = 1, .decay = 0.9}, 1);
  state_of(*posterior, "codebooks").copy_from(Tensor::from<float>({0, 10}, {1, 2, 1}));
  state_of(*posterior, "counts").copy_from(Tensor::full({1, 2}, 2.0));
  state_of(*posterior, "sums").copy_from(Tensor::from<float>({0, 20}, {1, 2, 1}));
  const Tensor h = Tensor::from<float>({1.0f, 3.0f, 9.0f}, {3, 1});
  const PosteriorSample s = sample(*posterior, h, nn::Mode::train);
  const std::vector<double> counts = state_of(*posterior, "counts").to_vector();
  EXPECT_NEAR(counts[0], 0.9 * 2.0 + 0.1 * 2.0, 1e-6);
  EXPECT_NEAR(counts[1], 0.9 * 2.0 + 0.1 * 1.0, 1e-6);
  const std::vector<double> entries = state_of(*posterior, "codebooks").to_vector();
  EXPECT_NEAR(entries[0], 0.1 * 4.0 / 2.0, 1e-6);
  EXPECT_NEAR(entries[1], (0.9 * 20.0 + 0.1 * 9.0) / 1.9, 1e-5);
  // The perplexity of those counts.
  const double p = counts[0] / (counts[0] + counts[1]);
  ASSERT_EQ(s.terms.size(), 1u);
  EXPECT_STREQ(s.terms[0].name, "perplexity");
  EXPECT_NEAR(s.terms[0].value.to_vector()[2], std::exp(-p * std::log(p) - (1 - p) * std::log(1 - p)), 1e-5);
  // As long as the pieces stay the same, the entries end up at their means.
  for (int i = 0; i < 300; ++i) sample(*posterior, h, nn::Mode::train);
  EXPECT_NEAR(state_of(*posterior, "codebooks").to_vector()[0], 2.0, 1e-4);
  EXPECT_NEAR(state_of(*posterior, "codebooks").to_vector()[1], 9.0, 1e-4);
}

TEST(VqPosterior, TheFirstBatchSetsTheEntriesAndDeadOnesStartAgain) {
  const auto posterior = identity({.entries = 8, .codebooks = 1}, 2);
  Rng rng(3);
  const Tensor h = standard_normal({64, 2}, rng);
  std::set<std::pair<double, double>> pieces;
  for (size_t n = 0; n < 64; ++n) pieces.insert({h.to_vector()[2 * n], h.to_vector()[2 * n + 1]});
  EXPECT_EQ(sample(*posterior, h, nn::Mode::eval).z.to_vector(), std::vector<double>(128, 0.0));  // not started
  sample(*posterior, h, nn::Mode::train);
  const Tensor counts = state_of(*posterior, "counts");
  for (const double count : counts.to_vector()) EXPECT_GT(count, 0.0);

  // One entry far away, hardly ever used: it is put on a piece.
  Tensor entries = state_of(*posterior, "codebooks"), sums = state_of(*posterior, "sums");
  Tensor(counts).data<float>()[5] = 0.02f;
  for (int64_t d = 0; d < 2; ++d) {
    entries.data<float>()[10 + d] = 1000.0f;
    sums.data<float>()[10 + d] = 20.0f;
  }
  sample(*posterior, h, nn::Mode::train);
  const std::pair<double, double> now{entries.to_vector()[10], entries.to_vector()[11]};
  EXPECT_TRUE(pieces.contains(now));
  EXPECT_GT(counts.to_vector()[5], 1.0);
}

TEST(VqPosterior, LearnsTheClustersOfItsInputs) {
  // Four clusters for each of two codebooks; enough entries that each cluster gets one, wherever they start.
  const auto posterior = identity({.entries = 32, .codebooks = 2, .decay = 0.9}, 2);
  Rng rng(5);
  double error = 0.0;
  for (int step = 0; step < 200; ++step) {
    Tensor h = standard_normal({100, 2}, rng);
    for (int64_t i = 0; i < 200; ++i) {
      h.data<float>()[i] = 0.05f * h.data<float>()[i] + 5.0f * static_cast<float>((i * 7 / 3) % 4);
    }
    const PosteriorSample s = sample(*posterior, h, nn::Mode::train, static_cast<uint64_t>(step));
    error = mean(s.penalty.detach()).item() / 0.25;
    if (step == 199) {
      EXPECT_GT(s.terms[0].value.to_vector()[0], 4.0);
    }
  }
  EXPECT_LT(error, 2.0 * 0.05 * 0.05 * 1.5);  // the noise of two pieces
}

TEST(VqPosterior, CodebooksMustDivideTheCode) {
  EXPECT_THROW(test::posterior({{"name", "vq"}, {"codebooks", 3}}, 4, 8), std::invalid_argument);
  EXPECT_EQ(test::posterior({{"name", "vq"}}, 4, 20)->config()->at("codebooks"), 4);
  EXPECT_EQ(test::posterior({{"name", "vq"}}, 4, 6)->config()->at("codebooks"), 2);
  EXPECT_EQ(test::posterior({{"name", "vq"}}, 4, 5)->config()->at("codebooks"), 1);
}

}  // namespace
}  // namespace latent
