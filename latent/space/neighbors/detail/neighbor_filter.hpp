#pragma once
// Private to space/: exact distances between rows, and a cheaper space in which far pairs are recognised.
//
// An exact search has to show of nearly all pairs that they are no neighbours. That takes no exact distance: a lower
// bound is enough. Rows are mapped to points b so that no pair is farther apart there than it really is, but for a
// slack that is known for each row:
//
//     ||b_i - b_j||  <=  s ||x_i - x_j|| + e_i + e_j                                                              (1)
//
// with one factor s for all. Then a matrix product of the points, taken in f32 or bf16, tells which pairs may be nearer
// than the k-th neighbour known so far; only their distances are computed, exactly, from the rows themselves. What
// comes out is the same as if all had been (filter and refine: Seidl & Kriegel 1998, "Optimal multi-step k-nearest
// neighbor search").
//
// The map, and where its slack comes from; u = 2^-24 is the rounding of f32:
//   1. z = (x - c) 2^a, rounded to f32: ||error|| <= 2u ||z||. c is about the mean, so that lengths, to which all
//      slack is proportional, are short; 2^a brings the largest entry to about 1, so that nothing overflows. For
//      cosine, z = x / ||x||: there the distance is half of the squared one between z.
//   2. y = V z with m nearly orthonormal rows V, the strongest principal axes of a sample (or y = z). A projection
//      brings no pair farther apart: ||V (z_i - z_j)|| <= L ||z_i - z_j|| with L^2 = 1 + ||V V^T - I||_F. The product
//      is taken in f32: ||error|| <= gamma_D ||V||_F ||z||, gamma_n = n u / (1 - n u), in whatever order it is summed
//      (Higham 2002, "Accuracy and Stability of Numerical Algorithms", section 3.5).
//   3. b = y, or y rounded to bf16: ||y - b|| is measured for each row.
// Underflow, or numbers too small for a processor's bf16 instructions, is covered by absolute terms.

#include <latent/space/neighbors/neighbors.hpp>

#include <vector>

namespace latent::space::detail {

/// 1 / length of each row, in double; 0 for rows of zeros.
std::vector<double> inverse_lengths(const Tensor& x);

/// Distances between rows of two sets (which may be the same), in double, rounded once: what "exact" means.
class Comparison {
 public:
  Comparison(const Tensor& queries, const Tensor& base, Metric metric);
  /// @param base_inverse  inverse_lengths(base) for cosine, known already; it must outlive the comparison
  Comparison(const Tensor& queries, const Tensor& base, Metric metric, const std::vector<double>& base_inverse);
  Comparison(Comparison&&) = default;
  Comparison(const Comparison&) = delete;
  /// Between row i of the queries and row j of the base.
  float distance(int64_t i, int64_t j) const;

 private:
  const float* a_;
  const float* b_;
  int64_t dims_;
  Metric metric_;
  std::vector<double> a_inverse_, own_b_inverse_;  // for cosine
  const double* b_inverse_ = nullptr;
};

/// The map from rows to points.
struct FilterSpace {
  Metric metric = Metric::euclidean;
  std::vector<double> shift;    ///< c (D)
  double scale = 1.0;           ///< 2^a
  Tensor axes = {};             ///< V (m, D) f32; undefined for none
  double axes_length = 1.0;     ///< L
  DType products = DType::f32;  ///< f32 or bf16
  int64_t dims() const { return axes.defined() ? axes.dim(0) : static_cast<int64_t>(shift.size()); }
  /// Rows [begin, begin + rows) of x as z, the rows before axes and rounding. @param z (rows, D)
  void place(const Tensor& x, int64_t begin, int64_t rows, float* z) const;
};
/// The space without axes, in f32, for rows of both sets. @throws std::invalid_argument for rows that are not finite
FilterSpace filter_space(const Tensor& queries, const Tensor& base, Metric metric);
/// Sets axes and their length. @param axes (m, D) f32
void use_axes(FilterSpace& space, const Tensor& axes);

/// Rows of one set as points.
struct FilterPoints {
  Tensor points;                ///< (N, m) of type space.products
  std::vector<double> squares;  ///< N, ||b||^2
  std::vector<double> slack;    ///< N, e
};
FilterPoints filter_points(const FilterSpace& space, const Tensor& x);
/// An order of the points in which near ones stand together: by the nearest of `pivots` points among them.
std::vector<int32_t> grouped_order(const FilterPoints& set, int64_t pivots);
/// The points in another order. @param order  numbers of points, as many as there are
FilterPoints reordered(const FilterPoints& set, const std::vector<int32_t>& order);

/// Thresholds on products of points. With a radius r_i, an upper bound of the distance between row i and whatever may
/// still become its neighbour, (1) says of such a row j, with A_i = s r_i + e_i and any rho > 0:
///
///     ||b_i||^2 + ||b_j||^2 - 2 b_i.b_j  <=  (A_i + e_j)^2  <=  (1 + rho) A_i^2 + (1 + 1/rho) e_j^2
///
/// which separates into a term of i and one of j. The product is computed with the latter as its bias,
///     C_ij = b_i.b_j + bias_j   >=   bound_i,
/// so that a comparison with one number for each row finds all candidates. With symmetric searches the same C_ij tells
/// whether i may be a neighbour of j: C_ij + bias_i >= bound_j + bias_j. Rounding of C_ij, below
/// (m + 8) u (||b_i||^2 + ||b_j||^2) by the same gamma, is taken off both terms.
class FilterBounds {
 public:
  FilterBounds(const FilterSpace& space, double rho) : space_(&space), rho_(rho) {}
  float bias(const FilterPoints& set, int64_t row) const;
  /// @param distance  of the k-th neighbour so far; infinity while there are fewer
  float bound(const FilterPoints& set, int64_t row, float distance) const;

 private:
  double magnitude(const FilterPoints& set, int64_t row) const;
  const FilterSpace* space_;
  double rho_;
};
/// The rho at which typical rows lose least. @param distances  of k-th neighbours of some rows
double typical_rho(const FilterSpace& space, const FilterPoints& set, std::vector<double> distances);

}  // namespace latent::space::detail
