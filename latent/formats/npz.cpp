#include <latent/formats/npy.hpp>

#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/detail/npy_parts.hpp>
#include <latent/formats/detail/text.hpp>
#include <latent/formats/detail/zip.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>

namespace latent {

namespace {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
constexpr std::string_view kEnding = ".npy";

// Refuses a large array that is not what its member is, before it is unpacked. Small ones tell more of what is wrong
// with them when they are read whole.
void check_promise(const detail::ZipReader& zip, const detail::ZipReader::Entry& entry, const std::string& path) {
  constexpr size_t kHead = size_t{1} << 12, kSmall = size_t{1} << 20;
  if (entry.unpacked_bytes <= kSmall) return;
  const std::optional<uint64_t> promised = npy_file_bytes(zip.unpack_head(entry, kHead), path);
  if (promised && *promised != entry.unpacked_bytes) {
    throw DataError(
        path, fmt::format("the array's header promises {} bytes, the archive {}", *promised, entry.unpacked_bytes));
  }
}

// The elements of a header of texts; where they cannot be read (objects, Fortran order) nothing.
std::optional<TextArray> text_array(std::span<const std::byte> array, const detail::NpyHeader& header,
                                    const std::shared_ptr<const void>& owner, const std::string& path) {
  if (header.fortran_order && header.sizes.size() > 1) return std::nullopt;
  const bool is_wide = header.kind == 'U';
  constexpr size_t kMostCharacters = size_t{1} << 30;
  const size_t bytes = header.element_bytes > kMostCharacters ? 0 : header.element_bytes * (is_wide ? 4 : 1);
  if (bytes == 0) return std::nullopt;  // all texts are empty
  const auto data = array.subspan(header.data_offset);
  detail::exact_shape(header.sizes, bytes, data.size(), path, static_cast<int64_t>(header.data_offset));
  return TextArray(data, header.sizes, is_wide, header.element_bytes, header.big_endian, owner);
}

// What an archive without arrays of numbers is.
std::string why_no_numbers(const detail::ZipReader& zip, const NpzArrays& arrays) {
  const auto holds = [&](std::string_view name) {
    return std::ranges::any_of(zip.entries(), [&](const auto& entry) { return entry.name == name; });
  };
  if (holds("xl/workbook.xml") || holds("xl/workbook.bin")) return "an Excel workbook: save it as CSV";
  if (holds("content.xml") && holds("mimetype")) return "an OpenDocument file: save it as CSV";
  if (!arrays.left_out.empty()) {
    return fmt::format("no arrays of numbers in the archive: {} holds {}", detail::in_quotes(arrays.left_out[0].first),
                       arrays.left_out[0].second);
  }
  const bool has_arrays = !arrays.texts.empty() || std::ranges::any_of(zip.entries(), [](const auto& entry) {
    return entry.name.ends_with(kEnding);
  });
  return has_arrays ? "no arrays of numbers in the archive"
                    : "no arrays of numbers in the archive: unpack it and name the folder, or what is in it";
}

// @param owner keeps `bytes` and lets stored arrays look into them; null if nobody does
NpzArrays read_archive(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                       const std::string& path) {
  const detail::ZipReader zip(bytes, path);
  size_t allowed = unpack_limit(bytes.size());
  NpzArrays arrays;
  std::set<std::string> names;
  for (const auto& entry : zip.entries()) {
    if (!entry.name.ends_with(kEnding)) continue;
    const std::string name = detail::to_utf8(entry.name.substr(0, entry.name.size() - kEnding.size()));
    const auto offset = static_cast<int64_t>(entry.data_offset);
    if (!names.insert(name).second)
      throw DataError(path, offset, fmt::format("two arrays {}", detail::in_quotes(name)));

    std::span<const std::byte> array = zip.packed(entry);
    std::shared_ptr<const void> array_owner = owner;
    const std::string array_path = fmt::format("{}, array {}", path, detail::in_quotes(name));
    if (entry.deflated) {
      check_promise(zip, entry, array_path);
      const auto unpacked = std::make_shared<const std::vector<std::byte>>(zip.unpack(entry, allowed));
      allowed -= unpacked->size();
      array = *unpacked;
      array_owner = unpacked;
    }
    zip.check_crc(entry, array);
    const detail::NpyHeader header = detail::parse_npy_header(array, array_path);
    if (header.is_text()) {
      if (!array_owner) {
        const auto copy = std::make_shared<const std::vector<std::byte>>(array.begin(), array.end());
        array = *copy;
        array_owner = copy;
      }
      if (auto texts = text_array(array, header, array_owner, array_path)) {
        arrays.texts.emplace_back(name, std::move(*texts));
      }
      continue;
    }
    if (auto reason = detail::why_not_numbers(header)) {
      arrays.left_out.emplace_back(name, std::move(*reason));
      continue;
    }
    if (header.is_bool()) arrays.bools.insert(name);
    arrays.numbers.emplace_back(name, detail::npy_array(array, array_owner, array_path));
  }
  if (arrays.numbers.empty()) throw DataError(path, why_no_numbers(zip, arrays));
  return arrays;
}

// Code points of a text in UTF-8, as NumPy stores them.
std::vector<uint32_t> code_points(std::string_view text) {
  std::vector<uint32_t> points;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t point = length == 1 ? lead : (lead & (0x7fu >> length));
    for (size_t k = 1; k < length && i + k < text.size(); ++k) {
      point = (point << 6) | (static_cast<uint8_t>(text[i + k]) & 0x3fu);
    }
    points.push_back(point);
    i += length;
  }
  return points;
}

void append_utf8(std::string& text, uint32_t point) {
  constexpr uint32_t kLast = 0x10ffff, kReplacement = 0xfffd;
  if (point > kLast || (point >= 0xd800 && point < 0xe000)) point = kReplacement;
  if (point < 0x80) {
    text += static_cast<char>(point);
    return;
  }
  const int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  text += static_cast<char>(((0xff00u >> (more + 1)) & 0xffu) | (point >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80u | ((point >> (6 * i)) & 0x3fu));
}

// An array of texts as the bytes of a .npy file behind its header.
std::vector<uint32_t> wide_texts(const std::vector<std::string>& texts, size_t& characters) {
  characters = 1;
  for (const std::string& text : texts) characters = std::max(characters, code_points(detail::to_utf8(text)).size());
  std::vector<uint32_t> wide(texts.size() * characters);
  for (size_t i = 0; i < texts.size(); ++i) {
    std::ranges::copy(code_points(detail::to_utf8(texts[i])), wide.begin() + static_cast<ptrdiff_t>(i * characters));
  }
  return wide;
}

}  // namespace

TextArray::TextArray(std::span<const std::byte> data, std::vector<int64_t> sizes, bool is_wide, size_t characters,
                     bool big_endian, std::shared_ptr<const void> owner)
    : data_(data),
      sizes_(std::move(sizes)),
      is_wide_(is_wide),
      characters_(characters),
      big_endian_(big_endian),
      owner_(std::move(owner)) {}

int64_t TextArray::numel() const { return static_cast<int64_t>(data_.size() / (characters_ * (is_wide_ ? 4 : 1))); }

std::string TextArray::operator[](int64_t i) const {
  LATENT_CHECK(0 <= i && i < numel(), "[TextArray] element {} of {}", i, numel());
  const size_t bytes = characters_ * (is_wide_ ? 4 : 1);
  const auto element = data_.subspan(static_cast<size_t>(i) * bytes, bytes);
  std::string text;
  if (is_wide_) {
    std::vector<uint32_t> points;
    for (size_t at = 0; at < bytes; at += 4) {
      points.push_back(big_endian_ ? detail::load_big<uint32_t>(&element[at])
                                   : detail::load_little<uint32_t>(&element[at]));
    }
    while (!points.empty() && points.back() == 0) points.pop_back();
    for (const uint32_t point : points) append_utf8(text, point);
    return text;
  }
  text.assign(reinterpret_cast<const char*>(element.data()), bytes);
  text.resize(text.find_last_not_of('\0') + 1);
  return detail::to_utf8(text);
}

TextValues::TextValues(std::vector<std::string> values) : values_(std::move(values)) {
  sizes_ = {static_cast<int64_t>(values_.size())};
}

TextValues::TextValues(std::vector<std::string> values, std::vector<int64_t> sizes)
    : values_(std::move(values)), sizes_(std::move(sizes)) {
  int64_t count = 1;
  for (const int64_t size : sizes_) count *= size;
  LATENT_CHECK(!sizes_.empty() && count == static_cast<int64_t>(values_.size()),
               "[TextValues] {} texts do not fill {} dimensions of {} elements", values_.size(), sizes_.size(), count);
}

NpzArrays read_npz_arrays(const std::shared_ptr<const MappedFile>& file) {
  return read_archive(file->bytes(), file, file->path());
}

NpzArrays read_npz_arrays(std::span<const std::byte> bytes, const std::string& path) {
  return read_archive(bytes, nullptr, path);
}

NamedTensors read_npz(const std::shared_ptr<const MappedFile>& file) { return read_npz_arrays(file).numbers; }

NamedTensors read_npz(std::span<const std::byte> bytes, const std::string& path) {
  return read_npz_arrays(bytes, path).numbers;
}

void write_npz(const std::filesystem::path& path, const NamedTensors& arrays,
               const std::vector<std::pair<std::string, TextValues>>& texts) {
  replace_file(path, [&](Sink& sink) {
    detail::ZipWriter zip(sink);
    for (const auto& [name, array] : arrays) {
      const std::string header = detail::npy_header(array);
      const std::array<std::span<const std::byte>, 2> parts = {
          std::as_bytes(std::span(header)), std::span(static_cast<const std::byte*>(array.raw()), array.nbytes())};
      zip.add(name + std::string(kEnding), parts);
    }
    for (const auto& [name, array] : texts) {
      size_t characters = 0;
      const std::vector<uint32_t> wide = wide_texts(array.values(), characters);
      const std::string header = detail::text_npy_header(array.sizes(), characters);
      const std::array<std::span<const std::byte>, 2> parts = {std::as_bytes(std::span(header)),
                                                               std::as_bytes(std::span(wide))};
      zip.add(name + std::string(kEnding), parts);
    }
    zip.finish();
  });
}

}  // namespace latent
