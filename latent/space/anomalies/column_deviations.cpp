#include <latent/space/anomalies/column_deviations.hpp>

#include <latent/core/threads.hpp>
#include <latent/space/anomalies/detail/anomaly_views.hpp>

#include <cmath>

namespace latent::space {

namespace {

// P < 0: any number of columns.
void check(const AnomalyFeatures& features, int64_t P) {
  const Tensor &x = features.x, &x_hat = features.x_hat;
  LATENT_CHECK(x.defined() && x_hat.defined() && x.ndim() == 2 && x.dim(0) >= 1 && x.shape() == x_hat.shape() &&
                   x.dtype() == DType::f32 && x_hat.dtype() == DType::f32 && (P < 0 || x.dim(1) == P),
               "[column_deviations] x and x_hat (N, {}) f32 with N >= 1 expected, got {} and {}",
               P < 0 ? std::string("P") : fmt::format("{}", P), x.defined() ? x.shape().str() : "nothing",
               x_hat.defined() ? x_hat.shape().str() : "nothing");
}

}  // namespace

ColumnDeviations::ColumnDeviations(const AnomalyFeatures& reference) {
  check(reference, -1);
  const int64_t M = reference.x.dim(0), P = reference.x.dim(1);
  std::vector<double> squares(static_cast<size_t>(P), 0.0);
  for (int64_t i = 0; i < M * P; ++i) {
    const double residual = static_cast<double>(reference.x.data<float>()[i]) - reference.x_hat.data<float>()[i];
    squares[static_cast<size_t>(i % P)] += residual * residual / static_cast<double>(M);
  }
  const ConstantColumns constants(reference.x);
  for (int64_t p = 0; p < P; ++p) {
    const double square = squares[static_cast<size_t>(p)];
    columns_.push_back(
        {constants.contains(p), constants.value(p), square > 0.0 ? static_cast<float>(std::sqrt(square)) : 1.0F});
  }
  of_changed_constants_ = static_cast<float>(std::sqrt(static_cast<double>(M) + 1.0));
}

Tensor ColumnDeviations::operator()(const AnomalyFeatures& samples) const {
  const auto P = static_cast<int64_t>(columns_.size());
  check(samples, P);
  Tensor deviations = Tensor::empty(samples.x.shape());
  parallel_for(samples.x.dim(0), 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * P; i < end * P; ++i) {
      const Column& column = columns_[static_cast<size_t>(i % P)];
      const float x = samples.x.data<float>()[i];
      auto& deviation = deviations.data<float>()[i];
      if (!column.is_constant) {
        deviation = (x - samples.x_hat.data<float>()[i]) / column.usual;
      } else {
        deviation = x == column.value ? 0.0F : std::copysign(of_changed_constants_, x - column.value);
      }
    }
  });
  return deviations;
}

}  // namespace latent::space
