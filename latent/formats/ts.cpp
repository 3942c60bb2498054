#include <latent/formats/ts.hpp>

#include <latent/formats/detail/csv_scanner.hpp>
#include <latent/formats/detail/text.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

namespace latent {

namespace {

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// The next line that is neither blank nor a comment.
class TsLines {
 public:
  explicit TsLines(std::string_view text) : text_(text) {}
  bool next() {
    while (at_ < text_.size()) {
      const size_t end = std::min(text_.find('\n', at_), text_.size());
      line_ = stripped(text_.substr(at_, end - at_));
      begin_ = at_;
      at_ = end + 1;
      if (!line_.empty() && line_.front() != '#' && line_.front() != '%') return true;
    }
    return false;
  }
  std::string_view line() const { return line_; }
  int64_t offset() const { return static_cast<int64_t>(begin_); }

 private:
  std::string_view text_, line_;
  size_t at_ = 0, begin_ = 0;
};

std::string_view text_of_ts(std::span<const std::byte> bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

struct TsHeader {
  bool has_classes = false, has_target = false;
  std::vector<std::string> classes;  ///< as listed; empty: any
};

// Reads up to @data.
TsHeader read_ts_header(TsLines& lines, const std::string& path) {
  TsHeader header;
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (line.front() != '@') {
      throw DataError(path, lines.offset(),
                      fmt::format("a line of the header begins with '@', got {}", detail::in_quotes(line)));
    }
    const size_t space = std::min(line.find_first_of(" \t"), line.size());
    const std::string name = in_lower_case(line.substr(1, space - 1));
    if (name == "data") return header;
    std::string_view value = stripped(line.substr(space));
    const std::string_view first = value.substr(0, std::min(value.find_first_of(" \t"), value.size()));
    const bool is_true = in_lower_case(first) == "true";
    if (name == "attribute")
      throw DataError(path, lines.offset(), "a table in ARFF, which is not read: save it as CSV");
    if (name == "timestamps" && is_true) {
      throw DataError(path, lines.offset(), "series with time stamps of their own are not read: save them without");
    }
    if (name == "targetlabel") header.has_target = is_true;
    if (name != "classlabel" || !is_true) continue;
    header.has_classes = true;
    for (value = stripped(value.substr(first.size())); !value.empty();) {
      const size_t end = std::min(value.find_first_of(" \t"), value.size());
      header.classes.emplace_back(value.substr(0, end));
      value = stripped(value.substr(end));
    }
  }
  throw DataError(path, "no line '@data' before the series");
}

// Series one after the other, all of one shape.
class TsBody {
 public:
  TsBody(const TsHeader& header, const std::string& path) : header_(header), path_(path) {}

  void add(std::string_view line, int64_t offset) {
    if (header_.has_classes || header_.has_target) {
      const size_t colon = line.rfind(':');
      if (colon == std::string_view::npos) refuse(offset, "has no class or target behind its values");
      if (header_.has_classes) add_label(stripped(line.substr(colon + 1)), offset);
      line = line.substr(0, colon);
    }
    int64_t channels = 0;
    for (size_t begin = 0; begin <= line.size(); ++channels) {
      const size_t end = std::min(line.find(':', begin), line.size());
      add_channel(line.substr(begin, end - begin), offset, channels);
      begin = end + 1;
    }
    if (channels_ == 0) channels_ = channels;
    if (channels != channels_) {
      refuse(offset, fmt::format("has {} channels, the first one {}", channels, channels_));
    }
    ++series_;
  }

  TsSeries take() && {
    Tensor x = Tensor::empty({series_, channels_, length_}, DType::f64);
    std::ranges::copy(values_, x.data<double>());
    return {std::move(x), std::move(labels_)};
  }
  bool empty() const { return series_ == 0; }

 private:
  [[noreturn]] void refuse(int64_t offset, const std::string& what) const {
    throw DataError(path_, offset, fmt::format("series {} {}", series_ + 1, what));
  }

  void add_label(std::string_view label, int64_t offset) {
    const auto& known = header_.classes;
    if (label.empty()) refuse(offset, "has no class");
    if (!known.empty() && std::ranges::find(known, label) == known.end()) {
      refuse(offset, fmt::format("has the class {}, which @classLabel does not list", detail::in_quotes(label)));
    }
    labels_.push_back(detail::to_utf8(label));
  }

  void add_channel(std::string_view text, int64_t offset, int64_t channel) {
    int64_t length = 0;
    for (size_t begin = 0; begin <= text.size(); ++length) {
      const size_t end = std::min(text.find(',', begin), text.size());
      const std::string_view cell = stripped(text.substr(begin, end - begin));
      double value = std::numeric_limits<double>::quiet_NaN();
      const detail::CsvKind kind = detail::classify_csv_cell(cell, value);
      if (kind == detail::CsvKind::text || kind == detail::CsvKind::infinite) {
        refuse(offset,
               fmt::format("value {} of channel {}: {} is no finite number", length, channel, detail::in_quotes(cell)));
      }
      values_.push_back(kind == detail::CsvKind::number ? value : std::numeric_limits<double>::quiet_NaN());
      begin = end + 1;
    }
    if (length_ == 0) length_ = length;
    if (length == length_) return;
    refuse(offset, fmt::format("has {} values in channel {}, those before {}: series of one length expected", length,
                               channel, length_));
  }

  const TsHeader& header_;
  const std::string& path_;
  std::vector<double> values_;
  std::vector<std::string> labels_;
  int64_t series_ = 0, channels_ = 0, length_ = 0;
};

}  // namespace

bool is_ts(std::span<const std::byte> bytes) {
  constexpr size_t kLooked = 1 << 16;
  const std::string_view text = text_of_ts(bytes.first(std::min(bytes.size(), kLooked)));
  TsLines lines(text);
  if (!lines.next() || lines.line().front() != '@') return false;
  do {
    if (in_lower_case(lines.line()).starts_with("@data")) return true;
  } while (lines.next() && lines.line().front() == '@');
  return false;
}

TsSeries read_ts(std::span<const std::byte> bytes, const std::string& path) {
  TsLines lines(text_of_ts(bytes));
  const TsHeader header = read_ts_header(lines, path);
  TsBody body(header, path);
  while (lines.next()) body.add(lines.line(), lines.offset());
  if (body.empty()) throw DataError(path, "no series behind @data");
  return std::move(body).take();
}

}  // namespace latent
