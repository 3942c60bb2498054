// Arithmetic that must give the same bits at every vector width: compared between widths bit by bit, and with the
// functions that it stands for.
#include <latent/core/rng.hpp>
#include <latent/kernels/exact.hpp>
#include <latent/kernels/mixture.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <cmath>
#include <cstring>
#include <vector>

namespace latent {
namespace {

namespace exact = kernels::exact;

std::vector<float> normal(int64_t rows, uint64_t stream, float scale = 1.0f) {
  std::vector<float> values(static_cast<size_t>(rows * exact::kLanes));
  Rng(5, stream).normal(values);
  for (float& v : values) v *= scale;
  return values;
}

// What `compute` writes is the same at every width. @return it
template <class T, class Compute>
std::vector<T> same_everywhere(const Compute& compute) {
  std::vector<T> first;
  on_every_target([&] {
    const std::vector<T> result = compute();
    if (first.empty()) first = result;
    EXPECT_EQ(std::memcmp(first.data(), result.data(), first.size() * sizeof(T)), 0);
  });
  return first;
}

TEST(ExactKernels, ProductsAreSumsInOrder) {
  for (const int64_t outputs : {1, 3, 7, 16, 17, 39}) {
    const std::vector<float> x = normal(20, 1), weight = normal(30 * outputs, 2), bias = normal(outputs, 3);
    const std::vector<exact::Tap> taps = {{2, 5, 4}, {11, 0, 1}, {13, 20, 7}};
    const std::vector<float> y = same_everywhere<float>([&] {
      std::vector<float> result(static_cast<size_t>(outputs * exact::kLanes));
      exact::product({taps, weight.data(), bias.data(), outputs}, x.data(), result.data());
      exact::product({taps, weight.data(), nullptr, outputs}, x.data(), result.data());
      return result;
    });
    for (int64_t o = 0; o < outputs; ++o) {
      for (int64_t lane = 0; lane < exact::kLanes; ++lane) {
        double sum = 0.0;
        for (const exact::Tap& tap : taps) {
          for (int64_t i = 0; i < tap.count; ++i) {
            sum += double{weight[static_cast<size_t>((tap.weight + i) * outputs + o)]} *
                   double{x[static_cast<size_t>((tap.row + i) * exact::kLanes + lane)]};
          }
        }
        // A dozen products of standard normals, twice.
        EXPECT_NEAR(y[static_cast<size_t>(o * exact::kLanes + lane)], double{bias[static_cast<size_t>(o)]} + 2 * sum,
                    1e-4);
      }
    }
  }
}

TEST(ExactKernels, ActivationsAreTheUsualOnes) {
  const auto expected = [](Activation a, double x) {
    switch (a) {
      case Activation::none: return x;
      case Activation::relu: return std::max(x, 0.0);
      case Activation::leaky_relu: return x > 0 ? x : kLeakyReluSlope * x;
      case Activation::elu: return x > 0 ? x : std::expm1(x);
      case Activation::gelu: return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
      case Activation::silu: return x / (1.0 + std::exp(-x));
      case Activation::tanh: return std::tanh(x);
      case Activation::sigmoid: return 1.0 / (1.0 + std::exp(-x));
    }
    return 0.0;
  };
  const std::vector<float> x = normal(9, 4, 4.0f);
  for (const std::string_view name : activation_names()) {
    const Activation a = activation_from(name);
    const std::vector<float> y = same_everywhere<float>([&] {
      std::vector<float> result = x;
      exact::activate(a, result.data(), 9);
      return result;
    });
    // Absolute: exponentials are right to 2^-22 of themselves, erf to 2e-7, times x.
    for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], expected(a, double{x[i]}), 4e-6) << name << " " << x[i];
  }
}

TEST(ExactKernels, NormalisationsAreTheUsualOnes) {
  const int64_t rows = 24, channels = 6, groups = 2;
  const std::vector<float> x = normal(rows, 6), weight = normal(1, 7), bias = normal(1, 8);
  const std::vector<float> y = same_everywhere<float>([&] {
    std::vector<float> result = x;
    exact::normalize_groups({groups, channels, weight.data(), bias.data()}, result.data(), rows);
    return result;
  });
  for (int64_t g = 0; g < groups; ++g) {
    double mean = 0.0, squares = 0.0;
    const auto at = [&](int64_t pixel, int64_t c) {
      return static_cast<size_t>((pixel * channels + g * 3 + c) * exact::kLanes);
    };
    for (int64_t i = 0; i < 12; ++i) mean += double{x[at(i / 3, i % 3)]} / 12;
    for (int64_t i = 0; i < 12; ++i) squares += std::pow(double{x[at(i / 3, i % 3)]} - mean, 2) / 12;
    const double normal = (double{x[at(1, 2)]} - mean) / std::sqrt(squares + 1e-5);
    EXPECT_NEAR(y[at(1, 2)],
                normal * double{weight[static_cast<size_t>(g * 3 + 2)]} + double{bias[static_cast<size_t>(g * 3 + 2)]},
                1e-5);
  }
}

TEST(ExactKernels, SharesOfBernoulliLeaveSomeForBoth) {
  std::vector<float> logits = normal(4, 9, 5.0f);
  logits[0] = 200.0f;
  logits[1] = -200.0f;
  logits[2] = std::nanf("");
  const std::vector<int32_t> ones = same_everywhere<int32_t>([&] {
    std::vector<int32_t> result(logits.size());
    exact::bernoulli_shares(logits.data(), 4, result.data());
    return result;
  });
  for (size_t i = 0; i < ones.size(); ++i) {
    EXPECT_GE(ones[i], 1);
    EXPECT_LT(ones[i], 1 << exact::kProbabilityBits);
    const double p = 1.0 / (1.0 + std::exp(-double{logits[i]}));
    if (std::isnan(p)) continue;
    EXPECT_NEAR(ones[i] / double{1 << exact::kProbabilityBits}, p, 1e-6);
  }
}

// Every level has a share, the shares fill the whole, and a slot is found in the interval that holds it.
TEST(ExactKernels, MixtureIntervalsAreAPartition) {
  for (const int64_t K : {1, 3, 10}) {
    std::vector<float> params = normal(3 * K, 10, 2.0f);
    for (size_t lane = 0; lane < 4; ++lane) {  // the sharpest, and the widest
      for (int64_t k = 0; k < K; ++k)
        params[static_cast<size_t>((2 * K + k) * exact::kLanes) + lane] = lane < 2 ? -90.0f : 90.0f;
    }
    params[5] = std::nanf("");
    on_every_target([&] {
      std::vector<float> prepared = params;
      exact::mixture_prepare(K, prepared.data());
      int32_t below[exact::kLanes] = {}, level[exact::kLanes], next[exact::kLanes];
      for (int32_t v = 0; v < 256; ++v) {
        std::fill_n(level, exact::kLanes, v + 1);
        exact::mixture_cumulative(K, prepared.data(), level, next);
        exact::LevelIntervals found;
        exact::mixture_find(K, prepared.data(), below, found);
        for (int64_t lane = 0; lane < exact::kLanes; ++lane) {
          ASSERT_LT(below[lane], next[lane]) << "level " << v << ", lane " << lane;
          ASSERT_EQ(found.level[lane], v);
          ASSERT_EQ(found.start[lane], below[lane]);
          ASSERT_EQ(found.end[lane], next[lane]);
          below[lane] = next[lane];
        }
      }
      for (const int32_t all : below) ASSERT_EQ(all, 1 << exact::kProbabilityBits);
    });
  }
}

TEST(ExactKernels, MixtureSharesAreTheLikelihoodThatIsTrained) {
  constexpr int64_t K = 4;
  const std::vector<float> params = normal(3 * K, 11);
  const auto shares = same_everywhere<int32_t>([&] {
    std::vector<float> prepared = params;
    exact::mixture_prepare(K, prepared.data());
    std::vector<int32_t> result;
    for (const int32_t v : {0, 1, 100, 254, 255}) {
      int32_t level[exact::kLanes], start[exact::kLanes], end[exact::kLanes];
      std::fill_n(level, exact::kLanes, v);
      exact::mixture_cumulative(K, prepared.data(), level, start);
      std::fill_n(level, exact::kLanes, v + 1);
      exact::mixture_cumulative(K, prepared.data(), level, end);
      for (int64_t lane = 0; lane < exact::kLanes; ++lane) result.push_back(end[lane] - start[lane]);
    }
    return result;
  });
  size_t at = 0;
  for (const int32_t v : {0, 1, 100, 254, 255}) {
    for (int64_t lane = 0; lane < exact::kLanes; ++lane, ++at) {
      std::vector<double> of_lane;
      for (int64_t j = 0; j < 3 * K; ++j) of_lane.push_back(params[static_cast<size_t>(j * exact::kLanes + lane)]);
      const double x = v / 255.0;
      double nll = 0.0;
      kernels::mixture_nll({1, 1, K}, of_lane.data(), &x, nullptr, &nll, nullptr);
      // 8 parts of 2^22 that every level gets, and rounding of the sums.
      EXPECT_NEAR(shares[at] / double{1 << exact::kProbabilityBits}, std::exp(-nll), 1e-5 + 1e-3 * std::exp(-nll));
    }
  }
}

}  // namespace
}  // namespace latent
