#pragma once
// What a search for nearest rows does to rows and to blocks of products.

#include <cstdint>

namespace latent::kernels {

/// Sum of (a[i] - b[i])^2 over n elements; differences and sums in double.
double squared_distance(int64_t n, const float* a, const float* b);
/// The same with differences and sums in f32, for comparisons that an exact one follows. It may overflow.
float squared_distance_f32(int64_t n, const float* a, const float* b);
/// Sum of a[i] * b[i] over n elements, in double.
double dot_product(int64_t n, const float* a, const float* b);
/// y[r, i] = (x[r, i] - shift[i]) * scale, computed in double; rows of x and y begin `x_cols` and `y_cols` apart.
void shift_and_scale(int64_t rows, int64_t cols, const float* x, int64_t x_cols, const double* shift, double scale,
                     float* y, int64_t y_cols);

/// Positions j, ascending, where c[j] >= bound, or c[j] + shift >= bounds[j].
/// @param bounds     n numbers, or null for the first test alone
/// @param positions  has room for n
/// @return how many were found
int64_t find_candidates(int64_t n, const float* c, float bound, float shift, const float* bounds, int32_t* positions);

}  // namespace latent::kernels
