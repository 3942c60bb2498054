#pragma once
// From a place on a map to a code, whatever made the map.

#include <latent/core/tensor.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/maps/inverse_map.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace latent {

/// A map read backwards. Immutable; safe from many threads.
class Places {
 public:
  /// Exact: a place on the plane of the first axes. @param pca  with at least one axis; further places are ignored
  static Places of_pca(space::Pca pca);
  /// Exact: a place gives the values of some dimensions; the others stay at their mean.
  /// @param codes (N, D) f32   @param dimensions  in [0, D)   @throws std::invalid_argument for others
  static Places of_dimensions(const Tensor& codes, std::vector<int64_t> dimensions);
  /// By the codes of the nearest points: space::InverseMap. @throws as its constructor
  static Places of_points(const Tensor& positions, const Tensor& codes);

  /// @param places (M, dims) f32, finite   @return (M, D)   @throws std::invalid_argument for other shapes
  Tensor codes_at(const Tensor& places) const;

 private:
  std::optional<space::Pca> pca_;
  Tensor mean_;  // (1, D)
  std::vector<int64_t> dimensions_;
  std::shared_ptr<const space::InverseMap> inverse_;
};

/// The chosen columns of codes: (N, D) -> (N, dimensions.size()) f32. @throws std::invalid_argument for a dimension
/// outside [0, D)
Tensor dimensions_of(const Tensor& codes, const std::vector<int64_t>& dimensions);

/// The mean of rows. @param x (N, D) f32, N >= 1   @param rows  of x; empty: all   @return (1, D) f32
Tensor mean_row(const Tensor& x, const std::vector<int64_t>& rows = {});

}  // namespace latent
