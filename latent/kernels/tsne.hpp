#pragma once
// t-SNE: probabilities of neighbours, and what pulls the points of a map together.

#include <cstdint>

namespace latent::kernels {

/// For each of `rows` rows of k distances: p[j] = exp(-beta d[j]^2) / sum, with beta such that the entropy of the row,
/// in nats, is log(perplexity) within 1e-5 (the tolerance of scikit-learn). Where no beta reaches it, because more
/// than `perplexity` distances are the smallest, those share the probability.
/// @param distances   (rows, k), ascending in each row
/// @param perplexity  from 1 to less than k + 1
/// @param p           (rows, k)
void perplexity_rows(int64_t rows, int64_t k, const float* distances, double perplexity, float* p);
/// The plain version.
void perplexity_rows(int64_t rows, int64_t k, const double* distances, double perplexity, double* p);

/// A sparse matrix by rows: row i has the entries [begin[i], begin[i + 1]).
template <class T>
struct SparseRows {
  const int64_t* begin = nullptr;
  const int32_t* column = nullptr;
  const T* value = nullptr;
};

/// force[i] = sum over j of p_ij (y_i - s_j) / (1 + |y_i - s_j|^2), for the rows [first, last).
/// Runs on the calling thread.
/// @param dims  2 or 3   @param y (rows, dims)   @param s (columns, dims), may be y   @param force (rows, dims)
void tsne_attraction(int dims, const SparseRows<float>& p, int64_t first, int64_t last, const float* y, const float* s,
                     float* force);
/// The plain version.
void tsne_attraction(int dims, const SparseRows<double>& p, int64_t first, int64_t last, const double* y,
                     const double* s, double* force);

}  // namespace latent::kernels
