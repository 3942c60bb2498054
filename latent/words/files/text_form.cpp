#include <latent/core/text.hpp>
#include <latent/core/threads.hpp>
#include <latent/formats/detail/text.hpp>
#include <latent/text/tokenizer.hpp>
#include <latent/words/files/detail/forms.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <map>

namespace latent::words::detail {

namespace {

// Fewer bytes than "0 " no number takes.
constexpr int64_t kLeastBytesPerNumber = 2;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// A line without its end: a carriage return and blanks go, too.
std::string_view line_at(std::string_view text, size_t begin) {
  const size_t end = std::min(text.find('\n', begin), text.size());
  std::string_view line = text.substr(begin, end - begin);
  while (!line.empty() && (is_blank(line.back()) || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

// A number and the blanks before it; null where there is none.
const char* parse_float(const char* at, const char* end, float& value) {
  while (at < end && is_blank(*at)) ++at;
  if (at < end && *at == '+') ++at;
  const auto [stop, error] = std::from_chars(at, end, value);
  if (error == std::errc()) return stop;
  if (error != std::errc::result_out_of_range) return nullptr;
  // Too small for f32 is a zero to everybody; too large is no number of use.
  double wide = 0.0;
  if (std::from_chars(at, end, wide).ec == std::errc() && std::abs(wide) > 1.0) {
    value = std::numeric_limits<float>::infinity();
  } else {
    value = 0.0f;
  }
  return stop;
}

// `dim` numbers that fill the text from `at` to its end.
bool parse_numbers(std::string_view text, int64_t dim, float* values) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int64_t d = 0; d < dim; ++d) {
    at = parse_float(at, end, values[d]);
    if (!at || (at < end && !is_blank(*at))) return false;
  }
  return at == end;
}

// Takes a line apart: the word is all before the last `dim` numbers, so that it may hold spaces.
std::optional<std::string_view> parse_line(std::string_view line, int64_t dim, float* values) {
  size_t split = line.find_first_of(" \t");
  if (split == std::string_view::npos) return std::nullopt;
  if (parse_numbers(line.substr(split), dim, values)) return line.substr(0, split);
  split = line.size();
  for (int64_t d = 0; d < dim && split > 0; ++d) {
    while (split > 0 && !is_blank(line[split - 1])) --split;
    while (split > 0 && is_blank(line[split - 1])) --split;
  }
  if (split == 0 || !parse_numbers(line.substr(split), dim, values)) return std::nullopt;
  return line.substr(0, split);
}

// Where lines that hold something begin, at most `most` of them (0: all).
std::vector<size_t> line_starts(std::string_view text, size_t begin, int64_t most) {
  std::vector<size_t> starts;
  while (begin < text.size() && (most == 0 || static_cast<int64_t>(starts.size()) < most)) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const bool is_empty = end == begin || (end == begin + 1 && text[begin] == '\r');
    if (!is_empty) starts.push_back(begin);
    begin = end + 1;
  }
  return starts;
}

int64_t fields_of(std::string_view line) {
  int64_t fields = 0;
  for (size_t at = 0; at < line.size(); ++fields) {
    while (at < line.size() && !is_blank(line[at])) ++at;
    while (at < line.size() && is_blank(line[at])) ++at;
  }
  return fields;
}

// The number of a line, from 1.
int64_t line_number(std::string_view text, size_t begin) {
  return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
}

[[noreturn]] void throw_bad_line(const FileView& file, size_t begin, int64_t dim) {
  const std::string_view text = file.text(), line = line_at(text, begin);
  const int64_t numbers = std::max<int64_t>(fields_of(line) - 1, 0);
  const bool at_end = begin + line.size() >= text.size();
  std::string what = numbers == dim ? "one of them is no number" : fmt::format("it has {}", numbers);
  if (at_end && numbers < dim) what += "; the file ends in the middle of it";
  throw DataError(file.path, static_cast<int64_t>(begin),
                  fmt::format("line {}, {}: expected a word and {} numbers, but {}", line_number(text, begin),
                              latent::detail::in_quotes(line.substr(0, line.find_first_of(" \t"))), dim, what));
}

void check_header(const FileView& file, const TextHeader& header) {
  const auto left = static_cast<int64_t>(file.bytes.size() - header.end);
  if (header.words > left / (kLeastBytesPerNumber * header.dim)) {
    throw DataError(file.path, 0,
                    fmt::format("its first line says {} words of {} dimensions, which do not fit into its {} bytes",
                                header.words, header.dim, file.bytes.size()));
  }
}

}  // namespace

std::optional<TextHeader> header_of(std::string_view text) {
  constexpr size_t kLongest = 64;
  const size_t end = text.substr(0, kLongest).find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = line_at(text, 0);
  const size_t space = line.find_first_of(" \t");
  if (space == std::string_view::npos) return std::nullopt;
  const auto words = parse_number<int64_t>(line.substr(0, space));
  const auto dim = parse_number<int64_t>(line.substr(std::min(line.find_first_not_of(" \t", space), line.size())));
  constexpr int64_t kMostDims = 1 << 20;
  if (!words || !dim || *words < 0 || *dim < 1 || *dim > kMostDims) return std::nullopt;
  return TextHeader{*words, *dim, end + 1};
}

bool is_vector_line(std::string_view text, int64_t dim) {
  constexpr size_t kLongestNumber = 40;
  const std::string_view line =
      line_at(text.substr(0, text::kLongestWord + kLongestNumber * static_cast<size_t>(dim)), 0);
  std::vector<float> values(static_cast<size_t>(dim));
  return parse_line(line, dim, values.data()).has_value();
}

int64_t dim_without_header(std::string_view text) {
  constexpr int64_t kLooked = 50, kLeastDim = 2;
  // The word of some lines may hold spaces, and some lines may be wrong: what most lines have counts.
  std::map<int64_t, int64_t> lines_of;  // by the number of numbers
  for (const size_t begin : line_starts(text, 0, kLooked)) ++lines_of[fields_of(line_at(text, begin)) - 1];
  int64_t dim = 0, most = 0;
  for (const auto& [numbers, lines] : lines_of) {
    if (lines <= most) continue;
    dim = numbers;
    most = lines;
  }
  return dim >= kLeastDim && is_vector_line(text, dim) ? dim : 0;
}

LoadedVectors read_text(const FileView& file, const std::optional<TextHeader>& header, int64_t dim,
                        const ReadVectorsOptions& options) {
  if (header) check_header(file, *header);
  const std::string_view text = file.text();
  const std::vector<size_t> starts = line_starts(text, header ? header->end : 0, options.first);
  const auto lines = static_cast<int64_t>(starts.size());
  const bool is_all = options.first == 0 || lines < options.first;
  if (header && (is_all ? lines != header->words : lines > header->words)) {
    throw DataError(
        file.path,
        fmt::format("its first line says {}, but {} of vectors follow{}", counted(header->words, "word"),
                    counted(lines, "line"),
                    lines > header->words ? fmt::format("; --first {} takes the first of them", header->words) : ""));
  }
  if (lines == 0) throw DataError(file.path, "no words");
  Tensor vectors = Tensor::empty({lines, dim});
  std::vector<std::string_view> words(starts.size());
  std::atomic<int64_t> bad = lines;
  parallel_for(lines, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto line = static_cast<size_t>(i);
      if (const auto word = parse_line(line_at(text, starts[line]), dim, vectors.data<float>() + i * dim)) {
        words[line] = *word;
        continue;
      }
      int64_t first = bad;
      while (i < first && !bad.compare_exchange_weak(first, i)) {
      }
      return;
    }
  });
  if (bad < lines) throw_bad_line(file, starts[static_cast<size_t>(bad.load())], dim);

  WordList list;
  float* const rows = vectors.data<float>();
  for (int64_t i = 0; i < lines; ++i) {
    const auto row = list.add(words[static_cast<size_t>(i)]);
    if (row && *row != i) std::copy_n(rows + i * dim, dim, rows + *row * dim);
  }
  LoadedVectors loaded;
  loaded.format = header ? VectorFormat::word2vec : VectorFormat::glove;
  loaded.words.vocabulary = list.vocabulary();
  loaded.words.vectors = vectors.rows(0, list.size());
  loaded.warnings = list.warnings();
  check_finite(loaded.words.vectors, loaded.words.vocabulary, file.path);
  return loaded;
}

void write_text(Sink& sink, const WordVectors& words, const std::vector<std::string>& names, bool with_header) {
  const int64_t dim = words.dim();
  if (with_header) sink.write(fmt::format("{} {}\n", words.size(), dim));
  const float* values = words.vectors.data<float>();
  fmt::memory_buffer line;
  for (const std::string& name : names) {
    line.clear();
    line.append(name);
    // The shortest digits that give the same f32 again.
    for (int64_t d = 0; d < dim; ++d) fmt::format_to(std::back_inserter(line), " {}", *values++);
    line.push_back('\n');
    sink.write(std::string_view(line.data(), line.size()));
  }
}

}  // namespace latent::words::detail
