#include <latent/kernels/normalize.hpp>

#include <latent/kernels/cpu/batch_norm.hpp>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

namespace latent::kernels {

namespace {

// Calls visit(element, statistic, channel) for every element, row by row.
template <class Visit>
void for_each_element(const Normalize& s, const Visit& visit) {
  const int64_t rows_per_sample = s.rows / s.samples, width = s.C / s.groups;
  for (int64_t row = 0; row < s.rows; ++row) {
    const int64_t first = row / rows_per_sample * s.groups;
    for (int64_t group = 0; group < s.groups; ++group) {
      for (int64_t c = group * width; c < (group + 1) * width; ++c) visit(row * s.C + c, first + group, c);
    }
  }
}

int64_t per_statistic(const Normalize& s) { return s.rows / s.samples * (s.C / s.groups); }

}  // namespace

template <class T>
void normalize_statistics(const Normalize& s, const T* x, T* mean, T* inverse_std) {
  if constexpr (std::is_same_v<T, float>) {
    if (batch_norm::fits(s)) return batch_norm::statistics(s, x, mean, inverse_std);
  }
  const auto statistics = static_cast<size_t>(s.samples * s.groups);
  const auto count = static_cast<double>(per_statistic(s));
  // Two passes, because the difference of large squares would lose the digits that matter.
  std::vector<double> sums(statistics, 0.0), squares(statistics, 0.0);
  for_each_element(s, [&](int64_t i, int64_t k, int64_t) { sums[static_cast<size_t>(k)] += x[i]; });
  for (double& sum : sums) sum /= count;
  for_each_element(s, [&](int64_t i, int64_t k, int64_t) {
    const double difference = x[i] - sums[static_cast<size_t>(k)];
    squares[static_cast<size_t>(k)] += difference * difference;
  });
  for (size_t k = 0; k < statistics; ++k) {
    mean[k] = static_cast<T>(sums[k]);
    inverse_std[k] = static_cast<T>(1.0 / std::sqrt(squares[k] / count + s.eps));
  }
}

template <class T>
void normalize_forward(const Normalize& s, const T* x, const T* mean, const T* inverse_std, const T* weight,
                       const T* bias, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    if (batch_norm::fits(s)) return batch_norm::forward(s, x, mean, inverse_std, weight, bias, y);
  }
  for_each_element(
      s, [=](int64_t i, int64_t k, int64_t c) { y[i] = (x[i] - mean[k]) * inverse_std[k] * weight[c] + bias[c]; });
}

template <class T>
void normalize_backward(const Normalize& s, const T* x, const T* mean, const T* inverse_std, const T* weight,
                        const T* dy, bool through_statistics, T* dx, T* dweight, T* dbias) {
  if constexpr (std::is_same_v<T, float>) {
    if (batch_norm::fits(s)) {
      return batch_norm::backward(s, x, mean, inverse_std, weight, dy, through_statistics, dx, dweight, dbias);
    }
  }
  const auto statistics = static_cast<size_t>(s.samples * s.groups);
  const auto channels = static_cast<size_t>(s.C);
  std::vector<double> sum_g(statistics, 0.0), sum_gx(statistics, 0.0), sum_weight(channels, 0.0),
      sum_bias(channels, 0.0);
  for_each_element(s, [&](int64_t i, int64_t k, int64_t c) {
    const double x_hat = static_cast<double>(x[i] - mean[k]) * inverse_std[k];
    const double g = static_cast<double>(dy[i]) * weight[c];
    sum_g[static_cast<size_t>(k)] += g;
    sum_gx[static_cast<size_t>(k)] += g * x_hat;
    sum_weight[static_cast<size_t>(c)] += dy[i] * x_hat;
    sum_bias[static_cast<size_t>(c)] += dy[i];
  });
  const double scale = through_statistics ? 1.0 / static_cast<double>(per_statistic(s)) : 0.0;
  for_each_element(s, [&](int64_t i, int64_t k, int64_t c) {
    const double x_hat = static_cast<double>(x[i] - mean[k]) * inverse_std[k];
    const double g = static_cast<double>(dy[i]) * weight[c];
    const double spread = scale * (sum_g[static_cast<size_t>(k)] + x_hat * sum_gx[static_cast<size_t>(k)]);
    dx[i] = static_cast<T>(inverse_std[k] * (g - spread));
  });
  std::ranges::transform(sum_weight, dweight, [](double v) { return static_cast<T>(v); });
  std::ranges::transform(sum_bias, dbias, [](double v) { return static_cast<T>(v); });
}

#define LATENT_INSTANTIATE(T)                                                                                       \
  template void normalize_statistics<T>(const Normalize&, const T*, T*, T*);                                        \
  template void normalize_forward<T>(const Normalize&, const T*, const T*, const T*, const T*, const T*, T*);       \
  template void normalize_backward<T>(const Normalize&, const T*, const T*, const T*, const T*, const T*, bool, T*, \
                                      T*, T*);
LATENT_INSTANTIATE(float)
LATENT_INSTANTIATE(double)
#undef LATENT_INSTANTIATE

}  // namespace latent::kernels
