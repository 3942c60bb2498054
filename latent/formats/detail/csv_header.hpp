#pragma once
// Private to csv.cpp: whether a first row that reads as numbers holds the names of the columns.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace latent::detail {

/// The first row beside what stands below it.
struct FirstRow {
  std::vector<std::string> texts;  ///< its cells
  /// One for each cell: the numbers of its column, that of the first row included; empty for a column of texts.
  std::vector<std::span<const double>> columns;
  bool first_is_empty = false;  ///< whether its first cell is empty and no other is
  bool are_expected = false;    ///< whether it holds all names that the table is expected to have
  bool alone_is_whole = false;  ///< whether its numbers have no decimal point, and all in the rows below have one
  int64_t quoted = 0;           ///< how many of its cells stand in quotes
};

enum class Verdict : uint8_t { header, sample, doubtful };

/// A header if one of these holds, where "alike" is judged by at most 1,000 rows below:
///   - its cells are the names expected, or stand all in quotes;
///   - its first cell is empty above a column that numbers the rows from 0;
///   - years: whole numbers of 1800 ... 2100, all different, two or more, where no row below has years alone;
///   - a sequence of constant step, four or more, where no row below is one; three if they are whole numbers above rows
///     that are not, two if they are 0, 1 or 1, 2 as well;
///   - different whole numbers, three or more, without a decimal point, where all numbers below have one (so pandas
///   writes
///     some of its columns); or 0, 1, 2, ... or 1, 2, ... in any order, five or more, where no row below is the like;
///   - six numbers or more in rising or falling order, where of at least 20 rows below none is in order;
///   - three different whole numbers or more, each further than ten times its column's extent from all of it.
/// Doubtful is what a person would have to look at: whole numbers in sequence that are none of these.
/// Numbers that repeat, or cells that are missing, are a sample.
Verdict judge_first_row(const FirstRow& row);

}  // namespace latent::detail
