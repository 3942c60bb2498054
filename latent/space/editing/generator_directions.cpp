#include <latent/space/editing/generator_directions.hpp>

#include <latent/space/linear/pca.hpp>
#include <latent/space/linear/symmetric_eigen.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent::space {

namespace {

Directions empty_directions(const char* prefix, int64_t k, int64_t D) {
  Directions directions;
  for (int64_t a = 0; a < k; ++a) directions.names.push_back(fmt::format("{}{}", prefix, a + 1));
  directions.vectors = Tensor::zeros({k, D});
  directions.normals = Tensor::zeros({k, D});
  directions.midpoints = Tensor::zeros({k, D});
  directions.thresholds.assign(static_cast<size_t>(k), 0.0);
  directions.auroc.assign(static_cast<size_t>(k), std::numeric_limits<double>::quiet_NaN());
  return directions;
}

}  // namespace

Directions weight_directions(const Tensor& weight, int64_t k) {
  LATENT_CHECK(weight.ndim() == 2 && weight.dtype() == DType::f32, "[weight_directions] weight (out, D) f32, got {} {}",
               weight.shape().str(), name_of(weight.dtype()));
  const int64_t out = weight.dim(0), D = weight.dim(1);
  LATENT_CHECK(k >= 1 && k <= std::min(out, D), "[weight_directions] 1 to {} directions, got {}", std::min(out, D), k);
  std::vector<double> product(static_cast<size_t>(D * D), 0.0);  // weight^T weight
  for (int64_t o = 0; o < out; ++o) {
    const float* row = weight.data<float>() + o * D;
    for (int64_t i = 0; i < D; ++i) {
      for (int64_t j = 0; j < D; ++j) product[static_cast<size_t>(i * D + j)] += static_cast<double>(row[i]) * row[j];
    }
  }
  const Eigenpairs pairs = largest_eigenpairs(D, product, k);
  Directions directions = empty_directions("sefa", k, D);
  for (int64_t a = 0; a < k; ++a) {
    const double* vector = pairs.vectors.data() + a * D;
    // The sign says nothing: the largest entry is positive, so that the same model gives the same picture.
    const double* largest =
        std::max_element(vector, vector + D, [](double x, double y) { return std::abs(x) < std::abs(y); });
    const double sign = *largest < 0.0 ? -1.0 : 1.0;
    for (int64_t d = 0; d < D; ++d) {
      directions.vectors.data<float>()[a * D + d] = static_cast<float>(sign * vector[d]);
      directions.normals.data<float>()[a * D + d] = static_cast<float>(sign * vector[d]);
    }
  }
  return directions;
}

Directions result_directions(const Tensor& codes, const Tensor& results, int64_t k) {
  LATENT_CHECK(codes.ndim() == 2 && results.ndim() == 2 && codes.dim(0) == results.dim(0),
               "[result_directions] codes (N, D) and results (N, out), got {} and {}", codes.shape().str(),
               results.shape().str());
  const int64_t N = codes.dim(0), D = codes.dim(1), most = std::min(N - 1, results.dim(1));
  LATENT_CHECK(k >= 1 && k <= most, "[result_directions] 1 to {} directions, got {}", most, k);
  const Pca pca = fit_pca(results, {.dims = k});
  const Tensor places = pca.project(results);  // (N, k)
  std::vector<double> mean(static_cast<size_t>(D), 0.0);
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t d = 0; d < D; ++d)
      mean[static_cast<size_t>(d)] += codes.data<float>()[n * D + d] / static_cast<double>(N);
  }
  Directions directions = empty_directions("space", k, D);
  for (int64_t a = 0; a < k; ++a) {
    const double variance = pca.variance[static_cast<size_t>(a)];
    LATENT_CHECK(variance > 0.0, "[result_directions] only {} components have any variance", a);
    std::vector<double> u(static_cast<size_t>(D), 0.0);  // what z is, on average, for each standard deviation
    for (int64_t n = 0; n < N; ++n) {
      const double place = places.data<float>()[n * k + a] / std::sqrt(variance);
      for (int64_t d = 0; d < D; ++d) {
        u[static_cast<size_t>(d)] +=
            place * (codes.data<float>()[n * D + d] - mean[static_cast<size_t>(d)]) / static_cast<double>(N);
      }
    }
    double squares = 0.0;
    for (const double value : u) squares += value * value;
    LATENT_CHECK(squares > 0.0, "[result_directions] component {} does not follow from the codes", a + 1);
    for (int64_t d = 0; d < D; ++d) {
      const auto at = static_cast<size_t>(d);
      directions.vectors.data<float>()[a * D + d] = static_cast<float>(u[at]);
      directions.normals.data<float>()[a * D + d] = static_cast<float>(u[at] / squares);
      directions.midpoints.data<float>()[a * D + d] = static_cast<float>(mean[at]);
    }
  }
  return directions;
}

}  // namespace latent::space
