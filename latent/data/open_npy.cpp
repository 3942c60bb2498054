#include <latent/data/labels.hpp>
#include <latent/data/sources.hpp>

#include <latent/formats/npy.hpp>

#include <algorithm>
#include <array>

namespace latent::data {

namespace {

constexpr std::array<std::string_view, 7> kSamples{"x", "X", "x_train", "X_train", "images", "train_images", "data"};
constexpr std::array<std::string_view, 5> kLabels{"y", "Y", "y_train", "labels", "train_labels"};
constexpr std::array<std::string_view, 3> kTestSamples{"x_test", "X_test", "test_images"};
constexpr std::array<std::string_view, 3> kTestLabels{"y_test", "Y_test", "test_labels"};
constexpr std::array<std::string_view, 1> kLabelNames{"label_names"};
constexpr std::array<std::string_view, 1> kTestLabelNames{"test_label_names"};

template <class Named>
const Named* find(const std::vector<Named>& arrays, std::span<const std::string_view> names) {
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

ArrayPart make_part(const Tensor& x, const FileBytes& file, bool is_bool) {
  return {x, {}, file.path, file_behind(x, file.file), is_bool, {}};
}

// Labels by one of the names: numbers, or texts, which are the names of the classes. Beside numbers, `named` may say
// what the classes are called.
void add_labels(ArrayPart& part, const NpzArrays& arrays, std::span<const std::string_view> names,
                std::span<const std::string_view> named) {
  const auto* y = find(arrays.numbers, names);
  const auto* texts = find(arrays.texts, y ? named : names);
  if (y && y->second.raw() != part.x.raw()) part.labels = labels_from(y->second, part.path);
  if (texts) part.label_names = label_names_from(texts->second, part.x.dim(0), part.path);
}

}  // namespace

bool is_npy(std::span<const std::byte> bytes) { return starts_with(bytes, "\x93NUMPY"); }
bool is_npz(std::span<const std::byte> bytes) {
  return starts_with(bytes, "PK\x03\x04") || starts_with(bytes, "PK\x05\x06");
}

Source open_npy(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  const Tensor x = file.packed() ? read_npy(file.bytes(), file.path) : read_npy(file.file);
  const bool is_bool = is_bool_npy(file.bytes(), file.path);
  return array_source({name, "npy", make_part(x, file, is_bool), std::nullopt, {}}, options);
}

Source open_npz(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  const NpzArrays arrays = file.packed() ? read_npz_arrays(file.bytes(), file.path) : read_npz_arrays(file.file);
  const auto part = [&](const std::pair<std::string, Tensor>& x) {
    return make_part(x.second, file, arrays.bools.contains(x.first));
  };
  const auto* x = find(arrays.numbers, kSamples);
  if (!x) x = &arrays.numbers.front();
  ArrayParts parts{name, "npz", part(*x), std::nullopt, {}};
  add_labels(parts.train, arrays, kLabels, kLabelNames);
  if (const auto* x_test = find(arrays.numbers, kTestSamples); x_test && x_test != x) {
    parts.test = part(*x_test);
    add_labels(*parts.test, arrays, kTestLabels, kTestLabelNames);
  }
  return array_source(std::move(parts), options);
}

}  // namespace latent::data
