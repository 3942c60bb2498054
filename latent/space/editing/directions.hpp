#pragma once
// Directions: which way an attribute lies among codes, how much of it a code has, and how to give it more.

#include <latent/core/tensor.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latent::space {

/// A directions of D dimensions. With codes standardised by each dimension's own standard deviation, a direction is a
/// unit vector w; `vectors` is the step along it in code space, `normals` reads it off, and both are scaled such that
/// an edit by 1 is one standard deviation of the codes along w and raises the score by 1: normals[a] . vectors[a] = 1.
/// (Without the standardisation, dimensions that the model leaves unused would drown the others in noise.)
struct Directions {
  std::vector<std::string> names;  ///< A, all different
  Tensor vectors;                  ///< (A, D) f32: z + amount * vectors[a] is the edited code
  Tensor normals;                  ///< (A, D) f32
  Tensor midpoints;                ///< (A, D) f32: halfway between the mean codes of both sides; here the score is 0
  std::vector<double> thresholds;  ///< A scores above which a sample is taken to have the attribute
  std::vector<double> auroc;       ///< A, see AttributeOptions; NaN where it could not be measured
  /// Whose codes these are, a hash that the caller chooses; empty where that is not known. Travels with the file.
  std::optional<uint64_t> model = {};

  int64_t size() const { return static_cast<int64_t>(names.size()); }
  int64_t latent_dim() const { return vectors.dim(1); }
  /// The number of a direction. @throws std::invalid_argument for an unknown name, with the nearest
  int64_t find(std::string_view name) const;
  /// normals[a] . (z - midpoints[a]): how far each code lies along each direction, in standard deviations.
  /// @param codes (N, D) f32   @return (N, A) f64   @throws std::invalid_argument for other shapes
  Tensor scores(const Tensor& codes) const;
};

/// z + sum over a of amounts[a] * vectors[a], for each code.
/// @param codes (N, D) f32   @param amounts  A finite numbers, in standard deviations
/// @return (N, D)   @throws std::invalid_argument for other shapes
Tensor edit(const Tensor& codes, const Directions& directions, std::span<const double> amounts);

/// The samples that have an attribute, and those that have not. Samples on neither side are not looked at.
struct Attribute {
  std::string name;
  std::vector<int64_t> positive, negative;  ///< rows of the codes; no row on both sides
};

enum class DirectionMethod : uint8_t {
  mean,     ///< from the mean code of those without to the mean code of those with
  logistic  ///< the normal of the boundary that logistic regression finds
};
/// "mean" or "logistic". @throws std::invalid_argument for others, with the nearest
DirectionMethod direction_method_from(std::string_view name);
std::string_view name_of(DirectionMethod method);

enum class Orthogonal : uint8_t {
  no,
  symmetric  ///< the orthonormal vectors nearest to the given ones, whatever their order (Loewdin 1950)
};

struct AttributeOptions {
  DirectionMethod method = DirectionMethod::mean;
  /// symmetric: an edit along one attribute leaves the scores of the others as they are.
  Orthogonal orthogonal = Orthogonal::no;
  double l2 = 1.0;  ///< penalty of the logistic regression, > 0; see fit_binary_logistic()
  /// Seed of the halves for `auroc`: every direction is found again with a random half of each side alone; `auroc` is
  /// the probability that of the other half, a sample with the attribute scores above one without.
  uint64_t seed = 0;
};

/// One direction for each attribute.
/// Sources: Larsen et al. 2016, arXiv:1512.09300 (means); Shen et al. 2020, arXiv:1907.10786 (boundaries, conditional
/// edits).
/// @param codes (N, D) f32, finite
/// @throws std::invalid_argument for other shapes, an empty side, a row on both sides or out of range, two attributes
///         of one name, sides with the same mean code, and for `symmetric` attributes that depend on each other
///         linearly
Directions attribute_directions(const Tensor& codes, std::span<const Attribute> attributes,
                                const AttributeOptions& options = {});

/// The first k principal components of the codes as directions "pc1", "pc2", ...: the score is 0 at the mean code.
/// @param codes (N, D) f32, finite   @param k  from 1 to min(N - 1, D)
/// @throws std::invalid_argument for other shapes, k out of range, or fewer than k components with any variance
Directions principal_directions(const Tensor& codes, int64_t k);

/// The directions of both. @throws std::invalid_argument for different D, or a name that both have
Directions joined(const Directions& a, const Directions& b);

}  // namespace latent::space
