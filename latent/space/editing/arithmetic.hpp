#pragma once
// Arithmetic with codes: A - B + C.

#include <latent/core/tensor.hpp>
#include <latent/space/editing/interpolate.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latent::space {

/// What an expression names, and how often it counts.
struct Operand {
  enum class Kind : uint8_t {
    item,   ///< a sample by its number: "12" or "#12"
    label,  ///< a class by its name or number, for its mean code: "label:sneaker"
    file    ///< a file: "photo.png"
  };
  Kind kind = Kind::item;
  std::string text;     ///< the class or the path; the digits of an item
  int64_t item = 0;     ///< for Kind::item
  size_t position = 0;  ///< character of the expression, from 1, where it stands first
  double factor = 1.0;  ///< finite; 0 where its mentions cancel
};

/// The linear form of an expression: each operand once, in the order of their first mention.
///
///   SUM      = PRODUCT { ("+" | "-") PRODUCT }
///   PRODUCT  = FACTOR { "*" FACTOR | "/" NUMBER }
///   FACTOR   = "-" FACTOR | "(" SUM ")" | NUMBER | ITEM | "label:" CLASS | FILE
///   ITEM     = "#" digits | digits
///
/// A plain number alone is an item. In a product the one factor that is no plain number is the code and the numbers
/// multiply it; where all are plain numbers, the last one is an item: "2 * 3" is twice item 3. A file's name begins
/// with a letter or one of _ . / ~; names with blanks or operators stand in quotes, single or double: label:'Ankle
/// boot'.
/// @throws std::invalid_argument "at character P: expected ..., got ..."
std::vector<Operand> parse_arithmetic(std::string_view expression);

/// sum over k of factors[k] * operands[k].
///   linear     the sum as it is, operands with factor 0 left out: A - A + B is B, to the bit
///   spherical  the sum of the operands' directions (unit vectors), at `typical_length` from the origin: sums of codes
///   of
///              an N(0, I) prior have lengths that the decoder has never seen
/// @param operands (K, D) f32, finite   @param factors  K finite numbers
/// @return (D)
/// @throws std::invalid_argument for other shapes; for spherical: typical_length <= 0, or operands whose directions
/// cancel
Tensor combine(const Tensor& operands, std::span<const double> factors, Path path = Path::linear,
               double typical_length = 0.0);

/// The median length of the codes. @param codes (N, D) f32, N >= 1  @throws std::invalid_argument for other shapes
double typical_length(const Tensor& codes);

}  // namespace latent::space
