#pragma once
// Which samples have an attribute, and which have not.

#include <latent/data/expressions/selection.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace latent::data {

/// Sample numbers in ascending order, none on both sides.
struct Sides {
  std::vector<int64_t> positive, negative;
};

/// The two sides of an attribute as they are typed:
///
///   ATTRIBUTE = SELECTION [ "vs" SELECTION ]      without "vs", all other samples are the other side
///
///   label=sneaker    label=3,8 vs label=5    label=bag and ids=0-999    column=age>40    factor=scale>75% vs
///   factor=scale<25%
/// See Selection for what can be named; names end as NameEnd::clause says.
struct Attribute {
  Selection positive;
  std::optional<Selection> negative;
  size_t middle = 0;  ///< character behind the first side
};

/// @throws std::invalid_argument "at character P: expected ..., got ..."
Attribute parse_attribute(std::string_view expression);

/// @throws std::invalid_argument as chosen_by(); and for a side without samples, or samples on both sides
Sides choose_sides(const Attribute& attribute, const Dataset& samples, const Transform& transform);
/// The same from the text.
Sides choose_sides(std::string_view expression, const Dataset& samples, const Transform& transform);

}  // namespace latent::data
