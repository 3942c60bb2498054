#include <latent/run/pictures/views.hpp>

#include <latent/run/kinds/run_kind.hpp>
#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent {

View view_of_planes(const Shape& sample, const data::Transform& transform) {
  constexpr int64_t kMostChannels = 4, kLonger = 8, kMuchLonger = 32;
  const int64_t C = sample[0], H = sample[1], W = sample[2];
  if (H == 1 || W == 1) {
    if (H == 1 && W == 1) return {.look = Look::columns};
    return {.look = Look::series, .channels = C, .length = std::max(H, W)};
  }
  if (C != 1) return {};
  const auto standardised = static_cast<int64_t>(transform.shift.size());
  const bool are_rows = standardised == H && H != W, are_columns = standardised == W && H != W;
  const int64_t shorter = std::min(H, W), longer = std::max(H, W);
  const bool is_flat = (shorter <= kMostChannels && longer >= kLonger * shorter) || longer >= kMuchLonger * shorter;
  if (are_columns || (!are_rows && is_flat && W == shorter)) {
    return {.look = Look::series, .channels = W, .length = H, .channels_last = true};
  }
  if (are_rows || is_flat) return {.look = Look::series, .channels = H, .length = W};
  return {};
}

View view_of(const Run& run, const Tensor& x) { return run_kind(run.kind()).view(run, x); }

bool is_smooth(const Tensor& rows) {
  constexpr double kMostOfChance = 0.5;
  const int64_t N = rows.dim(0), D = rows.dim(1);
  const std::vector<double> values = rows.to_vector();
  double differences = 0, squares = 0;
  for (int64_t n = 0; n < N; ++n) {
    const double* row = values.data() + n * D;
    double mean = 0;
    for (int64_t d = 0; d < D; ++d) mean += row[d] / static_cast<double>(D);
    for (int64_t d = 0; d < D; ++d) squares += (row[d] - mean) * (row[d] - mean) / static_cast<double>(D);
    for (int64_t d = 1; d < D; ++d) {
      differences += (row[d] - row[d - 1]) * (row[d] - row[d - 1]) / static_cast<double>(D - 1);
    }
  }
  return differences < kMostOfChance * 2 * squares;
}

Tensor series_of(const Run& run, const View& view, const Tensor& x) {
  const int64_t N = x.dim(0), C = view.channels, L = view.length;
  const Tensor units = to_units(run, x).to(DType::f64);
  if (!view.channels_last) return units.view_as({N, C, L});
  Tensor series = Tensor::empty({N, C, L}, DType::f64);
  const auto* in = units.data<double>();
  auto* out = series.data<double>();
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t c = 0; c < C; ++c) {
      for (int64_t t = 0; t < L; ++t) *out++ = in[(n * L + t) * C + c];
    }
  }
  return series;
}

Tensor columns_in_units(const Run& run, const Tensor& x, const std::vector<int64_t>& columns) {
  const int64_t N = x.dim(0), D = x.numel() / N, K = static_cast<int64_t>(columns.size());
  Tensor chosen = Tensor::empty({N, K});
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t k = 0; k < K; ++k) {
      chosen.data<float>()[n * K + k] = x.data<float>()[n * D + columns[static_cast<size_t>(k)]];
    }
  }
  return to_units(run, chosen, columns).to(DType::f64);
}

std::vector<std::string> names_of_values(const Run& run, const std::vector<int64_t>& columns) {
  const bool named = run.data && static_cast<int64_t>(run.data->column_names.size()) == run.model->data_shape().numel();
  std::vector<std::string> names;
  for (const int64_t column : columns) {
    names.push_back(named ? run.data->column_names[static_cast<size_t>(column)] : fmt::format("column_{}", column));
  }
  return names;
}

}  // namespace latent
