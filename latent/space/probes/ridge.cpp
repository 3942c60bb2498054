#include <latent/space/probes/ridge.hpp>

#include <latent/core/rng.hpp>
#include <latent/kernels/gemm.hpp>
#include <latent/space/linear/detail/row_blocks.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/linear/symmetric_eigen.hpp>
#include <latent/space/probes/dot.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace latent::space {

namespace {

using Vector = std::vector<double>;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// x - mean as an operator: products with it and its transpose, in f32 within blocks, in double over them.
class Centred {
 public:
  Centred(const Tensor& x, Vector mean)
      : x_(x), mean_(std::move(mean)), blocks_(x.dim(0), x.dim(1)), partial_(static_cast<size_t>(kWave * x.dim(1))) {}

  // (x - mean)^T u
  Vector transposed_times(std::span<const double> u) {
    const std::vector<float> narrow(u.begin(), u.end());
    return sum_blocks(mean_of(u) * static_cast<double>(u.size()), [&](int64_t block, std::vector<float>& rows) {
      std::copy_n(narrow.begin() + blocks_.begin(block), rows.size(), rows.begin());
    });
  }

  // (x - mean)^T (x - mean) v
  Vector gram_times(std::span<const double> v) {
    const std::vector<float> narrow(v.begin(), v.end());
    const auto offset = static_cast<float>(dot(mean_, v));
    const int64_t D = x_.dim(1);
    Vector sums(static_cast<size_t>(blocks_.count()), 0.0);
    Vector result = sum_blocks(0.0, [&](int64_t block, std::vector<float>& rows) {
      const auto count = static_cast<int64_t>(rows.size());
      kernels::gemm({.M = 1, .N = count, .K = D, .transpose_b = true, .on_this_thread = true}, narrow.data(),
                    x_.data<float>() + blocks_.begin(block) * D, nullptr, rows.data());
      for (float& value : rows) sums[static_cast<size_t>(block)] += value -= offset;
    });
    const double total = std::accumulate(sums.begin(), sums.end(), 0.0);
    for (size_t d = 0; d < result.size(); ++d) result[d] -= mean_[d] * total;
    return result;
  }

 private:
  static constexpr int64_t kWave = 32;  // blocks computed before they are added up

  // x^T u - mean * `total`, where fill(block, rows) gives u block by block.
  Vector sum_blocks(double total, const std::function<void(int64_t, std::vector<float>&)>& fill) {
    const int64_t D = x_.dim(1);
    Vector sum(static_cast<size_t>(D), 0.0);
    for (int64_t from = 0; from < blocks_.count(); from += kWave) {
      const int64_t to = std::min(from + kWave, blocks_.count());
      blocks_.for_each(from, to, [&](int64_t block) {
        std::vector<float> rows(static_cast<size_t>(blocks_.rows_in(block)));
        fill(block, rows);
        kernels::gemm({.M = 1, .N = D, .K = blocks_.rows_in(block), .on_this_thread = true}, rows.data(),
                      x_.data<float>() + blocks_.begin(block) * D, nullptr, partial_.data() + (block - from) * D);
      });
      for (int64_t i = 0; i < (to - from) * D; ++i) sum[static_cast<size_t>(i % D)] += partial_[static_cast<size_t>(i)];
    }
    for (size_t d = 0; d < sum.size(); ++d) sum[d] -= mean_[d] * total;
    return sum;
  }

  const Tensor& x_;
  Vector mean_;
  RowBlocks blocks_;
  std::vector<float> partial_;
};

Vector centred(std::span<const double> y, double mean) {
  Vector result(y.begin(), y.end());
  for (double& value : result) value -= mean;
  return result;
}

Ridge with_intercept(Vector weight, std::span<const double> mean, double y_mean, double l2) {
  Ridge model{std::move(weight), 0.0, l2};
  model.intercept = y_mean - dot(model.weight, mean);
  return model;
}

// --- exact, from the eigenvectors of the smaller Gram matrix ---

// The directions of centred x: rows projected on them (N, r), squared singular values, and how y projects.
struct Directions {
  Vector vectors;    // rows: of x^T x (D, D), or of x x^T (N, N) where there are fewer rows
  Vector squares;    // r
  Tensor projected;  // (N, r) f32
  Vector q;          // projected^T y
};

Vector eigenvectors(const Vector& gram, int64_t size, Vector& values) {
  Eigenpairs pairs = largest_eigenpairs_plain(size, gram, size);
  for (const double value : pairs.values) values.push_back(std::max(value, 0.0));
  return std::move(pairs.vectors);
}

Tensor transposed(const Tensor& x) {
  Tensor result = Tensor::empty({x.dim(1), x.dim(0)});
  for (int64_t i = 0; i < x.dim(0); ++i) {
    for (int64_t d = 0; d < x.dim(1); ++d) {
      result.data<float>()[d * x.dim(0) + i] = x.data<float>()[i * x.dim(1) + d];
    }
  }
  return result;
}

Directions directions_of(const Tensor& x, const Vector& y) {
  const int64_t N = x.dim(0), D = x.dim(1), r = std::min(N, D);
  Directions found;
  found.projected = Tensor::empty({N, r});
  if (D <= N) {
    found.vectors = eigenvectors(gram(x), D, found.squares);
    std::vector<float> basis(found.vectors.size());  // columns
    for (int64_t d = 0; d < D; ++d) {
      for (int64_t j = 0; j < D; ++j) {
        basis[static_cast<size_t>(d * D + j)] = static_cast<float>(found.vectors[static_cast<size_t>(j * D + d)]);
      }
    }
    const RowBlocks blocks(N, D);
    blocks.for_each([&](int64_t block) {
      kernels::gemm({.M = blocks.rows_in(block), .N = D, .K = D, .on_this_thread = true},
                    x.data<float>() + blocks.begin(block) * D, basis.data(), nullptr,
                    found.projected.data<float>() + blocks.begin(block) * D);
    });
  } else {
    found.vectors = eigenvectors(gram(transposed(x)), N, found.squares);
    for (int64_t i = 0; i < N; ++i) {
      for (int64_t j = 0; j < r; ++j) {
        found.projected.data<float>()[i * r + j] = static_cast<float>(found.vectors[static_cast<size_t>(j * N + i)] *
                                                                      std::sqrt(found.squares[static_cast<size_t>(j)]));
      }
    }
  }
  found.q.assign(static_cast<size_t>(r), 0.0);
  for (int64_t i = 0; i < N * r; ++i) {
    found.q[static_cast<size_t>(i % r)] += found.projected.data<float>()[i] * y[static_cast<size_t>(i / r)];
  }
  return found;
}

// The sum of squared errors of each row's prediction by all others.
double press(const Directions& directions, const Vector& y, double l2) {
  const auto r = static_cast<int64_t>(directions.squares.size());
  constexpr double kLeastFreedom = 1e-8;  // a row that decides its own prediction alone
  double sum = 0.0;
  for (size_t i = 0; i < y.size(); ++i) {
    const float* row = directions.projected.data<float>() + static_cast<int64_t>(i) * r;
    double error = y[i], leverage = 1.0 / static_cast<double>(y.size());
    for (int64_t j = 0; j < r; ++j) {
      const double shrunk = row[j] / (directions.squares[static_cast<size_t>(j)] + l2);
      error -= shrunk * directions.q[static_cast<size_t>(j)];
      leverage += shrunk * row[j];
    }
    error /= std::max(1.0 - leverage, kLeastFreedom);
    sum += error * error;
  }
  return sum;
}

Vector exact_weight(const Tensor& x, const Directions& directions, double l2) {
  const int64_t N = x.dim(0), D = x.dim(1), r = std::min(N, D);
  Vector weight(static_cast<size_t>(r), 0.0);
  for (int64_t j = 0; j < r; ++j) {
    const double square = directions.squares[static_cast<size_t>(j)];
    double shrunk = directions.q[static_cast<size_t>(j)] / (square + l2);
    if (D > N) shrunk = square > 0.0 ? shrunk / std::sqrt(square) : 0.0;
    const double* vector = directions.vectors.data() + j * r;
    for (int64_t i = 0; i < r; ++i) weight[static_cast<size_t>(i)] += vector[i] * shrunk;
  }
  if (D <= N) return weight;
  Vector result(static_cast<size_t>(D), 0.0);  // x^T combined
  for (int64_t i = 0; i < N; ++i) {
    for (int64_t d = 0; d < D; ++d) {
      result[static_cast<size_t>(d)] += x.data<float>()[i * D + d] * weight[static_cast<size_t>(i)];
    }
  }
  return result;
}

Ridge fit_exact(const Tensor& x, std::span<const double> y, std::span<const double> strengths) {
  const Vector mean = column_means(x);
  const double y_mean = mean_of(y);
  const Tensor x_centred = subtract_mean(x, mean);
  const Vector y_centred = centred(y, y_mean);
  const Directions directions = directions_of(x_centred, y_centred);
  double best = std::numeric_limits<double>::infinity(), l2 = strengths.front();
  for (const double strength : strengths) {
    if (strengths.size() == 1) break;
    const double error = press(directions, y_centred, strength);
    if (error >= best) continue;
    best = error;
    l2 = strength;
  }
  return with_intercept(exact_weight(x_centred, directions, l2), mean, y_mean, l2);
}

// --- by conjugate gradients ---

// Solves (x^T x + l2) weight = x^T y for centred x, beginning at `weight`.
void conjugate_gradients(Centred& x, const Vector& right, double l2, Vector& weight) {
  constexpr int kMostSteps = 300;
  constexpr double kTolerance = 1e-5;  // of the residual, relative; products are in f32
  const auto apply = [&](const Vector& v) {
    Vector result = x.gram_times(v);
    for (size_t d = 0; d < v.size(); ++d) result[d] += l2 * v[d];
    return result;
  };
  Vector residual = apply(weight);
  for (size_t d = 0; d < residual.size(); ++d) residual[d] = right[d] - residual[d];
  Vector direction = residual;
  double square = dot(residual, residual);
  const double enough = kTolerance * kTolerance * dot(right, right);
  for (int step = 0; step < kMostSteps && square > enough; ++step) {
    const Vector moved = apply(direction);
    const double alpha = square / dot(direction, moved);
    for (size_t d = 0; d < weight.size(); ++d) {
      weight[d] += alpha * direction[d];
      residual[d] -= alpha * moved[d];
    }
    const double next = dot(residual, residual);
    for (size_t d = 0; d < weight.size(); ++d) direction[d] = residual[d] + next / square * direction[d];
    square = next;
  }
}

Ridge fit_iterative(const Tensor& x, std::span<const double> y, double l2, const Ridge* start) {
  const Vector mean = column_means(x);
  const double y_mean = mean_of(y);
  Centred operation(x, mean);
  Vector weight = start != nullptr ? start->weight : Vector(mean.size(), 0.0);
  conjugate_gradients(operation, operation.transposed_times(centred(y, y_mean)), l2, weight);
  return with_intercept(std::move(weight), mean, y_mean, l2);
}

// The strength that predicts a held-out fifth best; from the strongest to the weakest, each beginning at the last.
double choose_held_out(const Tensor& x, std::span<const double> y, std::span<const double> strengths, uint64_t seed) {
  constexpr int64_t kMostRows = 10'000;
  constexpr uint64_t kStream = 0x7269646765;  // "ridge"
  std::vector<int64_t> order = Rng(seed).fork(kStream).permutation(x.dim(0));
  order.resize(static_cast<size_t>(std::min(kMostRows, x.dim(0))));
  const auto held_out = std::max<size_t>(1, order.size() / 5);
  const auto pick = [&](std::span<const int64_t> rows) {
    Vector values;
    for (const int64_t row : rows) values.push_back(y[static_cast<size_t>(row)]);
    return values;
  };
  const std::span<const int64_t> all(order);
  const Tensor x_test = rows_at(x, all.first(held_out)), x_fit = rows_at(x, all.subspan(held_out));
  const Vector y_test = pick(all.first(held_out)), y_fit = pick(all.subspan(held_out));
  Vector descending(strengths.begin(), strengths.end());
  std::sort(descending.rbegin(), descending.rend());
  double best = std::numeric_limits<double>::infinity(), chosen = descending.front();
  Ridge model;
  for (const double l2 : descending) {
    model = fit_iterative(x_fit, y_fit, l2, model.weight.empty() ? nullptr : &model);
    const Vector predicted = model.predict(x_test);
    double error = 0.0;
    for (size_t i = 0; i < predicted.size(); ++i) error += (predicted[i] - y_test[i]) * (predicted[i] - y_test[i]);
    if (error >= best) break;  // weaker ones only follow the noise further
    best = error;
    chosen = l2;
  }
  return chosen;
}

}  // namespace

std::vector<double> Ridge::predict(const Tensor& x) const {
  const auto D = static_cast<int64_t>(weight.size());
  LATENT_CHECK(x.ndim() == 2 && x.dim(1) == D && x.dtype() == DType::f32, "[ridge] x (N, {}) f32: got {} {}", D,
               name_of(x.dtype()), x.shape().str());
  Vector values(static_cast<size_t>(x.dim(0)));
  parallel_for(x.dim(0), 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double sum = intercept;
      for (int64_t d = 0; d < D; ++d) sum += x.data<float>()[i * D + d] * weight[static_cast<size_t>(d)];
      values[static_cast<size_t>(i)] = sum;
    }
  });
  return values;
}

Ridge fit_ridge(const Tensor& x, std::span<const double> y, std::span<const double> strengths, uint64_t seed) {
  check_rows("ridge", x);
  LATENT_CHECK(x.dim(0) >= 2 && static_cast<int64_t>(y.size()) == x.dim(0),
               "[ridge] y: as many numbers as rows, at least 2, got {} for {}", y.size(), x.shape().str());
  for (const double value : y) LATENT_CHECK(std::isfinite(value), "[ridge] y: NaN or infinity");
  LATENT_CHECK(!strengths.empty(), "[ridge] no strength to fit with");
  for (const double l2 : strengths) {
    LATENT_CHECK(l2 > 0.0 && std::isfinite(l2), "[ridge] strengths above 0 expected, got {}", l2);
  }
  if (std::min(x.dim(0), x.dim(1)) <= kMostExact) return fit_exact(x, y, strengths);
  const double l2 = strengths.size() == 1 ? strengths.front() : choose_held_out(x, y, strengths, seed);
  return fit_iterative(x, y, l2, nullptr);
}

}  // namespace latent::space
