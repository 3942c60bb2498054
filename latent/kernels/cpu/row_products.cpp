#include <latent/kernels/row_products.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/row_products.cpp"
#include <hwy/foreach_target.h>

#include <latent/kernels/cpu/vectors-inl.hpp>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

void row_products_vector(size_t rows, size_t dim, const float* x, const float* query, float* dots, float* squares) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  for (size_t r = 0; r < rows; ++r, x += dim) {
    Vec dot0 = hn::Zero(d), dot1 = hn::Zero(d), square0 = hn::Zero(d), square1 = hn::Zero(d);
    size_t i = 0;
    for (; i + 2 * lanes <= dim; i += 2 * lanes) {
      const Vec a = hn::LoadU(d, x + i), b = hn::LoadU(d, x + i + lanes);
      dot0 = hn::MulAdd(a, hn::LoadU(d, query + i), dot0);
      dot1 = hn::MulAdd(b, hn::LoadU(d, query + i + lanes), dot1);
      square0 = hn::MulAdd(a, a, square0);
      square1 = hn::MulAdd(b, b, square1);
    }
    float dot = hn::GetLane(hn::SumOfLanes(d, hn::Add(dot0, dot1)));
    float square = hn::GetLane(hn::SumOfLanes(d, hn::Add(square0, square1)));
    for (; i < dim; ++i) {
      dot += x[i] * query[i];
      square += x[i] * x[i];
    }
    dots[r] = dot;
    squares[r] = square;
  }
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(row_products_vector);

void row_products(int64_t rows, int64_t dim, const float* x, const float* query, float* dots, float* squares) {
  HWY_DYNAMIC_DISPATCH(row_products_vector)
  (static_cast<size_t>(rows), static_cast<size_t>(dim), x, query, dots, squares);
}

}  // namespace latent::kernels
#endif
