#pragma once
// Samples named by what is known of them: the part that attributes and sums have in common.

#include <latent/data/dataset.hpp>
#include <latent/data/expressions/cursor.hpp>

#include <string>
#include <vector>

namespace latent::data {

enum class Compare : uint8_t { greater, greater_equal, less, less_equal, equal, unequal };

/// Samples for which every term holds.
///
///   SELECTION = TERM { "and" TERM }
///   TERM      = "label=" CLASS { "," CLASS }          classes by name (case does not matter) or number; "label:" means
///                                                     the same
///             | "ids=" ID { "," ID } | "ids=@" FILE   ID is 5 or a range 10-19; a file holds such IDs between blanks
///             or
///                                                     commas
///             | "names=" NAME { "," NAME }                     samples by their names: words, files of pictures
///             | "column=" NAME COMPARE VALUE          a column of a table, by name, or by number from 0
///             | "factor=" NAME COMPARE VALUE          a known factor of a generated set
///   COMPARE   = ">" | ">=" | "<" | "<=" | "=" | "!="
///   VALUE     = NUMBER | NUMBER "%"         in the units of the data, or the value below which that share of samples
///   lies
///
/// Names that hold blanks or signs at which they would end (NameEnd) stand in quotes, single or double.
struct Selection {
  struct Name {
    std::string text;
    size_t at = 0;  ///< character of the expression, from 0
  };
  struct Term {
    enum class Kind : uint8_t { label, ids, ids_in_file, column, factor, names } kind = Kind::label;
    size_t at = 0;
    std::vector<Name> names;  ///< classes, IDs, names of samples; one file, column or factor
    Compare compare = Compare::equal;
    double bound = 0.0;
    bool is_percent = false;
  };
  std::vector<Term> terms;

  /// "label:Ankle boot" for one class, else as it was typed.
  std::string text;
  /// Whether it names one class and nothing else.
  bool is_class() const;
  /// Whether a term compares values of columns.
  bool has_columns() const;
  /// The files that it reads: "ids=@FILE".
  std::vector<std::string> files() const;
};

/// Whether a selection begins at the cursor: one of its words with = or : behind it.
bool begins_selection(const ExpressionCursor& cursor);
/// Takes a selection. @throws std::invalid_argument "at character P: expected ..., got ..."
Selection parse_selection(ExpressionCursor& cursor);

/// One for each sample: whether it is chosen.
/// @param transform  from stored to model values of the set's columns, as data::open() made it: columns are compared as
///                   stored
/// @throws std::invalid_argument "at character P: ...": no such class, sample, column or factor (with the nearest valid
///         name); DataError, IoError for the file of ids=@
std::vector<char> chosen_by(const Selection& selection, const Dataset& samples, const Transform& transform);

}  // namespace latent::data
