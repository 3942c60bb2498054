#pragma once
// Private to data/: what the columns of a table are to a model.

#include <latent/data/dataset.hpp>
#include <latent/formats/csv.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latent::data {

struct TableColumns {
  std::optional<size_t> label;       ///< the column of labels
  std::vector<size_t> kept;          ///< columns of data, ascending
  std::vector<std::string> dropped;  ///< names of those that OpenOptions::drop named
  std::vector<std::string> notes;    ///< for people: the column that only numbers the rows
};

/// Decides by the options and by the table itself: a first column without a name (or called "Unnamed: 0", as pandas
/// does) whose cells are different whole numbers, or different texts, only numbers or names the rows; "data_index" and
/// "file", last or before "class" and "label", say which sample a row of a result is. Both are left out.
/// @throws std::invalid_argument for a column that the table lacks, with the nearest name, and for a label column that
/// is
///         also dropped
TableColumns choose_columns(const CsvTable& table, const OpenOptions& options, const std::string& path);

/// A column by its name, or else by its number: from 0, or from the end if negative. @param what  for the message:
/// "label column"   @throws std::invalid_argument with the nearest name
size_t find_column(const CsvTable& table, const std::string& wanted, const char* what, const std::string& path);

/// Classes in ascending order of what stands in a column: numbers as numbers, texts as texts.
struct TableLabels {
  std::vector<int64_t> numbers;    ///< one for each row
  std::vector<std::string> names;  ///< of the classes
};
/// @throws DataError for missing ones, and numbers that are no whole ones
TableLabels take_labels(const CsvTable& table, size_t column, const std::string& path);

/// Puts the columns into the order in which a model knows their names.
/// @param label  the name of the column that was taken for labels, or empty
/// @throws DataError for other columns; std::invalid_argument where the label column is one of them
void arrange_columns(CsvTable& table, const std::vector<std::string>& expected, const std::string& label,
                     const std::string& path);

/// Leaves only these columns.
void keep_columns(CsvTable& table, const std::vector<size_t>& kept);

/// Whether a column holds texts.
bool is_text_column(const CsvTable& table, size_t column);

/// Whether these are what columns without names are called: "column_0", "column_3".
bool are_generated(const std::vector<std::string>& names);

/// @throws DataError for the first missing cell, with row, column, and what stands there
void refuse_missing_cells(const CsvTable& table, const std::string& path);

/// @throws DataError for columns of texts and infinite numbers, with row, column, and what stands there
/// @param advice  what else a column of texts may be, for the message: "--series-column names one that tells series
/// apart"
void refuse_odd_cells(const CsvTable& table, const std::string& path, std::string_view advice = {});

}  // namespace latent::data
