#include <latent/formats/detail/npy_parts.hpp>

#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/detail/text.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace latent::detail {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kAlignment = 64;

// A strict parser of the one Python dictionary that NumPy writes.
class DictParser {
 public:
  DictParser(std::string_view text, const std::string& path, size_t base) : text_(text), path_(path), base_(base) {}

  NpyHeader parse() {
    NpyHeader header;
    bool seen_descr = false, seen_order = false, seen_shape = false;
    expect('{');
    while (!take('}')) {
      const size_t key_at = at_;
      const std::string_view key = string();
      bool& seen = key == "descr" ? seen_descr : key == "fortran_order" ? seen_order : seen_shape;
      if ((key != "descr" && key != "fortran_order" && key != "shape") || seen) {
        fail(fmt::format("unexpected key {} in the header", in_quotes(key)), key_at);
      }
      seen = true;
      expect(':');
      if (key == "descr") {
        descr(header);
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
      } else {
        header.sizes = tuple();
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("text after the header's dictionary", at_);
    if (!seen_descr || !seen_order || !seen_shape) fail("the header lacks descr, fortran_order or shape", 0);
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& reason, size_t at) const {
    throw DataError(path_, static_cast<int64_t>(base_ + at), reason);
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(fmt::format("'{}' expected in the header", c), at_);
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::string_view string() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    if (quote != '\'' && quote != '"') fail("a string expected in the header", at_);
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a string without end in the header", at_);
    const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
    if (value.find('\\') != std::string_view::npos) fail("escapes in the header's strings are not supported", at_);
    at_ = end + 1;
    return value;
  }

  bool boolean() {
    if (take_word("True")) return true;
    if (take_word("False")) return false;
    fail("True or False expected in the header", at_);
  }

  int64_t size() {
    skip_space();
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0) fail("a size expected in the header's shape", at_);
    at_ = static_cast<size_t>(end - text_.data());
    take('L');  // Python 2 wrote long integers so
    return value;
  }

  std::vector<int64_t> tuple() {
    std::vector<int64_t> sizes;
    expect('(');
    while (!take(')')) {
      if (sizes.size() == Shape::kMaxDims) fail(fmt::format("more than {} dimensions", Shape::kMaxDims), at_);
      sizes.push_back(size());
      if (take(',')) continue;
      // (3) is a number in Python, (3,) a tuple.
      if (sizes.size() == 1) fail("',' expected in the header's shape", at_);
      expect(')');
      break;
    }
    return sizes;
  }

  // '<f4': byte order, kind, bytes (of texts: characters; of dates: a unit follows).
  void descr(NpyHeader& header) {
    skip_space();
    const size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '[') fail("structured types are not supported", at_);
    const std::string_view type = string();
    const size_t order = type.find_first_of("<>|=");
    if (type.size() < 2 || (order != 0 && order != std::string_view::npos)) {
      fail(fmt::format("unknown type {}", in_quotes(type)), begin);
    }
    const size_t skipped = order == 0 ? 1 : 0;
    header.big_endian = type[0] == '>';
    header.kind = type[skipped];
    const std::string_view digits = type.substr(skipped + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), header.element_bytes);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    const bool number = std::string_view("biufSUa").find(header.kind) != std::string_view::npos;
    if (number && !whole) fail(fmt::format("unknown type {}", in_quotes(type)), begin);
  }

  std::string_view text_;
  const std::string& path_;
  size_t base_;
  size_t at_ = 0;
};

std::string_view descr_of(DType dtype) {
  switch (dtype) {
    case DType::u8: return "|u1";
    case DType::i32: return "<i4";
    case DType::i64: return "<i8";
    case DType::f32: return "<f4";
    case DType::f64: return "<f8";
    case DType::bf16: break;
  }
  detail::throw_invalid_argument("[write_npy] NumPy has no bf16; convert to f32 first");
}

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> bytes, const std::string& path) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic)) throw DataError(path, 0, "not a .npy file: the first bytes are not \\x93NUMPY");
  if (text.size() < 10) throw DataError(path, static_cast<int64_t>(text.size()), "truncated within the header");
  const auto major = static_cast<uint8_t>(text[6]), minor = static_cast<uint8_t>(text[7]);
  if (major < 1 || major > 3 || minor != 0) {
    throw DataError(path, 6, fmt::format("version {}.{}; 1.0, 2.0 and 3.0 are known", major, minor));
  }
  const size_t begin = major == 1 ? 10 : 12;
  if (text.size() < begin) throw DataError(path, static_cast<int64_t>(text.size()), "truncated within the header");
  const size_t length = major == 1 ? load_little<uint16_t>(bytes.data() + 8) : load_little<uint32_t>(bytes.data() + 8);
  if (length > text.size() - begin) {
    throw DataError(path, 8, fmt::format("a header of {} bytes, but {} are left", length, text.size() - begin));
  }
  NpyHeader header = DictParser(text.substr(begin, length), path, begin).parse();
  header.data_offset = begin + length;
  return header;
}

namespace {

std::string header_of(std::string_view descr, std::span<const int64_t> sizes) {
  std::string shape;
  for (const int64_t size : sizes) shape += fmt::format("{}, ", size);
  if (sizes.size() > 1) shape.resize(shape.size() - 2);  // only a tuple of one keeps its comma
  if (sizes.size() == 1) shape.pop_back();
  std::string dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, shape);
  const size_t before = kMagic.size() + 4;  // magic, version, length
  const size_t total = (before + dict.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  dict.resize(total - before - 1, ' ');
  dict += '\n';
  std::string header(kMagic);
  header += {'\x01', '\x00', static_cast<char>(dict.size() & 0xff), static_cast<char>(dict.size() >> 8)};
  return header + dict;
}

}  // namespace

std::string npy_header(const Tensor& array) { return header_of(descr_of(array.dtype()), array.shape().sizes()); }

std::string text_npy_header(std::span<const int64_t> sizes, size_t characters) {
  return header_of(fmt::format("<U{}", characters), sizes);
}

}  // namespace latent::detail
