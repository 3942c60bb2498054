#include <latent/formats/safetensors.hpp>

#include <latent/core/names.hpp>
#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/detail/text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>

namespace latent {

namespace {

constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxHeaderBytes = 100'000'000;  // as in the reference implementation
constexpr size_t kDataAlignment = 64;
constexpr std::string_view kMetadataKey = "__metadata__";

struct NamedType {
  std::string_view name;
  DType dtype;
};
constexpr NamedType kTypes[] = {{"U8", DType::u8},     {"I32", DType::i32}, {"I64", DType::i64},
                                {"BF16", DType::bf16}, {"F32", DType::f32}, {"F64", DType::f64}};

// Takes the header's events one by one: nothing is kept but what it may contain, however deep or repetitive it is.
// The members' names are those that nlohmann::json::sax_parse calls.
class HeaderReader {
 public:
  using Entry = SafetensorsHeader::Entry;

  HeaderReader(SafetensorsHeader& header, const std::string& path) : header_(header), path_(path) {}

  bool null() { unexpected("null"); }
  bool boolean(bool) { unexpected("a boolean"); }
  bool number_float(double, const std::string&) { unexpected("a number that is not a 64-bit integer"); }
  bool number_integer(int64_t) { unexpected("a negative number"); }
  bool binary(std::vector<uint8_t>&) { unexpected("binary data"); }

  bool number_unsigned(uint64_t value) {
    if (value > static_cast<uint64_t>(INT64_MAX)) unexpected("a number of 2^63 or more");
    if (place_ == Place::shape) {
      if (sizes_.size() == Shape::kMaxDims) fail(fmt::format("more than {} dimensions", Shape::kMaxDims));
      sizes_.push_back(static_cast<int64_t>(value));
    } else if (place_ == Place::offsets && offsets_.size() < 2) {
      offsets_.push_back(static_cast<int64_t>(value));
    } else {
      unexpected("a number");
    }
    return true;
  }

  bool string(std::string& value) {
    if (place_ == Place::metadata) {
      header_.metadata.emplace(key_, std::move(value));
    } else if (place_ == Place::tensor && key_ == "dtype") {
      const auto type = std::ranges::find(kTypes, value, &NamedType::name);
      if (type == std::end(kTypes)) {
        fail(fmt::format("type {} is not supported (U8, I32, I64, BF16, F32 and F64 are)", detail::in_quotes(value)));
      }
      entry_.dtype = type->dtype;
    } else {
      unexpected("a text");
    }
    return true;
  }

  bool start_object(size_t) {
    if (place_ == Place::outside) {
      place_ = Place::top;
    } else if (place_ == Place::top && name_ == kMetadataKey) {
      place_ = Place::metadata;
    } else if (place_ == Place::top) {
      place_ = Place::tensor;
      entry_ = Entry{.name = name_, .shape = {}, .dtype = DType::u8};
      sizes_.clear();
      offsets_.clear();
    } else {
      unexpected("an object");
    }
    keys_.clear();
    return true;
  }

  bool key(std::string& key) {
    if (place_ == Place::top) {
      name_ = std::move(key);
      if (!names_.insert(name_).second) fail("the name appears twice");
      return true;
    }
    if (place_ == Place::tensor && key != "dtype" && key != "shape" && key != "data_offsets") {
      fail(fmt::format("unexpected key {}", detail::in_quotes(key)));
    }
    if (!keys_.insert(key).second) fail(fmt::format("key {} appears twice", detail::in_quotes(key)));
    key_ = std::move(key);
    return true;
  }

  bool end_object() {
    if (place_ == Place::tensor) {
      if (keys_.size() != 3) fail("dtype, shape or data_offsets is missing");
      if (offsets_.size() != 2 || offsets_[0] > offsets_[1]) fail("data_offsets is not [begin, end]");
      entry_.begin = offsets_[0];
      entry_.end = offsets_[1];
      const auto length = static_cast<size_t>(entry_.end - entry_.begin);
      try {
        entry_.shape = detail::exact_shape(sizes_, size_of(entry_.dtype), length, path_, 0);
      } catch (const DataError&) {
        fail(fmt::format("data_offsets [{}, {}] do not fit the shape", entry_.begin, entry_.end));
      }
      header_.entries.push_back(entry_);
    }
    place_ = place_ == Place::top ? Place::outside : Place::top;
    return true;
  }

  bool start_array(size_t) {
    if (place_ != Place::tensor || key_ == "dtype") unexpected("a list");
    place_ = key_ == "shape" ? Place::shape : Place::offsets;
    return true;
  }

  bool end_array() {
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) {
    // The position counts the bytes that were read, and the last one read is the wrong one.
    throw DataError(path_, static_cast<int64_t>(kLengthBytes + std::max<size_t>(position, 1) - 1),
                    "the header is not valid JSON");
  }

 private:
  enum class Place : uint8_t { outside, top, metadata, tensor, shape, offsets };

  [[noreturn]] void fail(const std::string& reason) const {
    const std::string where = name_ == kMetadataKey ? "metadata" : "tensor " + detail::in_quotes(name_);
    throw DataError(path_, kLengthBytes, fmt::format("header, {}: {}", where, reason));
  }
  [[noreturn]] void unexpected(const std::string& what) const {
    if (name_.empty()) throw DataError(path_, kLengthBytes, "the header is not a JSON object of tensors");
    fail(fmt::format("unexpected {}", what));
  }

  SafetensorsHeader& header_;
  const std::string& path_;
  Place place_ = Place::outside;
  std::string name_, key_;
  std::set<std::string> names_, keys_;
  Entry entry_;
  std::vector<int64_t> sizes_, offsets_;
};

// The data of all tensors must follow one another and fill the rest of the file.
void check_layout(const SafetensorsHeader& header, int64_t data_bytes, const std::string& path) {
  int64_t expected = 0;
  for (const auto& entry : header.entries) {
    if (entry.begin != expected) {
      throw DataError(path, header.data_offset + entry.begin,
                      fmt::format("tensor {} {} the one before it: it begins at {} of the data, expected {}",
                                  detail::in_quotes(entry.name),
                                  entry.begin < expected ? "overlaps" : "leaves a gap after", entry.begin, expected));
    }
    expected = entry.end;
  }
  if (expected != data_bytes) {
    throw DataError(
        path, header.data_offset + std::min(expected, data_bytes),
        fmt::format("{}: the tensors take {} bytes, but {} follow the header",
                    expected > data_bytes ? "truncated" : "bytes after the end of the data", expected, data_bytes));
  }
}

std::string json_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

SafetensorsHeader read_safetensors_header(std::span<const std::byte> bytes, const std::string& path) {
  if (bytes.size() < kLengthBytes) {
    throw DataError(path, static_cast<int64_t>(bytes.size()), "not a safetensors file: shorter than its header length");
  }
  const auto length = detail::load_little<uint64_t>(bytes.data());
  if (length > kMaxHeaderBytes) {
    throw DataError(path, 0, "not a safetensors file: its first eight bytes are not the length of a header");
  }
  if (length > bytes.size() - kLengthBytes) {
    throw DataError(path, 0,
                    fmt::format("not a safetensors file, or truncated: a header of {} bytes, but {} are left", length,
                                bytes.size() - kLengthBytes));
  }
  const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, length);
  if (!json.starts_with('{'))
    throw DataError(path, kLengthBytes, "not a safetensors file: no '{' after its header length");

  SafetensorsHeader header;
  header.data_offset = static_cast<int64_t>(kLengthBytes + length);
  HeaderReader reader(header, path);
  nlohmann::json::sax_parse(json, &reader);
  std::ranges::stable_sort(header.entries, {}, [](const auto& e) { return std::pair(e.begin, e.end); });
  check_layout(header, static_cast<int64_t>(bytes.size()) - header.data_offset, path);
  return header;
}

const Tensor& Safetensors::at(const std::string& name) const {
  const auto found = std::ranges::find(tensors, name, &std::pair<std::string, Tensor>::first);
  if (found != tensors.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& tensor : tensors) names.push_back(tensor.first);
  const std::string_view nearest = nearest_name(name, names);
  throw DataError(path,
                  fmt::format("no tensor {} among {}{}", detail::in_quotes(name), tensors.size(),
                              nearest.empty() ? "" : fmt::format("; the nearest is {}", detail::in_quotes(nearest))));
}

Safetensors read_safetensors(std::span<const std::byte> bytes, const std::string& path) {
  SafetensorsHeader header = read_safetensors_header(bytes, path);
  Safetensors file;
  file.path = path;
  file.metadata = std::move(header.metadata);
  for (const auto& entry : header.entries) {
    Tensor tensor = Tensor::empty(entry.shape, entry.dtype);
    const auto data = bytes.subspan(static_cast<size_t>(header.data_offset + entry.begin), tensor.nbytes());
    if (!data.empty()) std::memcpy(tensor.raw(), data.data(), data.size());
    file.tensors.emplace_back(entry.name, std::move(tensor));
  }
  return file;
}

Safetensors read_safetensors(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  Safetensors read = read_safetensors(file->bytes(), file->path());
  file->check_whole();
  return read;
}

void write_safetensors(const std::filesystem::path& path, const std::vector<std::pair<std::string, Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  // Wide elements first, so that every tensor is aligned for its type without gaps, which the format forbids.
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](size_t i) { return size_of(tensors[i].second.dtype()); });

  std::string json = "{";
  std::set<std::string_view> names;
  if (!metadata.empty()) {
    json += fmt::format("\"{}\":{{", kMetadataKey);
    for (const auto& [key, value] : metadata) json += fmt::format("{}:{},", json_string(key), json_string(value));
    json.back() = '}';
  }
  size_t begin = 0;
  for (const size_t i : order) {
    const auto& [name, tensor] = tensors[i];
    LATENT_CHECK(name != kMetadataKey && names.insert(name).second, "[write_safetensors] name '{}' is taken", name);
    const auto type = std::ranges::find(kTypes, tensor.dtype(), &NamedType::dtype);
    std::string shape;
    for (const int64_t size : tensor.shape().sizes()) shape += fmt::format("{}{}", shape.empty() ? "" : ",", size);
    const size_t end = begin + tensor.nbytes();
    json += fmt::format(R"({}{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", json.size() > 1 ? "," : "",
                        json_string(name), type->name, shape, begin, end);
    begin = end;
  }
  json += '}';
  const size_t unaligned = (kLengthBytes + json.size()) % kDataAlignment;
  if (unaligned > 0) json.append(kDataAlignment - unaligned, ' ');

  const uint64_t length = json.size();
  replace_file(path, [&](Sink& sink) {
    sink.write(std::as_bytes(std::span(&length, 1)));
    sink.write(json);
    for (const size_t i : order) {
      const Tensor& tensor = tensors[i].second;
      sink.write(std::span(static_cast<const std::byte*>(tensor.raw()), tensor.nbytes()));
    }
  });
}

}  // namespace latent
