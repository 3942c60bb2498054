#include <latent/space/linear/detail/rows.hpp>

#include <latent/kernels/gemm.hpp>
#include <latent/space/linear/detail/row_blocks.hpp>

#include <atomic>
#include <cmath>
#include <cstring>

namespace latent::space {

namespace {

constexpr int64_t kGrain = 64;

// The sum over rows of f(value, column) for each column: within blocks, then over blocks in their order.
template <class F>
std::vector<double> column_sums(const Tensor& x, const F& f) {
  const int64_t D = x.dim(1);
  const RowBlocks blocks(x.dim(0), D);
  std::vector<double> partial(static_cast<size_t>(blocks.count() * D), 0.0);
  blocks.for_each([&](int64_t block) {
    double* sums = partial.data() + block * D;
    for (int64_t i = blocks.begin(block); i < blocks.end(block); ++i) {
      const float* row = x.data<float>() + i * D;
      for (int64_t d = 0; d < D; ++d) sums[d] += f(row[d], d);
    }
  });
  std::vector<double> total(static_cast<size_t>(D), 0.0);
  for (size_t i = 0; i < partial.size(); ++i) total[i % static_cast<size_t>(D)] += partial[i];
  return total;
}

}  // namespace

void check_rows(const char* caller, const Tensor& x) {
  LATENT_CHECK(x.defined() && x.ndim() == 2 && x.dtype() == DType::f32 && x.numel() > 0,
               "[{}] x (N, D): f32 expected, not empty, got {} {}", caller,
               x.defined() ? name_of(x.dtype()) : "undefined", x.defined() ? x.shape().str() : "");
  std::atomic<bool> finite = true;
  parallel_for(x.numel(), int64_t{1} << 16, [&](int64_t begin, int64_t end) {
    const auto* values = x.data<float>();
    float zero = 0.0F;  // stays 0 unless a value is infinite or not a number
    for (int64_t i = begin; i < end; ++i) zero += values[i] * 0.0F;
    if (zero != 0.0F || std::isnan(zero)) finite = false;
  });
  LATENT_CHECK(finite, "[{}] x (N, D): NaN or infinity in {}", caller, x.shape().str());
}

std::vector<double> column_means(const Tensor& x) {
  std::vector<double> mean = column_sums(x, [](float value, int64_t) { return static_cast<double>(value); });
  for (double& value : mean) value /= static_cast<double>(x.dim(0));
  return mean;
}

std::vector<double> column_variances(const Tensor& x, std::span<const double> mean) {
  std::vector<double> variance = column_sums(x, [&](float value, int64_t d) {
    const double difference = value - mean[static_cast<size_t>(d)];
    return difference * difference;
  });
  for (double& value : variance) value /= static_cast<double>(x.dim(0));
  return variance;
}

Tensor subtract_mean(const Tensor& x, std::span<const double> mean) {
  const int64_t D = x.dim(1);
  Tensor centred = Tensor::empty(x.shape());
  parallel_for(x.dim(0), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* from = x.data<float>() + i * D;
      float* to = centred.data<float>() + i * D;
      for (int64_t d = 0; d < D; ++d) to[d] = static_cast<float>(from[d] - mean[static_cast<size_t>(d)]);
    }
  });
  return centred;
}

double squared_distance(const float* a, const float* b, int64_t D) {
  double sum = 0.0;
  for (int64_t d = 0; d < D; ++d) {
    const double difference = static_cast<double>(a[d]) - b[d];
    sum += difference * difference;
  }
  return sum;
}

std::vector<float> squared_lengths(const Tensor& x) {
  const int64_t D = x.dim(1);
  std::vector<float> squares(static_cast<size_t>(x.dim(0)));
  parallel_for(x.dim(0), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* row = x.data<float>() + i * D;
      double sum = 0.0;
      for (int64_t d = 0; d < D; ++d) sum += static_cast<double>(row[d]) * row[d];
      squares[static_cast<size_t>(i)] = static_cast<float>(sum);
    }
  });
  return squares;
}

Tensor rows_at(const Tensor& x, std::span<const int64_t> indices) {
  const int64_t N = x.dim(0), D = x.dim(1), count = static_cast<int64_t>(indices.size());
  for (const int64_t index : indices) LATENT_CHECK(0 <= index && index < N, "[rows_at] row {} of {}", index, N);
  Tensor chosen = Tensor::empty({count, D});
  parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      std::memcpy(chosen.data<float>() + i * D, x.data<float>() + indices[static_cast<size_t>(i)] * D,
                  static_cast<size_t>(D) * sizeof(float));
    }
  });
  return chosen;
}

std::vector<double> gram(const Tensor& x) {
  const int64_t D = x.dim(1);
  const RowBlocks blocks(x.dim(0), D);
  std::vector<double> total(static_cast<size_t>(D * D), 0.0);
  // A fixed number of products at a time, so that memory does not grow with N.
  constexpr int64_t kWave = 16;
  std::vector<float> partial(static_cast<size_t>(std::min(kWave, blocks.count()) * D * D));
  for (int64_t from = 0; from < blocks.count(); from += kWave) {
    const int64_t to = std::min(from + kWave, blocks.count());
    blocks.for_each(from, to, [&](int64_t block) {
      const float* rows = x.data<float>() + blocks.begin(block) * D;
      kernels::gemm({.M = D, .N = D, .K = blocks.rows_in(block), .transpose_a = true, .on_this_thread = true}, rows,
                    rows, nullptr, partial.data() + (block - from) * D * D);
    });
    parallel_for(D * D, int64_t{1} << 12, [&](int64_t begin, int64_t end) {
      for (int64_t block = 0; block < to - from; ++block) {
        const float* product = partial.data() + block * D * D;
        for (int64_t i = begin; i < end; ++i) total[static_cast<size_t>(i)] += product[i];
      }
    });
  }
  return total;
}

Standardizer Standardizer::fit(const Tensor& x) {
  check_rows("standardize", x);
  Standardizer result{.mean = column_means(x), .scale = {}};
  const std::vector<double> variance = column_variances(x, result.mean);
  // By the values themselves: the variance of equal ones may round to more than 0.
  const auto* first = x.data<float>();
  const std::vector<double> others =
      column_sums(x, [&](float value, int64_t d) { return value == first[d] ? 0.0 : 1.0; });
  for (size_t d = 0; d < variance.size(); ++d) {
    result.scale.push_back(others[d] == 0.0 ? 0.0 : 1.0 / std::sqrt(variance[d]));
  }
  return result;
}

Tensor Standardizer::apply(const Tensor& x) const {
  const auto D = static_cast<int64_t>(mean.size());
  LATENT_CHECK(x.ndim() == 2 && x.dim(1) == D && x.dtype() == DType::f32, "[standardize] x (N, {}) f32: got {} {}", D,
               name_of(x.dtype()), x.shape().str());
  Tensor result = Tensor::empty(x.shape());
  parallel_for(x.dim(0), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* from = x.data<float>() + i * D;
      float* to = result.data<float>() + i * D;
      for (size_t d = 0; d < mean.size(); ++d) to[d] = static_cast<float>((from[d] - mean[d]) * scale[d]);
    }
  });
  return result;
}

}  // namespace latent::space
