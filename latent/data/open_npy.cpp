#include <latent/core/memory.hpp>
#include <latent/core/text.hpp>
#include <latent/data/labels.hpp>
#include <latent/data/sources.hpp>

#include <latent/formats/npy.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <map>
#include <set>

namespace latent::data {

namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 10> kSamples{"x",    "x_train",    "train_x", "images",   "train_images",
                                                    "data", "train_data", "samples", "features", "train_features"};
constexpr std::array<std::string_view, 13> kLabels{
    "y",      "y_train", "train_y",      "labels",        "train_labels", "label",  "train_label",
    "target", "targets", "train_target", "train_targets", "class",        "classes"};
constexpr std::array<std::string_view, 5> kTestSamples{"x_test", "test_x", "test_images", "test_data", "test_features"};
constexpr std::array<std::string_view, 6> kTestLabels{"y_test",     "test_y",      "test_labels",
                                                      "test_label", "test_target", "test_targets"};
constexpr std::array<std::string_view, 9> kValidationSamples{
    "x_val", "val_x", "val_images", "val_data", "val_features", "x_valid", "valid_x", "x_validation", "validation_x"};
constexpr std::array<std::string_view, 10> kValidationLabels{"y_val",        "val_y",       "val_labels", "val_label",
                                                             "val_target",   "val_targets", "y_valid",    "valid_y",
                                                             "y_validation", "validation_y"};
// As earlier versions knew them.
constexpr std::array<std::string_view, 7> kFewSamples{"x", "X", "x_train", "X_train", "images", "train_images", "data"};
constexpr std::array<std::string_view, 5> kFewLabels{"y", "Y", "y_train", "labels", "train_labels"};
constexpr std::array<std::string_view, 3> kFewTestSamples{"x_test", "X_test", "test_images"};
constexpr std::array<std::string_view, 3> kFewTestLabels{"y_test", "Y_test", "test_labels"};
constexpr std::array<std::string_view, 1> kLabelNames{"label_names"};
constexpr std::array<std::string_view, 1> kTestLabelNames{"test_label_names"};
constexpr std::array<std::string_view, 1> kSecondArray{"arr_1"};  // of np.savez(x, y)

std::string in_small_letters(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// The array by the first of the names that there is; whatever the case of its letters, unless only few names are known.
template <class Named>
const Named* find(const std::vector<Named>& arrays, Names names, bool any_case = true) {
  for (const std::string_view name : names) {
    const auto found = std::ranges::find_if(arrays, [&](const auto& entry) {
      return entry.first == name || (any_case && in_small_letters(entry.first) == name);
    });
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
void add_few_labels(ArrayPart& part, const NpzArrays& arrays, Names names, Names named) {
  const auto* y = find(arrays.numbers, names, false);
  const auto* texts = find(arrays.texts, y ? named : names, false);
  if (y && y->second.raw() != part.x.raw()) part.labels = labels_from(y->second, part.path);
  if (texts) part.label_names = label_names_from(texts->second, part.x.dim(0), part.path);
}

// An archive as earlier versions read it.
ArrayParts few_parts(const NpzArrays& arrays, const FileBytes& file, const std::string& name) {
  const auto part = [&](const std::pair<std::string, Tensor>& x) {
    return make_part(x.second, file, arrays.bools.contains(x.first));
  };
  const auto* x = find(arrays.numbers, kFewSamples, false);
  if (!x) x = &arrays.numbers.front();
  ArrayParts parts{name, "npz", part(*x), std::nullopt, {}};
  add_few_labels(parts.train, arrays, kFewLabels, kLabelNames);
  if (const auto* x_test = find(arrays.numbers, kFewTestSamples, false); x_test && x_test != x) {
    parts.test = part(*x_test);
    add_few_labels(*parts.test, arrays, kFewTestLabels, kTestLabelNames);
  }
  return parts;
}

// Which arrays of an archive are samples and labels.
class Archive {
 public:
  Archive(const NpzArrays& arrays, const FileBytes& file) : arrays_(arrays), file_(file) {}

  ArrayParts parts(const std::string& name) {
    refuse_sparse();
    const NamedArray* x = find(arrays_.numbers, kSamples);
    const bool is_named = x != nullptr;
    if (!x) x = first_samples();
    ArrayParts parts{name, "npz", part(*x), std::nullopt, {}};
    add_labels(parts.train, kLabels, kLabelNames);
    if (x->first == "arr_0" && parts.train.labels.empty() && parts.train.label_names.empty()) {
      add_labels(parts.train, kSecondArray, {});
    }
    if (const NamedArray* x_test = other(kTestSamples)) {
      parts.test = part(*x_test);
      add_labels(*parts.test, kTestLabels, kTestLabelNames);
    }
    if (const NamedArray* x_val = other(kValidationSamples)) add_validation(parts, *x_val);
    tell(parts, *x, is_named);
    return parts;
  }

 private:
  using NamedArray = std::pair<std::string, Tensor>;

  void refuse_sparse() const {
    const auto has = [&](std::string_view name) {
      return std::ranges::any_of(arrays_.numbers, [&](const NamedArray& array) { return array.first == name; });
    };
    if (!has("data") || !has("shape") || !(has("indptr") || (has("row") && has("col")) || has("offsets"))) return;
    throw DataError(file_.path, "a sparse matrix of SciPy: save it as an array (np.save(\"x.npy\", matrix.toarray()))");
  }

  // The first array that can be samples of several values, or else the first one.
  const NamedArray* first_samples() const {
    const auto found =
        std::ranges::find_if(arrays_.numbers, [](const NamedArray& array) { return array.second.ndim() >= 2; });
    return found == arrays_.numbers.end() ? &arrays_.numbers.front() : &*found;
  }

  const NamedArray* other(Names names) const {
    const NamedArray* found = find(arrays_.numbers, names);
    return found && !taken_.contains(found->first) ? found : nullptr;
  }

  ArrayPart part(const NamedArray& x) {
    taken_.insert(x.first);
    return make_part(x.second, file_, arrays_.bools.contains(x.first));
  }

  void add_labels(ArrayPart& part, Names names, Names named) {
    const NamedArray* y = other(names);
    if (y) {
      try {
        std::vector<int64_t> labels = labels_from(y->second, part.path);
        const bool may_be_others = std::ranges::equal(names, kSecondArray);
        if (may_be_others && static_cast<int64_t>(labels.size()) != part.x.dim(0)) return;
        part.labels = std::move(labels);
        taken_.insert(y->first);
      } catch (const DataError& error) {
        reasons_[y->first] = error.reason();
        return;
      }
    }
    if (const auto* texts = find(arrays_.texts, y ? named : names)) {
      // A list of the classes' names may be called so, too.
      if ((texts->first == "classes" || texts->first == "class") && texts->second.numel() != part.x.dim(0)) return;
      part.label_names = label_names_from(texts->second, part.x.dim(0), part.path);
      taken_.insert(texts->first);
    }
  }

  // The validation part is the test part where there is none, else the rest of the training part.
  void add_validation(ArrayParts& parts, const NamedArray& x_val) {
    ArrayPart validation = part(x_val);
    add_labels(validation, kValidationLabels, {});
    if (!parts.test) {
      parts.test = std::move(validation);
      notes_.push_back(fmt::format("{} is the test part", x_val.first));
      return;
    }
    ArrayPart& train = parts.train;
    const Tensor &a = train.x, &b = validation.x;
    const bool fits = a.ndim() >= 1 && a.ndim() == b.ndim() && a.dtype() == b.dtype() &&
                      train.is_bool == validation.is_bool && a.dim(0) > 0 && b.dim(0) > 0 &&
                      a.rows(0, 1).shape() == b.rows(0, 1).shape() &&
                      train.labels.empty() == validation.labels.empty() && train.label_names.empty() &&
                      validation.label_names.empty();
    if (!fits) {
      taken_.erase(x_val.first);
      reasons_[x_val.first] = "it does not fit the training part";
      return;
    }
    check_memory(a.nbytes() + b.nbytes(), memory_allowed(), file_.path, "the training and the validation part");
    std::vector<int64_t> sizes(a.shape().sizes().begin(), a.shape().sizes().end());
    sizes[0] += b.dim(0);
    Tensor both = Tensor::empty(Shape(std::span<const int64_t>(sizes)), a.dtype());
    std::memcpy(both.raw(), a.raw(), a.nbytes());
    std::memcpy(static_cast<std::byte*>(both.raw()) + a.nbytes(), b.raw(), b.nbytes());
    notes_.push_back(fmt::format("{} ({}) joins the training part, as there is a test part, too", x_val.first,
                                 counted(b.dim(0), "sample")));
    train.x = both;
    train.file = nullptr;
    train.labels.insert(train.labels.end(), validation.labels.begin(), validation.labels.end());
  }

  void tell(ArrayParts& parts, const NamedArray& x, bool is_named) {
    std::string left_out;
    const auto leave_out = [&](const std::string& name, const std::string& reason) {
      left_out +=
          fmt::format("{}{}{}", left_out.empty() ? "" : ", ", name, reason.empty() ? "" : fmt::format(" ({})", reason));
    };
    const auto look = [&](const std::string& name) {
      if (!taken_.contains(name)) leave_out(name, reasons_.contains(name) ? reasons_.at(name) : "");
    };
    for (const auto& [name, array] : arrays_.numbers) look(name);
    for (const auto& [name, array] : arrays_.texts) look(name);
    for (const auto& [name, reason] : arrays_.left_out) leave_out(name, reason);
    if (!left_out.empty()) {
      notes_.push_back(fmt::format("samples are the array {}{}; left out: {}", x.first,
                                   is_named ? "" : ", the first that can be", left_out));
    }
    parts.notes.insert(parts.notes.end(), notes_.begin(), notes_.end());
  }

  const NpzArrays& arrays_;
  const FileBytes& file_;
  std::set<std::string> taken_;
  std::map<std::string, std::string> reasons_;  // why an array is left out
  std::vector<std::string> notes_;
};

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
  ArrayParts parts = options.usual_names ? Archive(arrays, file).parts(name) : few_parts(arrays, file, name);
  return array_source(std::move(parts), options);
}

}  // namespace latent::data
