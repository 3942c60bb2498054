#pragma once
// From a place on a map to a code.

#include <latent/core/tensor.hpp>

#include <string_view>

namespace latent::space {

enum class InverseMethod : uint8_t {
  /// The mean of the nearest codes, weighted by 1 / d^2. Source: Shepard 1968.
  inverse_distance,
  /// A plane fitted to the nearest codes with those weights, and looked up at the place: follows slopes, which the mean
  /// flattens. Source: moving least squares, Lancaster & Salkauskas 1981.
  local_linear,
};
/// "inverse-distance" or "local-linear". @throws std::invalid_argument for others, with the nearest
InverseMethod inverse_method_from(std::string_view name);
std::string_view name_of(InverseMethod method);

struct InverseMapOptions {
  InverseMethod method = InverseMethod::local_linear;
  int64_t neighbors = 8;  ///< map points that a place is seen from; N at most are taken
};

/// A map read backwards, whatever method made it. Immutable; safe from many threads.
class InverseMap {
 public:
  /// @param map (N, d) f32, finite, d <= 3   @param codes (N, D) f32; the memory of both is shared
  /// @throws std::invalid_argument for other shapes, types or values, or neighbors < 1
  InverseMap(const Tensor& map, const Tensor& codes, const InverseMapOptions& options = {});

  /// Codes for places: sums of the codes of the nearest map points, with weights that sum to 1. At a map point it is
  /// that point's code (the mean of the codes where several share the place). Far outside of the map it is a code of
  /// its rim, not of a continued plane.
  /// @param places (M, d) f32, finite @return (M, D)   @throws std::invalid_argument for other shapes
  Tensor codes_at(const Tensor& places) const;

  /// Distances to the nearest map point: how far a place lies from everything that is known. (M)
  Tensor distances(const Tensor& places) const;

 private:
  Tensor map_, codes_;
  InverseMapOptions options_;
};

}  // namespace latent::space
