#include <latent/space/neighbors/detail/neighbor_filter.hpp>

#include <latent/core/threads.hpp>
#include <latent/kernels/distance.hpp>
#include <latent/kernels/gemm.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

namespace latent::space::detail {

namespace {

constexpr double kRounding = 0x1p-24;   // u of f32
constexpr double kSmallest = 0x1p-126;  // numbers below it may count as zero
constexpr int64_t kRowsTogether = 256;

double gamma(int64_t n) {
  const double nu = static_cast<double>(n) * kRounding;
  return nu < 0.5 ? nu / (1.0 - nu) : 1.0 + nu;
}

float rounded_up(double value) {
  return std::nextafter(static_cast<float>(value), std::numeric_limits<float>::infinity());
}
float rounded_down(double value) {
  return std::nextafter(static_cast<float>(value), -std::numeric_limits<float>::infinity());
}

// The largest |x|, found among bit patterns: those of what is not finite are larger than all others.
float largest_magnitude(const Tensor& x) {
  const int64_t D = x.dim(1), blocks = (x.dim(0) + kRowsTogether - 1) / kRowsTogether;
  std::vector<int32_t> largest(static_cast<size_t>(blocks), 0);
  parallel_for(blocks, 4, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const float* from = x.data<float>() + b * kRowsTogether * D;
      const int64_t count = std::min(kRowsTogether, x.dim(0) - b * kRowsTogether) * D;
      int32_t most = 0;
      for (int64_t i = 0; i < count; ++i) most = std::max(most, std::bit_cast<int32_t>(from[i]) & 0x7fffffff);
      largest[static_cast<size_t>(b)] = most;
    }
  });
  return std::bit_cast<float>(*std::max_element(largest.begin(), largest.end()));
}

// About the mean: of some rows, evenly spaced.
std::vector<double> about_mean(const Tensor& x) {
  constexpr int64_t kMost = 2048;
  const int64_t N = x.dim(0), count = std::min(N, kMost);
  const auto D = static_cast<size_t>(x.dim(1));
  std::vector<double> mean(D, 0.0);
  for (int64_t i = 0; i < count; ++i) {
    const float* row = x.data<float>() + i * N / count * x.dim(1);
    for (size_t d = 0; d < D; ++d) mean[d] += row[d] / static_cast<double>(count);
  }
  return mean;
}

// y to the nearest bf16 (numbers that are too small for bf16 instructions become 0), and what that does to the row.
double round_row(int64_t m, const float* y, bfloat16* b, double& square) {
  double error = 0.0;
  square = 0.0;
  for (int64_t i = 0; i < m; ++i) {
    b[i] = bfloat16(std::abs(y[i]) < static_cast<float>(2.0 * kSmallest) ? 0.0F : y[i]);
    const double value = static_cast<float>(b[i]), difference = y[i] - value;
    square += value * value;
    error += difference * difference;
  }
  return std::sqrt(error) * (1.0 + 1e-9);
}

// What rounding can do to C_ij, the part of one row.
double product_rounding(int64_t m, double magnitude) {
  return 2.0 * gamma(m + 16) * magnitude + 4.0 * kSmallest * static_cast<double>(m + 2);
}

}  // namespace

std::vector<double> inverse_lengths(const Tensor& x) {
  const int64_t D = x.dim(1);
  std::vector<double> inverse(static_cast<size_t>(x.dim(0)));
  parallel_for(x.dim(0), 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* row = x.data<float>() + i * D;
      const double square = kernels::dot_product(D, row, row);
      inverse[static_cast<size_t>(i)] = square > 0.0 ? 1.0 / std::sqrt(square) : 0.0;
    }
  });
  return inverse;
}

Comparison::Comparison(const Tensor& queries, const Tensor& base, Metric metric)
    : a_(queries.data<float>()), b_(base.data<float>()), dims_(base.dim(1)), metric_(metric) {
  if (metric != Metric::cosine) return;
  a_inverse_ = inverse_lengths(queries);
  const bool same = a_ == b_ && queries.dim(0) == base.dim(0);
  if (!same) own_b_inverse_ = inverse_lengths(base);
  b_inverse_ = same ? a_inverse_.data() : own_b_inverse_.data();
}

Comparison::Comparison(const Tensor& queries, const Tensor& base, Metric metric,
                       const std::vector<double>& base_inverse)
    : a_(queries.data<float>()),
      b_(base.data<float>()),
      dims_(base.dim(1)),
      metric_(metric),
      b_inverse_(base_inverse.data()) {
  if (metric == Metric::cosine) a_inverse_ = inverse_lengths(queries);
}

float Comparison::distance(int64_t i, int64_t j) const {
  const float* a = a_ + i * dims_;
  const float* b = b_ + j * dims_;
  if (metric_ == Metric::euclidean) return static_cast<float>(std::sqrt(kernels::squared_distance(dims_, a, b)));
  // The same bits for (i, j) and (j, i).
  const double inverse = a_inverse_[static_cast<size_t>(i)] * b_inverse_[j];
  const double cosine = kernels::dot_product(dims_, a, b) * inverse;
  return static_cast<float>(std::max(0.0, 1.0 - cosine));
}

void FilterSpace::place(const Tensor& x, int64_t begin, int64_t rows, float* z) const {
  const int64_t D = x.dim(1);
  const float* from = x.data<float>() + begin * D;
  if (metric == Metric::euclidean) return kernels::shift_and_scale(rows, D, from, D, shift.data(), scale, z, D);
  for (int64_t r = 0; r < rows; ++r, from += D, z += D) {
    const double square = kernels::dot_product(D, from, from);
    const double inverse = square > 0.0 ? 1.0 / std::sqrt(square) : 0.0;
    kernels::shift_and_scale(1, D, from, D, shift.data(), inverse, z, D);
  }
}

FilterSpace filter_space(const Tensor& queries, const Tensor& base, Metric metric) {
  const float largest = std::max(largest_magnitude(queries), largest_magnitude(base));
  LATENT_CHECK(std::isfinite(largest), "[nearest] rows: expected finite values, got NaN or infinity");
  FilterSpace space{.metric = metric, .shift = std::vector<double>(static_cast<size_t>(base.dim(1)), 0.0)};
  if (metric == Metric::cosine) return space;
  space.shift = about_mean(base);
  if (largest > 0.0F) space.scale = std::exp2(-1.0 - std::ceil(std::log2(static_cast<double>(largest))));
  return space;
}

void use_axes(FilterSpace& space, const Tensor& axes) {
  const int64_t m = axes.dim(0), D = axes.dim(1);
  double squares = 0.0;  // of the entries of V V^T - I
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      const double entry = kernels::dot_product(D, axes.data<float>() + i * D, axes.data<float>() + j * D);
      squares += i == j ? (entry - 1.0) * (entry - 1.0) : 2.0 * entry * entry;
    }
  }
  space.axes = axes;
  space.axes_length = std::sqrt(1.0 + std::sqrt(squares)) * (1.0 + 1e-9);
}

FilterPoints filter_points(const FilterSpace& space, const Tensor& x) {
  const int64_t N = x.dim(0), D = x.dim(1), m = space.dims();
  const bool bf16 = space.products == DType::bf16;
  const auto root_m = std::sqrt(static_cast<double>(m));
  // Length of V, and with it the slack of a row z in units of ||z||, and what does not depend on z.
  const double frobenius = space.axes.defined() ? space.axes_length * root_m : 0.0;
  const double relative = space.axes_length * 2.0 * kRounding + gamma(D) * frobenius;
  const double absolute = 4.0 * kSmallest * static_cast<double>(D) * root_m;
  FilterPoints set{Tensor::empty({N, m}, space.products), std::vector<double>(static_cast<size_t>(N)),
                   std::vector<double>(static_cast<size_t>(N))};
  parallel_for((N + kRowsTogether - 1) / kRowsTogether, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> z(static_cast<size_t>(kRowsTogether * D)), projected(static_cast<size_t>(kRowsTogether * m));
    for (int64_t block = begin; block < end; ++block) {
      const int64_t from = block * kRowsTogether, rows = std::min(kRowsTogether, N - from);
      space.place(x, from, rows, z.data());
      const float* y = z.data();
      if (space.axes.defined()) {
        kernels::gemm({.M = rows, .N = m, .K = D, .transpose_b = true, .on_this_thread = true}, z.data(),
                      space.axes.data<float>(), nullptr, projected.data());
        y = projected.data();
      }
      for (int64_t r = 0; r < rows; ++r) {
        const auto row = static_cast<size_t>(from + r);
        double error = 0.0;
        if (bf16) {
          error = round_row(m, y + r * m, set.points.data<bfloat16>() + (from + r) * m, set.squares[row]);
        } else {
          std::copy_n(y + r * m, m, set.points.data<float>() + (from + r) * m);
          set.squares[row] = kernels::dot_product(m, y + r * m, y + r * m);
        }
        const double length = std::sqrt(kernels::dot_product(D, z.data() + r * D, z.data() + r * D));
        set.slack[row] = error + (1.0 + 1e-6) * relative * length + absolute;
      }
    }
  });
  return set;
}

std::vector<int32_t> grouped_order(const FilterPoints& set, int64_t pivots) {
  const int64_t N = set.points.dim(0), m = set.points.dim(1);
  const DType type = set.points.dtype();
  Tensor chosen = Tensor::empty({pivots, m}, type);
  std::vector<float> bias;
  for (int64_t p = 0; p < pivots; ++p) {
    const int64_t row = p * N / pivots;
    chosen.rows(p, p + 1).copy_from(set.points.rows(row, row + 1));
    bias.push_back(static_cast<float>(-0.5 * set.squares[static_cast<size_t>(row)]));
  }
  std::vector<int32_t> nearest(static_cast<size_t>(N)), order(static_cast<size_t>(N));
  parallel_for((N + kRowsTogether - 1) / kRowsTogether, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> products(static_cast<size_t>(kRowsTogether * pivots));
    for (int64_t block = begin; block < end; ++block) {
      const int64_t from = block * kRowsTogether, rows = std::min(kRowsTogether, N - from);
      kernels::gemm({.M = rows, .N = pivots, .K = m, .transpose_b = true, .a = type, .b = type, .on_this_thread = true},
                    set.points.rows(from, from + rows).raw(), chosen.raw(), bias.data(), products.data());
      for (int64_t r = 0; r < rows; ++r) {
        const float* row = products.data() + r * pivots;
        nearest[static_cast<size_t>(from + r)] = static_cast<int32_t>(std::max_element(row, row + pivots) - row);
      }
    }
  });
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return nearest[static_cast<size_t>(a)] < nearest[static_cast<size_t>(b)];
  });
  return order;
}

FilterPoints reordered(const FilterPoints& set, const std::vector<int32_t>& order) {
  const size_t bytes = set.points.nbytes() / order.size();
  FilterPoints result{Tensor::empty(set.points.shape(), set.points.dtype()), {}, {}};
  const auto* from = static_cast<const std::byte*>(set.points.raw());
  auto* to = static_cast<std::byte*>(result.points.raw());
  for (size_t i = 0; i < order.size(); ++i) {
    const auto row = static_cast<size_t>(order[i]);
    std::copy_n(from + row * bytes, bytes, to + i * bytes);
    result.squares.push_back(set.squares[row]);
    result.slack.push_back(set.slack[row]);
  }
  return result;
}

double FilterBounds::magnitude(const FilterPoints& set, int64_t row) const {
  const double slack = set.slack[static_cast<size_t>(row)];
  return set.squares[static_cast<size_t>(row)] + (1.0 + 1.0 / rho_) * slack * slack;
}

float FilterBounds::bias(const FilterPoints& set, int64_t row) const {
  const double slack = set.slack[static_cast<size_t>(row)];
  const double own = set.squares[static_cast<size_t>(row)] - (1.0 + 1.0 / rho_) * slack * slack;
  return rounded_up(-0.5 * (own - product_rounding(space_->dims(), magnitude(set, row))));
}

float FilterBounds::bound(const FilterPoints& set, int64_t row, float distance) const {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (distance == kInfinity) return -kInfinity;
  // Distances that round to the same float are ties, and the one of the smaller index wins.
  double radius = static_cast<double>(distance) * (1.0 + 4.0 * kRounding) + 0x1p-149;
  if (space_->metric == Metric::cosine) radius = std::sqrt(2.0 * radius + 1e-11);
  const double reach = space_->axes_length * space_->scale * radius + set.slack[static_cast<size_t>(row)];
  const double own = set.squares[static_cast<size_t>(row)] - (1.0 + rho_) * reach * reach;
  return rounded_down(0.5 * (own - product_rounding(space_->dims(), magnitude(set, row))));
}

double typical_rho(const FilterSpace& space, const FilterPoints& set, std::vector<double> distances) {
  const auto middle = [](std::vector<double>& values) {
    const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), half, values.end());
    return *half;
  };
  std::vector<double> slacks = set.slack;
  const double slack = middle(slacks), distance = middle(distances);
  const double radius = space.metric == Metric::cosine ? std::sqrt(2.0 * distance) : distance * space.scale;
  return std::clamp(slack / std::max(radius, 0x1p-100), 0x1p-20, 1.0);
}

}  // namespace latent::space::detail
