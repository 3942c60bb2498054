#include <latent/formats/csv_writer.hpp>

#include <latent/formats/detail/csv_scanner.hpp>

namespace latent {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string quoted(std::string_view text) {
  std::string cell = "\"";
  for (const char c : text) {
    if (c == '"') cell += '"';
    cell += c;
  }
  return cell + '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return false;
  return text.find_first_of(",;\t\"\r\n") != std::string_view::npos || is_blank(text.front()) ||
         is_blank(text.back()) || text.starts_with("\xef\xbb\xbf");
}

}  // namespace

std::string csv_cell(std::string_view text) { return needs_quotes(text) ? quoted(text) : std::string(text); }

std::string csv_name(std::string_view name) {
  double value = 0.0;
  const bool is_name = detail::classify_csv_cell(name, value) == detail::CsvKind::text;
  return is_name ? csv_cell(name) : quoted(name);
}

void CsvWriter::separate() {
  if (!is_first_) line_.push_back(',');
  is_first_ = false;
}

CsvWriter& CsvWriter::put(std::string_view cell) {
  separate();
  line_.append(cell);
  return *this;
}

void CsvWriter::end_row() {
  if (line_.size() == 0)
    line_.append(std::string_view("\"\""));  // a lone empty cell would be a blank line, which is no row
  line_.push_back('\n');
  sink_.write(std::string_view(line_.data(), line_.size()));
  line_.clear();
  is_first_ = true;
}

}  // namespace latent
