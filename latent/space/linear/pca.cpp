#include <latent/space/linear/pca.hpp>

#include <latent/core/error.hpp>
#include <latent/core/names.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/distance.hpp>
#include <latent/kernels/gemm.hpp>
#include <latent/kernels/multiply.hpp>
#include <latent/space/linear/symmetric_eigen.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace latent::space {

namespace {

constexpr std::array<std::string_view, 3> kMethods = {"auto", "exact", "randomized"};
constexpr int64_t kRows = 2048;  // rows of one product
constexpr int64_t kTile = 256;   // most columns of a product that one thread does

int64_t parts(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

// [0, n) in as equal tiles of at most kTile as possible.
struct Tiles {
  int64_t n, count, width;
  explicit Tiles(int64_t size) : n(size), count(parts(size, kTile)), width(parts(size, count)) {}
  int64_t begin(int64_t tile) const { return std::min(n, tile * width); }
  int64_t size(int64_t tile) const { return begin(tile + 1) - begin(tile); }
};

// Products are taken of (x - mean) * scale: a power of two that brings the largest to about 1, so that nothing
// overflows in f32, and nothing that matters vanishes.
struct Centering {
  std::vector<double> mean;
  double scale = 1.0;
};

struct ColumnSums {
  std::vector<double> sum;
  std::vector<float> low, high;
};

ColumnSums sums_of(const float* x, int64_t rows, int64_t D) {
  const auto columns = static_cast<size_t>(D);
  ColumnSums sums{std::vector<double>(columns, 0.0), std::vector<float>(x, x + D), std::vector<float>(x, x + D)};
  for (int64_t row = 0; row < rows; ++row) {
    for (size_t d = 0; d < columns; ++d) {
      const float value = x[static_cast<size_t>(row) * columns + d];
      sums.sum[d] += value;
      sums.low[d] = std::min(sums.low[d], value);
      sums.high[d] = std::max(sums.high[d], value);
    }
  }
  return sums;
}

Centering centering_of(const Tensor& x) {
  const int64_t N = x.dim(0), D = x.dim(1), blocks = parts(N, kRows);
  std::vector<ColumnSums> sums(static_cast<size_t>(blocks));
  parallel_for(blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      sums[static_cast<size_t>(b)] = sums_of(x.data<float>() + b * kRows * D, std::min(kRows, N - b * kRows), D);
    }
  });
  Centering centering;
  double farthest = 0.0;
  for (size_t d = 0; d < static_cast<size_t>(D); ++d) {
    double sum = 0.0, low = std::numeric_limits<double>::infinity(), high = -low;
    for (const ColumnSums& block : sums) {
      sum += block.sum[d];
      low = std::min<double>(low, block.low[d]);
      high = std::max<double>(high, block.high[d]);
    }
    LATENT_CHECK(std::isfinite(sum), "[fit_pca] x: expected finite values, but column {} has others", d);
    const double mean = sum / static_cast<double>(N);
    centering.mean.push_back(mean);
    // A constant column stays exactly zero whatever the rounding of its mean.
    if (low == high) centering.mean.back() = low;
    farthest = std::max({farthest, high - mean, mean - low});
  }
  if (farthest > 0.0) centering.scale = std::exp2(-std::ceil(std::log2(farthest)));
  return centering;
}

// Rows [begin, begin + rows) of x, centred.
void centre(const Tensor& x, const Centering& centering, int64_t begin, int64_t rows, float* out) {
  const int64_t D = x.dim(1);
  kernels::shift_and_scale(rows, D, x.data<float>() + begin * D, D, centering.mean.data(), centering.scale, out, D);
}

// Calls body(i, j) once for each pair of tiles with i <= j, each on one thread.
template <class Body>
void for_tile_pairs(const Tiles& tiles, const Body& body) {
  std::vector<std::pair<int64_t, int64_t>> pairs;
  for (int64_t i = 0; i < tiles.count; ++i) {
    for (int64_t j = i; j < tiles.count; ++j) pairs.emplace_back(i, j);
  }
  parallel_for(static_cast<int64_t>(pairs.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p)
      body(pairs[static_cast<size_t>(p)].first, pairs[static_cast<size_t>(p)].second);
  });
}

// C[i, j] += product for a tile of the upper triangle, in double.
void add_tile(const Tiles& tiles, int64_t i, int64_t j, const float* product, std::vector<double>& C) {
  for (int64_t r = 0; r < tiles.size(i); ++r) {
    double* to = C.data() + (tiles.begin(i) + r) * tiles.n + tiles.begin(j);
    for (int64_t c = 0; c < tiles.size(j); ++c) to[c] += product[r * tiles.size(j) + c];
  }
}

void mirror(int64_t n, std::vector<double>& C) {
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < i; ++j) C[static_cast<size_t>(i * n + j)] = C[static_cast<size_t>(j * n + i)];
  }
}

// X^T X of the centred rows X. (D, D). Products of kRows rows are taken in f32, and added up in double.
std::vector<double> scatter(const Tensor& x, const Centering& centering) {
  const int64_t N = x.dim(0), D = x.dim(1);
  const Tiles tiles(D);
  std::vector<double> C(static_cast<size_t>(D * D), 0.0);
  std::vector<float> centred(static_cast<size_t>(std::min(N, kRows) * D));  // tile after tile
  for (int64_t first = 0; first < N; first += kRows) {
    const int64_t rows = std::min(kRows, N - first);
    parallel_for(rows, 64, [&](int64_t begin, int64_t end) {
      for (int64_t t = 0; t < tiles.count; ++t) {
        const int64_t from = tiles.begin(t), width = tiles.size(t);
        kernels::shift_and_scale(end - begin, width, x.data<float>() + (first + begin) * D + from, D,
                                 centering.mean.data() + from, centering.scale,
                                 centred.data() + rows * from + begin * width, width);
      }
    });
    for_tile_pairs(tiles, [&](int64_t i, int64_t j) {
      std::vector<float> product(static_cast<size_t>(tiles.size(i) * tiles.size(j)));
      kernels::gemm({.M = tiles.size(i), .N = tiles.size(j), .K = rows, .transpose_a = true, .on_this_thread = true},
                    centred.data() + rows * tiles.begin(i), centred.data() + rows * tiles.begin(j), nullptr,
                    product.data());
      add_tile(tiles, i, j, product.data(), C);
    });
  }
  mirror(D, C);
  return C;
}

// X X^T of centred rows X (N, D). (N, N)
std::vector<double> gram(const std::vector<float>& centred, int64_t N, int64_t D) {
  const Tiles tiles(N);
  std::vector<double> G(static_cast<size_t>(N * N), 0.0);
  for_tile_pairs(tiles, [&](int64_t i, int64_t j) {
    std::vector<float> product(static_cast<size_t>(tiles.size(i) * tiles.size(j)));
    // A product with one row takes another way through gemm(), to the same sums.
    kernels::gemm({.M = tiles.size(i), .N = tiles.size(j), .K = D, .transpose_b = true, .on_this_thread = true},
                  centred.data() + tiles.begin(i) * D, centred.data() + tiles.begin(j) * D, nullptr, product.data());
    add_tile(tiles, i, j, product.data(), G);
  });
  mirror(N, G);
  return G;
}

// Y Y^T of Y (n, m), with all products in double. (n, n)
// @param fill  fill(first, count, out): columns [first, first + count) of Y, each as a row of `out` (count, n)
template <class Fill>
std::vector<double> square_in_double(int64_t n, int64_t m, const Fill& fill) {
  constexpr int64_t kTogether = 256;
  std::vector<double> C(static_cast<size_t>(n * n), 0.0), product(C.size());
  std::vector<double> rows(static_cast<size_t>(std::min(m, kTogether) * n)), columns(rows.size());
  for (int64_t first = 0; first < m; first += kTogether) {
    const int64_t count = std::min(kTogether, m - first);
    fill(first, count, rows.data());
    for (int64_t r = 0; r < count; ++r) {
      for (int64_t i = 0; i < n; ++i)
        columns[static_cast<size_t>(i * count + r)] = rows[static_cast<size_t>(r * n + i)];
    }
    kernels::multiply_f64(n, n, count, columns.data(), rows.data(), product.data());
    for (size_t at = 0; at < C.size(); ++at) C[at] += product[at];
  }
  mirror(n, C);
  return C;
}

std::vector<double> scatter_in_double(const Tensor& x, const Centering& centering) {
  return square_in_double(x.dim(1), x.dim(0), [&](int64_t first, int64_t count, double* out) {
    std::vector<float> centred(static_cast<size_t>(count * x.dim(1)));
    centre(x, centering, first, count, centred.data());
    std::copy(centred.begin(), centred.end(), out);
  });
}

std::vector<double> gram_in_double(const std::vector<float>& centred, int64_t N, int64_t D) {
  return square_in_double(N, D, [&](int64_t first, int64_t count, double* out) {
    for (int64_t c = 0; c < count; ++c) {
      for (int64_t i = 0; i < N; ++i) out[c * N + i] = centred[static_cast<size_t>(i * D + first + c)];
    }
  });
}

// Whether the last eigenvalue is so small beside the first that it may be made of what f32 rounded off products.
bool drowned(const Eigenpairs& pairs) {
  constexpr double kLeastShare = 1e-5;
  return pairs.values.back() < kLeastShare * pairs.values.front();
}

double trace(int64_t n, const std::vector<double>& C) {
  double sum = 0.0;
  for (int64_t i = 0; i < n; ++i) sum += C[static_cast<size_t>(i * n + i)];
  return sum;
}

// Components of unit length, orthogonal to those before; a direction without variance is replaced by the first axis
// that still has a part outside of their span.
void orthonormalize(int64_t k, int64_t D, std::vector<double>& rows) {
  using Rows = Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
  Rows V(rows.data(), k, D);
  const double largest = V.rowwise().norm().maxCoeff();
  constexpr double kNothing = 1e-6, kEnough = 0.5;
  for (int64_t i = 0; i < k; ++i) {
    const auto remove_others = [&] {
      for (int again = 0; again < 2; ++again) {
        for (int64_t j = 0; j < i; ++j) V.row(i) -= V.row(i).dot(V.row(j)) * V.row(j);
      }
    };
    remove_others();
    double least = kEnough / std::sqrt(static_cast<double>(D));
    bool replaced = V.row(i).norm() <= kNothing * largest;
    for (int64_t axis = 0; replaced && axis < D; ++axis) {
      V.row(i).setZero();
      V(i, axis) = 1.0;
      remove_others();
      replaced = V.row(i).norm() < least;
    }
    V.row(i).normalize();
  }
}

// Eigenvalues (of X^T X) and components (k, D).
struct Axes {
  std::vector<double> values, components;
  double total = 0.0;  // of all eigenvalues
};

Axes axes_by_scatter(const Tensor& x, const Centering& centering, int64_t k) {
  const std::vector<double> C = scatter(x, centering);
  Eigenpairs pairs = largest_eigenpairs(x.dim(1), C, k);
  if (drowned(pairs)) pairs = largest_eigenpairs(x.dim(1), scatter_in_double(x, centering), k);
  return {std::move(pairs.values), std::move(pairs.vectors), trace(x.dim(1), C)};
}

// (k, D) = (k, N) (N, D): what coefficients of rows stand for.
std::vector<double> combine(const std::vector<double>& coefficients, int64_t k, const std::vector<float>& rows,
                            int64_t N, int64_t D) {
  const std::vector<float> left(coefficients.begin(), coefficients.end());
  std::vector<float> product(static_cast<size_t>(k * D));
  kernels::gemm({.M = k, .N = D, .K = N, .on_this_thread = true}, left.data(), rows.data(), nullptr, product.data());
  return {product.begin(), product.end()};
}

Axes axes_by_gram(const Tensor& x, const Centering& centering, int64_t k) {
  const int64_t N = x.dim(0), D = x.dim(1);
  std::vector<float> centred(static_cast<size_t>(N * D));
  parallel_for(
      N, 16, [&](int64_t begin, int64_t end) { centre(x, centering, begin, end - begin, centred.data() + begin * D); });
  const std::vector<double> G = gram(centred, N, D);
  Eigenpairs pairs = largest_eigenpairs(N, G, k);
  if (drowned(pairs)) pairs = largest_eigenpairs(N, gram_in_double(centred, N, D), k);
  Axes axes{std::move(pairs.values), combine(pairs.vectors, k, centred, N, D), trace(N, G)};
  orthonormalize(k, D, axes.components);
  return axes;
}

// --- randomized ---

// One pass over the rows X: W (D, l) -> X^T X W (D, l), (X W)^T (X W) (l, l), and the sum of squares of X.
struct Pass {
  std::vector<double> power, small;
  double total = 0.0;
};

Pass pass_over(const Tensor& x, const Centering& centering, const std::vector<float>& W, int64_t l) {
  constexpr int64_t kGroup = 256;  // rows that one thread takes at once
  constexpr int64_t kGroups = 16;  // whose sums are kept before they are added up, in their order
  const int64_t N = x.dim(0), D = x.dim(1);
  Pass pass{std::vector<double>(static_cast<size_t>(D * l)), std::vector<double>(static_cast<size_t>(l * l)), 0.0};
  std::vector<std::vector<float>> powers(kGroups), smalls(kGroups);
  std::vector<double> totals(kGroups);
  for (int64_t first = 0; first < N; first += kGroup * kGroups) {
    const int64_t groups = std::min(kGroups, parts(N - first, kGroup));
    parallel_for(groups, 1, [&](int64_t begin, int64_t end) {
      for (int64_t g = begin; g < end; ++g) {
        const int64_t from = first + g * kGroup, rows = std::min(kGroup, N - from);
        std::vector<float> centred(static_cast<size_t>(rows * D)), y(static_cast<size_t>(rows * l));
        std::vector<float>& power = powers[static_cast<size_t>(g)];
        std::vector<float>& small = smalls[static_cast<size_t>(g)];
        power.resize(static_cast<size_t>(D * l));
        small.resize(static_cast<size_t>(l * l));
        centre(x, centering, from, rows, centred.data());
        totals[static_cast<size_t>(g)] = kernels::dot_product(rows * D, centred.data(), centred.data());
        kernels::gemm({.M = rows, .N = l, .K = D, .on_this_thread = true}, centred.data(), W.data(), nullptr, y.data());
        kernels::gemm({.M = D, .N = l, .K = rows, .transpose_a = true, .on_this_thread = true}, centred.data(),
                      y.data(), nullptr, power.data());
        kernels::gemm({.M = l, .N = l, .K = rows, .transpose_a = true, .on_this_thread = true}, y.data(), y.data(),
                      nullptr, small.data());
      }
    });
    for (size_t g = 0; g < static_cast<size_t>(groups); ++g) {
      for (size_t i = 0; i < pass.power.size(); ++i) pass.power[i] += powers[g][i];
      for (size_t i = 0; i < pass.small.size(); ++i) pass.small[i] += smalls[g][i];
      pass.total += totals[g];
    }
  }
  return pass;
}

// Halko, Martinsson & Tropp 2011, algorithms 4.4 and 5.1, for X^T: the range of X^T X is found by powers of it on
// random directions, orthonormalised after each; eigenvectors within that range are the components.
Axes axes_by_random_range(const Tensor& x, const Centering& centering, const PcaOptions& options) {
  constexpr int64_t kMore = 16;  // directions beyond those that are wanted
  constexpr int kPowers = 4;
  const int64_t D = x.dim(1), k = options.dims, l = std::min(std::min(x.dim(0), D), k + kMore);
  std::vector<double> W(static_cast<size_t>(D * l));  // (D, l)
  Rng rng(options.seed);
  rng.normal(W);
  const auto as_float = [&] { return std::vector<float>(W.begin(), W.end()); };
  for (int power = 0; power < kPowers; ++power) {
    const Pass pass = pass_over(x, centering, as_float(), l);
    W = orthonormal_columns(D, l, pass.power);
  }
  const Pass pass = pass_over(x, centering, as_float(), l);
  std::vector<double> small(pass.small);  // (l, l); what rounding made unequal is made equal
  for (int64_t i = 0; i < l; ++i) {
    for (int64_t j = 0; j < l; ++j) {
      const auto entry = [&](int64_t r, int64_t c) { return pass.small[static_cast<size_t>(r * l + c)]; };
      small[static_cast<size_t>(i * l + j)] = (entry(i, j) + entry(j, i)) / 2.0;
    }
  }
  Axes axes;
  const Eigenpairs pairs = largest_eigenpairs_plain(l, small, k);
  axes.values = pairs.values;
  axes.components.resize(static_cast<size_t>(k * D));  // pairs.vectors (k, l) times W^T
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t d = 0; d < D; ++d) {
      const double* vector = pairs.vectors.data() + i * l;
      axes.components[static_cast<size_t>(i * D + d)] = std::inner_product(vector, vector + l, W.data() + d * l, 0.0);
    }
  }
  axes.total = pass.total;
  return axes;
}

void make_largest_entry_positive(int64_t k, int64_t D, std::vector<double>& components) {
  for (int64_t i = 0; i < k; ++i) {
    double* row = components.data() + i * D;
    const double* largest =
        std::max_element(row, row + D, [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (*largest < 0.0) std::transform(row, row + D, row, [](double v) { return -v; });
  }
}

PcaMethod method_for(const Tensor& x, const PcaOptions& options) {
  if (options.method != PcaMethod::automatic) return options.method;
  constexpr int64_t kLargeMatrix = 2048, kFewDims = 8;
  const int64_t side = std::min(x.dim(0), x.dim(1));
  return side > kLargeMatrix && options.dims * kFewDims <= side ? PcaMethod::randomized : PcaMethod::exact;
}

Axes axes_of(const Tensor& x, const Centering& centering, const PcaOptions& options) {
  if (method_for(x, options) == PcaMethod::randomized) return axes_by_random_range(x, centering, options);
  if (x.dim(0) < x.dim(1)) return axes_by_gram(x, centering, options.dims);
  return axes_by_scatter(x, centering, options.dims);
}

}  // namespace

PcaMethod pca_method_from(std::string_view name) {
  for (size_t i = 0; i < kMethods.size(); ++i) {
    if (name == kMethods[i]) return static_cast<PcaMethod>(i);
  }
  unknown_name("PCA method", name, kMethods);
}

double Pca::explained() const {
  const double kept = std::accumulate(variance.begin(), variance.end(), 0.0);
  return total_variance > 0.0 ? std::min(1.0, kept / total_variance) : 1.0;
}

Tensor Pca::project(const Tensor& x) const {
  const int64_t k = components.dim(0), D = components.dim(1);
  LATENT_CHECK(x.defined() && x.ndim() == 2 && x.dtype() == DType::f32 && x.dim(1) == D,
               "[Pca::project] x (N, {}): expected f32, got {} {}", D, x.defined() ? name_of(x.dtype()) : "undefined",
               x.defined() ? x.shape().str() : "");
  const std::vector<double> shift(mean.data<float>(), mean.data<float>() + D);
  Tensor codes = Tensor::empty({x.dim(0), k});
  // Blocks that depend on the shapes alone, so that every code has the same bits at any number of threads.
  constexpr int64_t kBlock = 256;
  parallel_for(parts(x.dim(0), kBlock), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> centred(static_cast<size_t>(kBlock * D));
    for (int64_t block = begin; block < end; ++block) {
      const int64_t from = block * kBlock, rows = std::min(kBlock, x.dim(0) - from);
      kernels::shift_and_scale(rows, D, x.data<float>() + from * D, D, shift.data(), 1.0, centred.data(), D);
      kernels::gemm({.M = rows, .N = k, .K = D, .transpose_b = true, .on_this_thread = true}, centred.data(),
                    components.data<float>(), nullptr, codes.data<float>() + from * k);
    }
  });
  return codes;
}

Tensor Pca::restore(const Tensor& codes) const {
  const int64_t k = components.dim(0), D = components.dim(1);
  LATENT_CHECK(codes.defined() && codes.ndim() == 2 && codes.dtype() == DType::f32 && codes.dim(1) == k,
               "[Pca::restore] codes (N, {}): expected f32, got {} {}", k,
               codes.defined() ? name_of(codes.dtype()) : "undefined", codes.defined() ? codes.shape().str() : "");
  Tensor x = Tensor::empty({codes.dim(0), D});
  constexpr int64_t kBlock = 256;
  parallel_for(parts(codes.dim(0), kBlock), 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t from = block * kBlock, rows = std::min(kBlock, codes.dim(0) - from);
      kernels::gemm({.M = rows, .N = D, .K = k, .on_this_thread = true}, codes.data<float>() + from * k,
                    components.data<float>(), mean.data<float>(), x.data<float>() + from * D);
    }
  });
  return x;
}

Pca fit_pca(const Tensor& x, const PcaOptions& options) {
  LATENT_CHECK(x.defined() && x.ndim() == 2 && x.dtype() == DType::f32 && x.dim(0) >= 2 && x.dim(1) >= 1,
               "[fit_pca] x (N >= 2, D): expected f32, got {} {}", x.defined() ? name_of(x.dtype()) : "undefined",
               x.defined() ? x.shape().str() : "");
  const int64_t N = x.dim(0), D = x.dim(1), k = options.dims;
  LATENT_CHECK(k >= 1 && k <= std::min(N, D), "[fit_pca] dims: expected 1 to {}, got {}", std::min(N, D), k);
  const Centering centering = centering_of(x);
  Axes axes = axes_of(x, centering, options);
  make_largest_entry_positive(k, D, axes.components);
  const double factor = 1.0 / (centering.scale * centering.scale * static_cast<double>(N - 1));
  Pca pca;
  pca.mean = Tensor::from(std::vector<float>(centering.mean.begin(), centering.mean.end()), {D});
  pca.components = Tensor::from(std::vector<float>(axes.components.begin(), axes.components.end()), {k, D});
  for (const double value : axes.values) pca.variance.push_back(std::max(0.0, value) * factor);
  pca.total_variance = axes.total * factor;
  return pca;
}

}  // namespace latent::space
