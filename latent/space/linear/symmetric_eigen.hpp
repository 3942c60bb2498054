#pragma once
// Eigenvectors of symmetric matrices, and orthonormal bases. What is dear to compile is compiled here alone.

#include <cstdint>
#include <vector>

namespace latent::space {

/// The largest eigenvalues of a symmetric matrix, descending, with their eigenvectors.
struct Eigenpairs {
  std::vector<double> values;   ///< k
  std::vector<double> vectors;  ///< (k, n), orthonormal rows
};

/// The k largest eigenpairs of a positive semi-definite matrix A (n, n), row-major. Where k is much smaller than n, by
/// subspace iteration with a Chebyshev filter until every ||A v - lambda v|| is below 1e-8 of the largest eigenvalue
/// and 1e-6 of its own, otherwise (or if that does not get there) by a full decomposition. Eigenvalues that occur
/// several times are found as often as they occur. The same bits for any number of threads. Source: Zhou & Saad 2007,
/// "A Chebyshev-Davidson algorithm for large symmetric eigenproblems"; Rutishauser 1969.
/// @throws std::invalid_argument unless 1 <= k <= n
Eigenpairs largest_eigenpairs(int64_t n, const std::vector<double>& A, int64_t k);

/// The same by a full decomposition (Householder, implicit QR) of any symmetric matrix: for small ones, or all pairs (k
/// = n), and what the fast way is tested against.
Eigenpairs largest_eigenpairs_plain(int64_t n, const std::vector<double>& A, int64_t k);

/// An orthonormal basis of the columns of x (n, l), row-major, n >= l, by Householder reflections.
/// @return (n, l), row-major
std::vector<double> orthonormal_columns(int64_t n, int64_t l, const std::vector<double>& x);

}  // namespace latent::space
