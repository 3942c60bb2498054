#pragma once
// Directions that a generator has by itself: found without labels, and without data.

#include <latent/space/editing/directions.hpp>

namespace latent::space {

/// Which codes change the result of a layer most: the first k right singular vectors of its weight, "sefa1", "sefa2",
/// ... An edit by 1 is a step of length 1, one standard deviation of codes from N(0, I). The score is 0 at the code 0.
/// Source: Shen & Zhou 2021, "Closed-form factorization of latent semantics in GANs", arXiv:2007.06600.
/// @param weight  (out, D) f32   @param k  from 1 to min(out, D)
/// @throws std::invalid_argument for other shapes and k
Directions weight_directions(const Tensor& weight, int64_t k);

/// Which codes move the results of a layer along their first k principal components: "space1", "space2", ... An edit by
/// 1 is one standard deviation along the component. The score is 0 at the mean code.
/// Source: Haerkoenen et al. 2020, "GANSpace", arXiv:2004.02546, section 2.1 (the regression of equation 2).
/// @param codes (N, D) f32   @param results (N, out) f32: what the layer makes of them   @param k  from 1 to min(N - 1,
/// out)
/// @throws std::invalid_argument for other shapes and k, and components without any variance
Directions result_directions(const Tensor& codes, const Tensor& results, int64_t k);

}  // namespace latent::space
