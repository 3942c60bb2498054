#pragma once
// The probabilities p_ij of t-SNE: which points are neighbours, and how much.

#include <latent/core/tensor.hpp>
#include <latent/space/linear/sparse_matrix.hpp>
#include <latent/space/neighbors/neighbors.hpp>

namespace latent::space {

/// Probabilities: row i has those of the points that are near point i.
using Affinities = SparseMatrix;

/// p_j|i of each row's neighbours: Gaussian in their distance, as wide as makes the row's perplexity the given one.
/// Each row sums to 1.
Affinities conditional_affinities(const Neighbors& neighbors, double perplexity);

/// p_ij = (p_j|i + p_i|j) / 2N, of a set of N points and their neighbours among themselves. Sums to 1; holds no zeros.
/// Source: van der Maaten & Hinton 2008, equations 1 and the text after 2.
Affinities joint_affinities(const Neighbors& neighbors, double perplexity);

/// How many neighbours carry the probabilities of a perplexity: 3 perplexity + 1, rounded down, at most `available`.
/// Source: van der Maaten 2014, arXiv:1301.3342; the + 1 is scikit-learn's.
int64_t neighbors_for(double perplexity, int64_t available);

}  // namespace latent::space
