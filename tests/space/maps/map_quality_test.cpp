// Figures of maps: by hand, against scikit-learn (tests/golden/map_quality.py), and what must hold for any map.

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/maps/map_quality.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <map>

namespace latent::space {
namespace {

using ::testing::HasSubstr;

// The same ranks give the same sum of whole numbers; what is left is the rounding of a division.
constexpr double kSameRanks = 1e-12;

Tensor normal(const Shape& shape, uint64_t stream) {
  Tensor t = Tensor::empty(shape);
  Rng(5, stream).normal(t.span<float>());
  return t;
}

std::map<std::string, Tensor> golden(const std::string& name) {
  const auto path = std::filesystem::path(LATENT_TEST_DATA) / "golden/map_quality" / (name + ".npz");
  std::map<std::string, Tensor> arrays;
  for (auto& [key, array] : read_npz(MappedFile::open(path))) arrays.emplace(key, array);
  return arrays;
}

class MapQualityGolden : public testing::TestWithParam<std::string> {};

TEST_P(MapQualityGolden, FiguresAreThoseOfScikitLearn) {
  const auto file = golden(GetParam());
  const Tensor &before = file.at("before"), &map = file.at("map"), &labels = file.at("labels");
  for (int64_t i = 0; i < file.at("k").numel(); ++i) {
    const int64_t k = file.at("k").data<int64_t>()[i];
    SCOPED_TRACE(k);
    EXPECT_NEAR(trustworthiness(before, map, k), file.at("trustworthiness").data<double>()[i], kSameRanks);
    EXPECT_NEAR(neighbor_agreement(before, map, k), file.at("agreement").data<double>()[i], kSameRanks);
    EXPECT_NEAR(neighbor_label_accuracy(map, labels.span<int64_t>(), k), file.at("label_accuracy").data<double>()[i],
                kSameRanks);
  }
}

INSTANTIATE_TEST_SUITE_P(Maps, MapQualityGolden, testing::Values("clusters", "noise"));

// The definition, with sorted rows.
double plain_trustworthiness(const Tensor& before, const Tensor& map, int64_t k) {
  const int64_t N = before.dim(0);
  const auto order = [N](const Tensor& x, int64_t i) {
    std::vector<std::pair<double, int64_t>> all;
    for (int64_t j = 0; j < N; ++j) {
      double sum = 0;
      for (int64_t d = 0; d < x.dim(1); ++d) {
        sum += std::pow(double{x.data<float>()[i * x.dim(1) + d]} - x.data<float>()[j * x.dim(1) + d], 2);
      }
      if (j != i) all.emplace_back(sum, j);
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  double sum = 0;
  for (int64_t i = 0; i < N; ++i) {
    const auto near = order(map, i), was = order(before, i);
    for (int64_t a = 0; a < k; ++a) {
      const int64_t j = near[static_cast<size_t>(a)].second;
      const auto at = std::find_if(was.begin(), was.end(), [j](const auto& pair) { return pair.second == j; });
      sum += static_cast<double>(std::max<int64_t>(0, at - was.begin() + 1 - k));
    }
  }
  const auto n = static_cast<double>(N), kk = static_cast<double>(k);
  return 1 - sum * 2 / (n * kk * (2 * n - 3 * kk - 1));
}

TEST(Trustworthiness, TiesAndDuplicatesAreRankedByIndex) {
  // Whole numbers on a small grid: most distances occur many times, and many rows twice.
  Tensor before = normal({150, 3}, 1), map = normal({150, 2}, 2);
  for (float& v : before.span<float>()) v = std::round(v);
  for (float& v : map.span<float>()) v = std::round(2 * v);
  for (const int64_t k : {1, 5, 40}) {
    EXPECT_NEAR(trustworthiness(before, map, k), plain_trustworthiness(before, map, k), kSameRanks);
  }
}

TEST(Trustworthiness, RanksAreExactWhereDistancesAreNearlyEqual) {
  // Points on a sphere far from zero differ in distance by less than a product in f32 can tell.
  Tensor before = normal({140, 65}, 3);
  for (int64_t i = 0; i < 140; ++i) {
    for (int64_t d = 0; d < 64; ++d) before.data<float>()[i * 65 + d] *= 1e-3f;
    before.data<float>()[i * 65 + 64] = i % 2 == 0 ? -50.0f : 50.0f;
  }
  const Tensor map = normal({140, 2}, 4);
  EXPECT_NEAR(trustworthiness(before, map, 7), plain_trustworthiness(before, map, 7), kSameRanks);
}

TEST(Trustworthiness, SeesMoreRowsThanATileHas) {
  const Tensor before = normal({1300, 9}, 5), map = normal({1300, 2}, 6);
  EXPECT_NEAR(trustworthiness(before, map, 6), plain_trustworthiness(before, map, 6), kSameRanks);
}

TEST(Trustworthiness, DoesNotDependOnScaleOrThreads) {
  const Tensor before = normal({300, 11}, 7), map = normal({300, 2}, 8);
  const double expected = trustworthiness(before, map, 9);
  for (const float scale : {0x1p-70f, 0x1p60f}) {
    Tensor scaled = before.clone();
    for (float& v : scaled.span<float>()) v *= scale;
    EXPECT_EQ(trustworthiness(scaled, map, 9), expected);
  }
  const int threads = num_threads();
  set_num_threads(1);
  EXPECT_EQ(trustworthiness(before, map, 9), expected);
  set_num_threads(threads);
}

TEST(MapQuality, ACopyIsAPerfectMap) {
  const Tensor x = normal({60, 2}, 9);
  EXPECT_EQ(trustworthiness(x, x, 5), 1.0);
  EXPECT_EQ(neighbor_agreement(x, x, 5), 1.0);
}

TEST(MapQuality, LabelAccuracyByHand) {
  // On a line: 0 0 1 1 . 1 (far) 0, with one row of unknown label that would be everybody's neighbour.
  const Tensor map = Tensor::from(std::vector<float>{0, 1, 3, 4, 2, 10}, {6, 1});
  const std::vector<int64_t> labels = {0, 0, 1, 1, -1, 0};
  EXPECT_DOUBLE_EQ(neighbor_label_accuracy(map, labels, 1), 4.0 / 5);
  // Two neighbours of different labels are a tie: the nearer decides.
  EXPECT_DOUBLE_EQ(neighbor_label_accuracy(map, labels, 2), 4.0 / 5);
}

TEST(MapQuality, WrongCalls) {
  const Tensor x = normal({10, 3}, 10), map = normal({10, 2}, 11);
  const std::vector<int64_t> labels(10, 1);
  for (const int64_t k : {0, 5}) {
    EXPECT_THROW(trustworthiness(x, map, k), std::invalid_argument);
    EXPECT_THROW(neighbor_agreement(x, map, k), std::invalid_argument);
  }
  EXPECT_THROW(trustworthiness(x, normal({9, 2}, 1), 2), std::invalid_argument);
  EXPECT_THROW(trustworthiness(x.to(DType::f64), map, 2), std::invalid_argument);
  EXPECT_THROW(trustworthiness(Tensor(), map, 2), std::invalid_argument);
  EXPECT_THROW(neighbor_label_accuracy(map, std::vector<int64_t>(9), 1), std::invalid_argument);
  EXPECT_THROW(neighbor_label_accuracy(map, labels, 10), std::invalid_argument);
  EXPECT_THROW(neighbor_label_accuracy(map, std::vector<int64_t>(10, -1), 1), std::invalid_argument);
  Tensor broken = map.clone();
  broken.data<float>()[7] = std::numeric_limits<float>::quiet_NaN();
  try {
    trustworthiness(x, broken, 2);
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), HasSubstr("map: expected finite values, got nan in row 3"));
  }
}

}  // namespace
}  // namespace latent::space
