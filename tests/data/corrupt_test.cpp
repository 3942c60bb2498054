// Damage to samples: its statistics against closed forms, its independence of batches and threads, its specs.
#include <latent/data/corrupt.hpp>

#include <latent/core/threads.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace latent::data {
namespace {

using ::testing::HasSubstr;

// Five standard errors of a mean over `count` independent values: a test of correct code fails once in two million.
double five_errors(double variance, double count) { return 5.0 * std::sqrt(variance / count); }
double normal_below(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }
double normal_density(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2.0 * M_PI); }

constexpr int64_t kSamples = 400, kSide = 20, kPixels = kSide * kSide;
constexpr auto kValues = static_cast<double>(kSamples * kPixels);

std::shared_ptr<const Dataset> images(double value, int64_t n = kSamples, int64_t channels = 1) {
  return from_tensor(Tensor::full({n, channels, kSide, kSide}, value), Kind::images, {});
}
std::shared_ptr<const Dataset> table(int64_t n = 1000) {
  return from_tensor(Tensor::full({n, 7}, 2.0), Kind::table, {});
}
Corruption spec(std::string_view text) { return Corruption::from_text(text); }

// All samples of `base`, damaged.
Tensor damaged(const std::shared_ptr<const Dataset>& base, std::string_view text, uint64_t seed = 1) {
  return corrupted(base, spec(text), seed)->range(0, base->size());
}

double mean_of(const Tensor& x, const std::function<double(double)>& f) {
  double sum = 0.0;
  for (const float value : x.span<float>()) sum += f(static_cast<double>(value));
  return sum / static_cast<double>(x.numel());
}
double share(const Tensor& x, double wanted) {
  return mean_of(x, [wanted](double v) { return v == wanted ? 1.0 : 0.0; });
}

TEST(Corrupt, GaussianOfATableHasItsMoments) {
  const Tensor x = damaged(table(20'000), "gaussian:0.3");
  const auto n = static_cast<double>(x.numel());
  EXPECT_NEAR(mean_of(x, [](double v) { return v - 2.0; }), 0.0, five_errors(0.09, n));
  EXPECT_NEAR(mean_of(x, [](double v) { return (v - 2.0) * (v - 2.0); }), 0.09, five_errors(2 * 0.09 * 0.09, n));
  // Neighbours have nothing to do with each other.
  const float* values = x.data<float>();
  double product = 0.0;
  for (int64_t i = 0; i + 1 < x.numel(); ++i) product += (values[i] - 2.0) * (values[i + 1] - 2.0);
  EXPECT_NEAR(product / n, 0.0, five_errors(0.09 * 0.09, n));
}

TEST(Corrupt, GaussianOfImagesIsClipped) {
  const double mu = 0.3, sigma = 0.5, low = (0.0 - mu) / sigma, high = (1.0 - mu) / sigma;
  const Tensor x = damaged(images(mu), "gaussian:0.5");
  const double below = normal_below(low), above = 1.0 - normal_below(high);
  EXPECT_NEAR(share(x, 0.0), below, five_errors(below * (1 - below), kValues));
  EXPECT_NEAR(share(x, 1.0), above, five_errors(above * (1 - above), kValues));
  // The mean of a clipped normal: its truncated part, and the mass at one.
  const double mean = mu * (normal_below(high) - below) + sigma * (normal_density(low) - normal_density(high)) + above;
  EXPECT_NEAR(mean_of(x, [](double v) { return v; }), mean, five_errors(0.25, kValues));
}

TEST(Corrupt, SaltAndPepperInEqualParts) {
  const Tensor x = damaged(images(0.3), "salt-pepper:0.2");
  EXPECT_NEAR(share(x, 0.0), 0.1, five_errors(0.09, kValues));
  EXPECT_NEAR(share(x, 1.0), 0.1, five_errors(0.09, kValues));
  EXPECT_NEAR(share(x, 0.3f), 0.8, five_errors(0.16, kValues));
}

TEST(Corrupt, MaskTakesValuesAway) {
  const Tensor x = damaged(images(0.3), "mask:0.25");
  EXPECT_NEAR(share(x, 0.0), 0.25, five_errors(0.1875, kValues));
  EXPECT_NEAR(share(x, 0.3f), 0.75, five_errors(0.1875, kValues));
  const Tensor rows = damaged(table(20'000), "mask:0.25");
  EXPECT_NEAR(share(rows, 0.0), 0.25, five_errors(0.1875, 140'000));
}

TEST(Corrupt, BlurSpreadsAPointAsAGaussian) {
  Tensor x = Tensor::zeros({1, 1, 41, 41});
  x.data<float>()[20 * 41 + 20] = 1.0f;
  const Tensor y = damaged(from_tensor(x, Kind::images, {}), "blur:1.5");
  double mass = 0.0, variance = 0.0;
  for (int64_t h = 0; h < 41; ++h) {
    for (int64_t w = 0; w < 41; ++w) {
      const auto value = static_cast<double>(y.data<float>()[h * 41 + w]);
      mass += value;
      variance += value * static_cast<double>((w - 20) * (w - 20));
    }
  }
  EXPECT_NEAR(mass, 1.0, 1e-5);
  EXPECT_NEAR(variance, 1.5 * 1.5, 0.01);  // the tails beyond 4 sigma are cut off
  const Tensor flat = damaged(images(0.3, 2, 3), "blur:2");
  for (const float value : flat.span<float>()) EXPECT_NEAR(value, 0.3f, 1e-6);
}

TEST(Corrupt, StrengthsOfARangeAreUniformOverSamples) {
  const Tensor x = damaged(images(0.3), "mask:0.2-0.6");
  double sum = 0.0, squares = 0.0, lowest = 1.0, highest = 0.0;
  for (int64_t n = 0; n < kSamples; ++n) {
    const double masked = share(x.rows(n, n + 1), 0.0);
    sum += masked;
    squares += masked * masked;
    lowest = std::min(lowest, masked);
    highest = std::max(highest, masked);
  }
  const double mean = sum / kSamples, variance = squares / kSamples - mean * mean;
  // Between samples 0.4^2 / 12, within one the binomial's p (1 - p) / pixels.
  const double expected = 0.16 / 12 + (0.24 - 0.16 / 12) / kPixels;
  EXPECT_NEAR(mean, 0.4, five_errors(expected, kSamples));
  EXPECT_NEAR(variance, expected, five_errors(0.8 * expected * expected, kSamples));  // kurtosis 1.8 of a uniform
  EXPECT_LT(lowest, 0.25);
  EXPECT_GT(highest, 0.55);
}

TEST(Corrupt, StepsFollowEachOtherInTheirOrder) {
  const auto spread = [](const Tensor& x) { return mean_of(x, [](double v) { return (v - 0.5) * (v - 0.5); }); };
  EXPECT_NEAR(std::sqrt(spread(damaged(images(0.5), "blur:1,gaussian:0.1"))), 0.1, 0.002);
  EXPECT_LT(std::sqrt(spread(damaged(images(0.5), "gaussian:0.1,blur:1"))), 0.05);
  const Tensor x = damaged(images(0.5), "gaussian:0.1,mask:0.5");
  EXPECT_NEAR(share(x, 0.0), 0.5, five_errors(0.25, kValues));
}

TEST(Corrupt, SamplesSeedsAndTapesDiffer) {
  const Tensor x = damaged(images(0.5), "gaussian:0.1"), other = damaged(images(0.5), "gaussian:0.1", 2);
  EXPECT_NE(x.rows(0, 1).to_vector(), x.rows(1, 2).to_vector());
  EXPECT_NE(x.to_vector(), other.to_vector());
  EXPECT_EQ(x.to_vector(), damaged(images(0.5), "gaussian:0.1").to_vector());
}

TEST(Corrupt, DoesNotDependOnBatchesOrThreads) {
  const auto base = images(0.4, 50);
  for (const char* text : {"gaussian:0.3", "salt-pepper:0.2", "mask:0.1-0.5", "blur:0.5-2", "blur:1,gaussian:0.2"}) {
    SCOPED_TRACE(text);
    const auto set = corrupted(base, spec(text), 3);
    const Tensor all = set->range(0, 50);
    const int threads = num_threads();
    set_num_threads(1);
    EXPECT_EQ(set->range(0, 50).to_vector(), all.to_vector());
    set_num_threads(threads);
    const std::vector<int64_t> some = {49, 3, 3, 17};
    const Tensor batch = set->batch(some);
    for (size_t i = 0; i < some.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      EXPECT_EQ(batch.rows(at, at + 1).to_vector(), all.rows(some[i], some[i] + 1).to_vector());
    }
  }
}

TEST(Corrupt, ASetKeepsAllButItsValues) {
  const auto base = from_tensor(Tensor::full({4, 8, 8}, 255, DType::u8), Kind::images,
                                {.shift = {0.0}, .scale = {1.0 / 255}, .impute = {}}, {1, 0, 1, 0}, {"a", "b"});
  const auto set = corrupted(base, spec("gaussian:0.3"), 0);
  EXPECT_EQ(set->size(), 4);
  EXPECT_EQ(set->kind(), Kind::images);
  EXPECT_EQ(set->labels()[2], 1);
  EXPECT_EQ(set->class_names()[1], "b");
  for (const float value : set->range(0, 4).span<float>()) EXPECT_TRUE(value >= 0.0f && value <= 1.0f);
  EXPECT_EQ(corrupted(base, Corruption(), 0), base);
  EXPECT_THROW(corrupted(nullptr, Corruption(), 0), std::invalid_argument);
}

TEST(CorruptSpec, ThereAndBack) {
  for (const char* text : {"none", "gaussian:0.3", "salt-pepper:0.2,mask:0.25", "blur:1.5", "gaussian:0.2-0.6",
                           "gaussian:0-1,blur:2,mask:0.001"}) {
    EXPECT_EQ(spec(text).str(), text);
    EXPECT_EQ(spec(spec(text).str()), spec(text));
  }
  EXPECT_TRUE(spec("none").empty());
  EXPECT_EQ(spec("gaussian:1e-3-2e-1").steps()[0], (DamageStep{Damage::gaussian, 0.001, 0.2}));
  EXPECT_EQ(spec("gaussian:0.3-0.3"), spec("gaussian:0.3"));
}

std::string refusal(std::string_view text) {
  try {
    spec(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CorruptSpec, RefusesWhatMakesNoSense) {
  EXPECT_THAT(refusal("gausian:0.3"), HasSubstr("did you mean 'gaussian'"));
  EXPECT_THAT(refusal("saltpepper:0.3"), HasSubstr("did you mean 'salt-pepper'"));
  EXPECT_THAT(refusal(""), HasSubstr("unknown damage ''"));
  EXPECT_THAT(refusal("gaussian:0.3,"), HasSubstr("unknown damage ''"));
  EXPECT_THAT(refusal("none,mask:0.1"), HasSubstr("unknown damage 'none'"));
  EXPECT_THAT(refusal("gaussian"), HasSubstr("gaussian needs a standard deviation"));
  EXPECT_THAT(refusal("gaussian:"), HasSubstr("gaussian:0.3"));
  EXPECT_THAT(refusal("gaussian:much"), HasSubstr("got 'much'"));
  EXPECT_THAT(refusal("gaussian:0.3x"), HasSubstr("got '0.3x'"));
  EXPECT_THAT(refusal("gaussian:0.3-"), HasSubstr("got '0.3-'"));
  EXPECT_THAT(refusal("gaussian:-1"), HasSubstr("in (0, 1000], or a range of them in rising order, got '-1'"));
  for (const char* text : {"gaussian:0", "gaussian:nan", "gaussian:inf", "gaussian:1001", "gaussian:0.6-0.2",
                           "gaussian:-0.1-0.2", "gaussian:0.1--0.2", "mask:2", "mask:1", "mask:0.5-1", "mask:0",
                           "salt-pepper:1.5", "salt-pepper:-0.5", "blur:0", "blur:-2", "blur:101", "mask:0.1-nan"}) {
    EXPECT_THAT(refusal(text), HasSubstr("got '")) << text;
  }
  std::string many = "mask:0.1";
  for (int i = 0; i < 16; ++i) many += ",mask:0.1";
  EXPECT_THAT(refusal(many), HasSubstr("at most 16 steps"));
}

TEST(CorruptSpec, RefusesWhatDoesNotFitTheData) {
  EXPECT_THROW(Corruptor(spec("blur:1"), *table()), std::invalid_argument);
  EXPECT_THROW(Corruptor(spec("mask:0.1,salt-pepper:0.1"), *table()), std::invalid_argument);
  EXPECT_NO_THROW(Corruptor(spec("gaussian:1,mask:0.1"), *table()));
  EXPECT_NO_THROW(Corruptor(spec("gaussian:1,mask:0.1,blur:1,salt-pepper:0.1"), *images(0.0)));
  // Flat pixels are known to lie in [0, 1], but have no neighbours.
  const auto flat =
      from_tensor(Tensor::zeros({3, 9}, DType::u8), Kind::array, {.shift = {0.0}, .scale = {1.0 / 255}, .impute = {}});
  EXPECT_NO_THROW(Corruptor(spec("salt-pepper:0.1"), *flat));
  EXPECT_THROW(Corruptor(spec("blur:1"), *flat), std::invalid_argument);
  std::vector<float> values(8);
  const std::vector<int64_t> numbers = {0};
  EXPECT_THROW(Corruptor(spec("mask:0.1"), *flat).apply(numbers, Rng(0), values, values), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
