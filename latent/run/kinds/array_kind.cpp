#include <latent/run/kinds/array_kind.hpp>

#include <latent/core/text.hpp>
#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent {

std::string ArrayKind::samples_text(const Shape& sample) const {
  return fmt::format("rows of {}", counted(sample.numel(), "value"));
}

View ArrayKind::view(const Run& run, const Tensor& x) const {
  constexpr int64_t kLeastLength = 16, kMostRows = 64;
  const Shape sample = run.model->data_shape();
  if (sample.ndim() == 3) return view_of_planes(sample, run.transform());
  const int64_t D = sample.numel();
  if (D < kLeastLength) return {.look = Look::columns};
  const Tensor values = to_units(run, x.rows(0, std::min(kMostRows, x.dim(0))));
  if (!is_smooth(values.view_as({values.dim(0), D}))) return {.look = Look::columns};
  return {.look = Look::series, .channels = 1, .length = D};
}

}  // namespace latent
