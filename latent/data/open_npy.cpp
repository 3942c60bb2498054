#include <latent/data/labels.hpp>
#include <latent/data/sources.hpp>

#include <latent/formats/npy.hpp>

#include <algorithm>
#include <array>

namespace latent::data {

namespace {

using Arrays = std::vector<std::pair<std::string, Tensor>>;

constexpr std::array<std::string_view, 7> kSamples{"x", "X", "x_train", "X_train", "images", "train_images", "data"};
constexpr std::array<std::string_view, 5> kLabels{"y", "Y", "y_train", "labels", "train_labels"};
constexpr std::array<std::string_view, 3> kTestSamples{"x_test", "X_test", "test_images"};
constexpr std::array<std::string_view, 3> kTestLabels{"y_test", "Y_test", "test_labels"};

const Arrays::value_type* find(const Arrays& arrays, std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found =
        std::find_if(arrays.begin(), arrays.end(), [&](const auto& entry) { return entry.first == name; });
    if (found != arrays.end()) return &*found;
  }
  return nullptr;
}

bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(), [](char a, std::byte b) { return std::byte(a) == b; });
}

ArrayPart make_part(const Tensor& x, const Arrays::value_type* y, const FileBytes& file, bool is_bool) {
  ArrayPart part{x, {}, file.path, file_behind(x, file.file), is_bool};
  if (y) part.labels = labels_from(y->second, file.path);
  return part;
}

}  // namespace

bool is_npy(std::span<const std::byte> bytes) { return starts_with(bytes, "\x93NUMPY"); }
bool is_npz(std::span<const std::byte> bytes) {
  return starts_with(bytes, "PK\x03\x04") || starts_with(bytes, "PK\x05\x06");
}

Source open_npy(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  const Tensor x = file.packed() ? read_npy(file.bytes(), file.path) : read_npy(file.file);
  const bool is_bool = is_bool_npy(file.bytes(), file.path);
  return array_source({name, "npy", make_part(x, nullptr, file, is_bool), std::nullopt, {}}, options);
}

Source open_npz(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  std::set<std::string> bools;
  const Arrays arrays = file.packed() ? read_npz(file.bytes(), file.path, &bools) : read_npz(file.file, &bools);
  if (arrays.empty()) throw DataError(file.path, "the archive has no arrays");
  const auto part = [&](const Arrays::value_type& x, const Arrays::value_type* y) {
    return make_part(x.second, y, file, bools.contains(x.first));
  };
  const auto* x = find(arrays, kSamples);
  if (!x) x = &arrays.front();
  const auto* y = find(arrays, kLabels);
  ArrayParts parts{name, "npz", part(*x, y == x ? nullptr : y), std::nullopt, {}};
  if (const auto* x_test = find(arrays, kTestSamples); x_test && x_test != x) {
    parts.test = part(*x_test, find(arrays, kTestLabels));
  }
  return array_source(std::move(parts), options);
}

}  // namespace latent::data
