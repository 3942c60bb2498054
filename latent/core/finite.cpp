#include <latent/core/finite.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

template <class T>
int64_t count(const Tensor& tensor) {
  return std::ranges::count_if(tensor.span<T>(), [](T value) { return !std::isfinite(value); });
}

}  // namespace

int64_t count_not_finite(const Tensor& tensor) {
  if (!tensor.defined()) return 0;
  switch (tensor.dtype()) {
    case DType::f32: return count<float>(tensor);
    case DType::f64: return count<double>(tensor);
    case DType::bf16: return count<float>(tensor.to(DType::f32));
    default: return 0;
  }
}

}  // namespace latent
