#pragma once
// Sums of codes as they are typed: A - B + C.

#include <latent/data/expressions/selection.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace latent::data {

/// What a sum names, and how often it counts.
struct Operand {
  enum class Kind : uint8_t {
    item,       ///< a sample by its number: "12" or "#12"
    selection,  ///< samples, for the mean of their codes: "label:sneaker", "column=age>60 and label=1"
    file        ///< a file: "photo.png"
  };
  Kind kind = Kind::item;
  std::string text;     ///< the selection or the path; the digits of an item
  int64_t item = 0;     ///< for Kind::item
  size_t position = 0;  ///< character of the expression, from 1, where it stands first
  double factor = 1.0;  ///< finite; 0 where its mentions cancel
  Selection selection = {};
};

/// The linear form of an expression: each operand once, in the order of their first mention.
///
///   SUM      = PRODUCT { ("+" | "-") PRODUCT }
///   PRODUCT  = FACTOR { "*" FACTOR | "/" NUMBER }
///   FACTOR   = "-" FACTOR | "(" SUM ")" | NUMBER | ITEM | SELECTION | FILE
///   ITEM     = "#" digits | digits
///
/// A plain number alone is an item. In a product the one factor that is no plain number is the code and the numbers
/// multiply it; where all are plain numbers, the last one is an item: "2 * 3" is twice item 3. A file's name begins
/// with a letter or one of _ . / ~; names with blanks or operators stand in quotes, single or double: label:'Ankle
/// boot'. See Selection; names end as NameEnd::word says.
/// @throws std::invalid_argument "at character P: expected ..., got ..."
std::vector<Operand> parse_sum(std::string_view expression);

}  // namespace latent::data
