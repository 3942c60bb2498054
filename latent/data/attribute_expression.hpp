#pragma once
// Which samples have an attribute: a small language over labels, numbers, columns and factors.

#include <latent/data/dataset.hpp>

#include <string_view>
#include <vector>

namespace latent::data {

/// Sample numbers in ascending order, none on both sides.
struct Sides {
  std::vector<int64_t> positive, negative;
};

/// The samples that an expression names, and those of the other side.
///
///   EXPR     = SIDE [ "vs" SIDE ]          without "vs", all other samples are the other side
///   SIDE     = TERM { "and" TERM }         samples for which every term holds
///   TERM     = "label=" CLASS { "," CLASS }          classes by name (case does not matter) or number
///            | "ids=" ID { "," ID } | "ids=@" FILE   ID is 5 or a range 10-19; a file holds such IDs between blanks or
///                                                    commas
///            | "column=" NAME COMPARE VALUE          a column of a table, by name, or by number from 0
///            | "factor=" NAME COMPARE VALUE          a known factor of a generated set
///   COMPARE  = ">" | ">=" | "<" | "<=" | "=" | "!="
///   VALUE    = NUMBER | NUMBER "%"         in the units of the data, or the value below which that share of samples
///   lies
///
/// Names end before a comma, a comparison, " vs " or " and "; names that hold one of these stand in quotes.
///   label=sneaker    label=3,8 vs label=5    label=bag and ids=0-999    column=age>40    factor=scale>75% vs
///   factor=scale<25%
/// @param samples    the set whose samples are named
/// @param transform  from stored to model values of its columns, as data::open() made it: columns are compared as
/// stored
/// @throws std::invalid_argument "at character P: ...": no such form, class, sample, column or factor (with the nearest
///         valid name); a side without samples; samples on both sides. DataError, IoError for the file of ids=@
Sides choose_sides(std::string_view expression, const Dataset& samples, const Transform& transform);

}  // namespace latent::data
