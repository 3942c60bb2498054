// The filtered way of searching, forced in each of its forms, on data made to break its bounds.

#include <latent/space/neighbors/detail/neighbor_filter.hpp>
#include <latent/space/neighbors/detail/neighbor_search.hpp>

#include <tests/space/brute_force.hpp>

#include <latent/core/threads.hpp>
#include <latent/space/linear/pca.hpp>

#include <functional>
#include <limits>
#include <string>

namespace latent::space::detail {
namespace {

constexpr int64_t kNeighbors = 5;

struct Hard {
  std::string name;
  Tensor x;
};

Tensor scaled(Tensor x, float factor) {
  for (float& value : x.span<float>()) value *= factor;
  return x;
}

// Rows that differ in the last bit of f32 alone, far from zero.
Tensor nearly_equal(int64_t N, int64_t D) {
  Tensor x = Tensor::full({N, D}, 1000.0);
  for (int64_t i = 0; i < N; ++i) {
    float& value = x.data<float>()[i * D + i % D];
    for (int64_t step = 0; step <= i / D; ++step) value = std::nextafter(value, 2000.0F);
  }
  return x;
}

// Points of a circle (of a line in one dimension): neighbours at distances that all but tie.
Tensor ties(int64_t N, int64_t D) {
  Tensor x = Tensor::zeros({N, D});
  for (int64_t i = 0; i < N; ++i) {
    const double angle = 2.0 * M_PI * static_cast<double>(i) / static_cast<double>(N);
    x.data<float>()[i * D] = static_cast<float>(std::cos(angle));
    if (D > 1) x.data<float>()[i * D + D - 1] = static_cast<float>(std::sin(angle));
  }
  return x;
}

// Every row three times, and some rows of zeros.
Tensor duplicates(int64_t N, int64_t D) {
  Tensor x = normal_rows(N, D, 5);
  for (int64_t i = 0; i < N; ++i) x.rows(i, i + 1).copy_from(x.rows(i / 3, i / 3 + 1));
  for (int64_t i = 0; i < N; i += 10) x.rows(i, i + 1).copy_from(Tensor::zeros({1, D}));
  return x;
}

// Rows whose sizes differ by 40 orders of magnitude, from denormal numbers on.
Tensor of_all_sizes(int64_t N, int64_t D) {
  Tensor x = normal_rows(N, D, 6);
  for (int64_t i = 0; i < N; ++i) {
    const auto size = static_cast<float>(std::pow(10.0, -42.0 + 72.0 * static_cast<double>(i % 50) / 49.0));
    for (int64_t d = 0; d < D; ++d) x.data<float>()[i * D + d] *= size;
  }
  return x;
}

Tensor with_outlier(int64_t N, int64_t D) {
  Tensor x = clustered_rows(N, D, 8);
  for (int64_t d = 0; d < D; ++d) x.data<float>()[N / 2 * D + d] = 1e30F;
  return x;
}

Tensor constant_columns(int64_t N, int64_t D) {
  Tensor x = normal_rows(N, D, 9);
  for (int64_t i = 0; i < N; ++i) {
    for (int64_t d = 0; d < D; d += 2) x.data<float>()[i * D + d] = 12345.678F;
  }
  return x;
}

std::vector<Hard> hard_cases(int64_t N, int64_t D) {
  return {{"normal", normal_rows(N, D, 1)},
          {"clusters", clustered_rows(N, D, 2)},
          {"huge", scaled(normal_rows(N, D, 3), 1e30F)},
          {"largest", scaled(normal_rows(N, D, 3), 5e37F)},
          {"tiny", scaled(normal_rows(N, D, 4), 1e-30F)},
          {"denormal", scaled(normal_rows(N, D, 4), 1e-40F)},
          {"nearly equal", nearly_equal(N, D)},
          {"ties", ties(N, D)},
          {"duplicates", duplicates(N, D)},
          {"all sizes", of_all_sizes(N, D)},
          {"outlier", with_outlier(N, D)},
          {"constant columns", constant_columns(N, D)},
          {"all the same", Tensor::full({N, D}, 0.1)}};
}

// Orthonormal axes: some principal ones, or as many axes of chance.
Tensor axes_for(const Tensor& x, int64_t m) {
  Tensor sound = x.clone();
  for (float& value : sound.span<float>()) value = std::isfinite(value) ? value : 0.0F;
  return fit_pca(sound, {.dims = m, .method = PcaMethod::exact}).components;
}

std::vector<SearchPlan> plans(const Tensor& x) {
  using Way = SearchPlan::Way;
  std::vector<SearchPlan> all = {{.way = Way::filtered, .products = DType::f32, .block = 64},
                                 {.way = Way::filtered, .products = DType::bf16, .block = 37}};
  for (const int64_t m : {int64_t{1}, x.dim(1) / 2}) {
    if (m < 1 || m >= x.dim(1)) continue;
    all.push_back({.way = Way::filtered, .products = DType::f32, .axes = axes_for(x, m), .block = 50});
    all.push_back({.way = Way::filtered, .products = DType::bf16, .axes = axes_for(x, m), .block = 1000});
  }
  all.push_back({.way = Way::direct});
  return all;
}

TEST(NeighborFilter, EveryFormFindsTheSameOnHardCases) {
  for (const int64_t D : {1, 2, 3, 17, 64}) {
    for (const Hard& hard : hard_cases(211, D)) {
      for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
        for (const SearchPlan& plan : plans(hard.x)) {
          SCOPED_TRACE(hard.name + ", D = " + std::to_string(D) + ", " + std::string(name_of(metric)) + ", " +
                       std::string(latent::name_of(plan.products)) +
                       (plan.axes.defined() ? ", " + std::to_string(plan.axes.dim(0)) + " axes" : ""));
          const Neighbors found = search(hard.x, hard.x, kNeighbors, metric, Self::left_out, plan);
          const Neighbors direct = search(hard.x, hard.x, kNeighbors, metric, Self::left_out, {});
          ASSERT_EQ(found.index.to_vector(), direct.index.to_vector());
          ASSERT_EQ(found.distance.to_vector(), direct.distance.to_vector());
          const Tensor queries = hard.x.rows(100, 165);
          const Neighbors one_sided = search(queries, hard.x, kNeighbors, metric, Self::allowed, plan);
          const Neighbors one_direct = search(queries, hard.x, kNeighbors, metric, Self::allowed, {});
          ASSERT_EQ(one_sided.index.to_vector(), one_direct.index.to_vector());
          ASSERT_EQ(one_sided.distance.to_vector(), one_direct.distance.to_vector());
        }
      }
    }
  }
}

TEST(NeighborFilter, DirectIsWhatPenAndPaperGive) {
  for (const int64_t D : {1, 3, 64}) {
    for (const Hard& hard : hard_cases(211, D)) {
      // Distances beyond the range of f32 are infinite, and those below are lost: only others can be compared.
      if (hard.name == "largest" || hard.name == "denormal" || hard.name == "all sizes") continue;
      SCOPED_TRACE(hard.name + ", D = " + std::to_string(D));
      for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
        const Neighbors found = search(hard.x, hard.x, kNeighbors, metric, Self::left_out, {});
        expect_exact(found, hard.x, hard.x, metric, Own::left_out);
      }
    }
  }
}

// The claim (1) of neighbor_filter.hpp itself, for every pair.
TEST(NeighborFilter, PointsAreNoFartherApartThanRows) {
  for (const int64_t D : {1, 3, 64}) {
    for (const Hard& hard : hard_cases(97, D)) {
      for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
        for (const SearchPlan& plan : plans(hard.x)) {
          SCOPED_TRACE(hard.name + ", D = " + std::to_string(D) + ", " + std::string(name_of(metric)));
          FilterSpace space = filter_space(hard.x, hard.x, metric);
          space.products = plan.products;
          if (plan.axes.defined()) use_axes(space, plan.axes);
          const FilterPoints set = filter_points(space, hard.x);
          const Tensor points = set.points.to(DType::f32);
          for (int64_t i = 0; i < 97; ++i) {
            for (int64_t j = 0; j < i; ++j) {
              const double apart =
                  distance_by_hand(points.data<float>() + i * points.dim(1), points.data<float>() + j * points.dim(1),
                                   points.dim(1), Metric::euclidean);
              const double d = distance_by_hand(hard.x.data<float>() + i * D, hard.x.data<float>() + j * D, D, metric);
              const double real = metric == Metric::cosine ? std::sqrt(2.0 * d + 1e-11) : d * space.scale;
              const auto a = static_cast<size_t>(i), b = static_cast<size_t>(j);
              ASSERT_LE(apart, space.axes_length * real + set.slack[a] + set.slack[b]) << i << ", " << j;
            }
          }
        }
      }
    }
  }
}

TEST(NeighborFilter, ManyNeighboursAndTinySets) {
  const SearchPlan plan{.way = SearchPlan::Way::filtered, .block = 16};
  for (const int64_t N : {2, 3, 16, 17, 33}) {
    const Tensor x = normal_rows(N, 4, 1);
    for (int64_t k = 1; k < N; k += std::max<int64_t>(1, N / 4)) {
      expect_exact(search(x, x, k, Metric::euclidean, Self::left_out, plan), x, x, Metric::euclidean, Own::left_out);
    }
    expect_exact(search(x, x, N, Metric::euclidean, Self::allowed, plan), x, x, Metric::euclidean, Own::allowed);
  }
}

}  // namespace
}  // namespace latent::space::detail
