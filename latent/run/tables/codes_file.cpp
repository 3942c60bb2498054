#include <latent/run/tables/codes_file.hpp>

#include <latent/core/error.hpp>
#include <latent/core/finite.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/npy.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

Tensor codes_of_archive(const std::shared_ptr<const MappedFile>& file) {
  const std::vector<std::pair<std::string, Tensor>> arrays = read_npz(file);
  if (arrays.empty()) throw DataError(file->path(), "the archive holds no array");
  const auto named =
      std::find_if(arrays.begin(), arrays.end(), [](const auto& array) { return array.first == "codes"; });
  return named == arrays.end() ? arrays.front().second : named->second;
}

// The columns "z_0", "z_1", ... of a table as encode writes it, which has others behind them; all columns where there
// is none of that name.
std::vector<size_t> code_columns(const CsvTable& table) {
  std::vector<size_t> columns;
  for (const std::string& name : code_names(static_cast<int64_t>(table.column_names.size()))) {
    const auto found = std::ranges::find(table.column_names, name);
    if (found == table.column_names.end()) break;
    columns.push_back(static_cast<size_t>(found - table.column_names.begin()));
  }
  if (!columns.empty()) return columns;
  for (size_t c = 0; c < table.column_names.size(); ++c) columns.push_back(c);
  return columns;
}

Tensor codes_of_table(const MappedFile& file) {
  const CsvTable table = read_csv(file.bytes(), file.path(), {.numbers_may_be_names = false});
  const std::vector<size_t> columns = code_columns(table);
  const auto D = static_cast<int64_t>(columns.size());
  Tensor codes = Tensor::empty({table.rows, D}, DType::f64);
  for (int64_t d = 0; d < D; ++d) {
    const size_t at = columns[static_cast<size_t>(d)];
    const std::vector<double>& column = table.numbers[at];
    const std::string& name = table.column_names[at];
    if (const auto& odd = table.odd_cells[at]) {
      throw DataError(file.path(), odd->offset,
                      fmt::format("row {}, column '{}': '{}' is no number of a code", odd->row + 1, name, odd->text));
    }
    for (int64_t row = 0; row < table.rows; ++row) {
      const double value = column[static_cast<size_t>(row)];
      if (std::isnan(value)) {
        throw DataError(file.path(), table.row_offsets[static_cast<size_t>(row)],
                        fmt::format("row {}, column '{}': missing value", row + 1, name));
      }
      codes.data<double>()[row * D + d] = value;
    }
  }
  return codes;
}

// A table is text, which has no NUL and few other control characters. A packed one is told by its unpacking.
bool is_table(std::span<const std::byte> bytes) {
  constexpr size_t kLooked = 4096;
  const auto head = bytes.first(std::min(bytes.size(), kLooked));
  return is_gzip(bytes) || std::none_of(head.begin(), head.end(), [](std::byte b) {
           const auto c = std::to_integer<unsigned char>(b);
           return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
         });
}

bool begins_with(std::span<const std::byte> bytes, std::string_view text) {
  const auto wanted = std::as_bytes(std::span(text.data(), text.size()));
  return bytes.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), bytes.begin());
}

}  // namespace

Tensor read_codes(const std::string& path) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  if (bytes.empty()) throw DataError(path, "the file is empty");
  if (begins_with(bytes, "PK")) return codes_of_archive(file);
  if (begins_with(bytes, "\x93NUMPY")) return read_npy(file);
  if (is_table(bytes)) return codes_of_table(*file);
  throw DataError(path, "not a file of codes (.npy, .npz, .csv or .tsv)");
}

Tensor read_codes_for(const Run& run, const std::string& path) {
  const int64_t D = run.model->latent_dim();
  const Tensor stored = read_codes(path);
  const bool is_one = stored.ndim() == 1 && stored.dim(0) == D;
  const Tensor codes = is_one ? stored.view_as({1, D}) : stored;
  if (codes.ndim() != 2 || codes.dim(1) != D || codes.dim(0) == 0) {
    throw UsageError(
        fmt::format("{}: codes of {} expected as (N, {}), got {}", path, run.path.string(), D, stored.shape().str()));
  }
  Tensor z = codes.to(DType::f32);
  if (count_not_finite(z) > 0) throw DataError(path, "holds NaN or infinity");
  return z;
}

void write_codes(const ResultFile& file, const Codes& codes, const data::Dataset& samples) {
  if (file.form == Form::npy) return write_npy(file.path, codes.z);
  if (file.form == Form::csv) {
    return write_sample_table(file.path, code_names(codes.z.dim(1)), codes.z, samples, LabelColumn::last);
  }
  NpzContents arrays{{{"codes", codes.z}, {"stddev", codes.stddev}}};
  add_label_arrays(arrays, data::named_labels(samples));
  add_sample_arrays(arrays, samples);
  write_npz(file.path, arrays.numbers, arrays.texts);
}

std::vector<std::string> code_names(int64_t latent_dim) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < latent_dim; ++i) names.push_back(fmt::format("z_{}", i));
  return names;
}

}  // namespace latent
