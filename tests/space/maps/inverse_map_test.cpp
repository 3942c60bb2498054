// From places on a map back to codes.
#include <latent/core/rng.hpp>
#include <latent/space/maps/inverse_map.hpp>
#include <latent/space/maps/umap.hpp>

#include <gtest/gtest.h>

#include <cmath>

namespace latent::space {
namespace {

constexpr InverseMethod kBoth[] = {InverseMethod::inverse_distance, InverseMethod::local_linear};

Tensor uniform(const Shape& shape, uint64_t seed) {
  Tensor x = Tensor::empty(shape);
  Rng(seed).uniform(x.span<float>());
  return x;
}

// codes = (3 x - y + 1, 2 y, -x): a plane.
Tensor plane_over(const Tensor& map) {
  Tensor codes = Tensor::empty({map.dim(0), 3});
  for (int64_t i = 0; i < map.dim(0); ++i) {
    const float x = map.data<float>()[2 * i], y = map.data<float>()[2 * i + 1];
    const float code[] = {3.0f * x - y + 1.0f, 2.0f * y, -x};
    std::copy_n(code, 3, codes.data<float>() + 3 * i);
  }
  return codes;
}

TEST(InverseMap, MapPointsGiveTheirOwnCodes) {
  const Tensor map = uniform({100, 2}, 1), codes = uniform({100, 5}, 2);
  for (const InverseMethod method : kBoth) {
    EXPECT_EQ(InverseMap(map, codes, {.method = method}).codes_at(map).to_vector(), codes.to_vector());
  }
}

TEST(InverseMap, TwoPointsByHand) {
  const Tensor map = Tensor::from<float>(std::vector<float>{0, 0, 3, 0}, {2, 2});
  const Tensor codes = Tensor::from<float>(std::vector<float>{0, 9}, {2, 1});
  const Tensor place = Tensor::from<float>(std::vector<float>{1, 0}, {1, 2});
  // Weights 1 / 1 and 1 / 4: 9 / 5. The line through both: 3.
  EXPECT_NEAR(InverseMap(map, codes, {.method = InverseMethod::inverse_distance}).codes_at(place).item(), 1.8, 1e-6);
  EXPECT_NEAR(InverseMap(map, codes, {.method = InverseMethod::local_linear}).codes_at(place).item(), 3.0, 1e-4);
}

TEST(InverseMap, LocalLinearFollowsAPlaneInside) {
  const Tensor map = uniform({2000, 2}, 1), codes = plane_over(map);
  Tensor places = uniform({100, 2}, 3);
  for (float& value : places.span<float>()) value = 0.2f + 0.6f * value;
  const auto expected = plane_over(places).to_vector();
  const auto found = InverseMap(map, codes).codes_at(places).to_vector();
  // Exact where all neighbours count; a cut-off weight costs a part of the distance between neighbours (0.02).
  constexpr double kNeighborDistance = 0.02;
  double total = 0.0;
  for (size_t i = 0; i < found.size(); ++i) total += std::abs(found[i] - expected[i]);
  EXPECT_LT(total / static_cast<double>(found.size()), 0.2 * kNeighborDistance);
}

TEST(InverseMap, FarAwayItIsACodeOfTheRim) {
  const Tensor map = uniform({200, 2}, 1), codes = plane_over(map);
  const Tensor far = Tensor::from<float>(std::vector<float>{1000, 0.5f, -50, -50}, {2, 2});
  for (const InverseMethod method : kBoth) {
    const InverseMap inverse(map, codes, {.method = method});
    for (const double value : inverse.codes_at(far).to_vector()) EXPECT_LE(std::abs(value), 4.0);
    EXPECT_NEAR(inverse.distances(far).to_vector()[0], 999.0, 1.0);
  }
}

TEST(InverseMap, RoundTripThroughUmapStaysInItsCluster) {
  Tensor x = Tensor::empty({300, 6});
  Rng(1).normal(x.span<float>());
  for (int64_t i = 0; i < 300; ++i) x.data<float>()[6 * i + i % 3] += 20.0f;
  const auto layout = make_umap(x, {.epochs = 200});
  layout->step(200);
  // Places a little beside those of known points.
  Tensor places = layout->positions();
  Tensor aside = Tensor::empty(places.shape());
  Rng(5).normal(aside.span<float>());
  for (int64_t i = 0; i < places.numel(); ++i) places.data<float>()[i] += 0.1f * aside.data<float>()[i];
  for (const InverseMethod method : kBoth) {
    const Tensor codes = InverseMap(layout->positions(), x, {.method = method}).codes_at(places);
    const Neighbors near = nearest(codes, x, 1);
    for (int64_t i = 0; i < 300; ++i) EXPECT_EQ(near.index.data<int64_t>()[i] % 3, i % 3);
  }
}

TEST(InverseMap, PointsInOnePlaceGiveTheirMean) {
  const Tensor map = Tensor::zeros({4, 2});
  const Tensor codes = Tensor::from<float>(std::vector<float>{1, 2, 3, 6}, {4, 1});
  const Tensor places = Tensor::from<float>(std::vector<float>{0, 0, 1, 1}, {2, 2});
  for (const InverseMethod method : kBoth) {
    const auto found = InverseMap(map, codes, {.method = method}).codes_at(places).to_vector();
    EXPECT_NEAR(found[0], 3.0, 1e-6);
    EXPECT_NEAR(found[1], 3.0, 1e-6);
  }
}

TEST(InverseMap, BadInputsAreRefused) {
  const Tensor map = uniform({10, 2}, 1), codes = uniform({10, 3}, 2);
  EXPECT_THROW(InverseMap(map, uniform({9, 3}, 1)), std::invalid_argument);
  EXPECT_THROW(InverseMap(uniform({10, 4}, 1), codes), std::invalid_argument);
  EXPECT_THROW(InverseMap(Tensor{}, codes), std::invalid_argument);
  EXPECT_THROW(InverseMap(map, codes, {.neighbors = 0}), std::invalid_argument);
  const InverseMap inverse(map, codes, {.neighbors = 50});
  EXPECT_EQ(inverse.codes_at(map.rows(0, 0)).shape(), Shape({0, 3}));
  EXPECT_THROW(inverse.codes_at(uniform({3, 3}, 1)), std::invalid_argument);
  EXPECT_THROW(inverse.distances(uniform({3, 3}, 1)), std::invalid_argument);
  EXPECT_THROW(inverse.codes_at(Tensor::full({1, 2}, std::nan(""))), std::invalid_argument);
  EXPECT_EQ(inverse_method_from("inverse-distance"), InverseMethod::inverse_distance);
  EXPECT_THROW(inverse_method_from("linear"), std::invalid_argument);
}

}  // namespace
}  // namespace latent::space
