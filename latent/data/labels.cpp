#include <latent/data/labels.hpp>

#include <latent/data/dispatch.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace latent::data {

namespace {

constexpr int64_t kKeepNumbersBelow = 1000;

void check_names_cover(const ArrayPart& part, int64_t classes) {
  for (size_t i = 0; i < part.labels.size(); ++i) {
    if (0 <= part.labels[i] && part.labels[i] < classes) continue;
    throw DataError(part.path,
                    fmt::format("sample {} has label {}, but there are {} classes", i, part.labels[i], classes));
  }
}

}  // namespace

namespace {

std::vector<ArrayPart*> both_of(ArrayParts& parts) {
  std::vector<ArrayPart*> both = {&parts.train};
  if (parts.test) both.push_back(&*parts.test);
  return both;
}

// Labels of texts: numbered in ascending order of the texts.
std::vector<std::string> number_texts(ArrayParts& parts) {
  std::set<std::string> found;
  for (const ArrayPart* part : both_of(parts)) found.insert(part->label_names.begin(), part->label_names.end());
  const std::vector<std::string> names(found.begin(), found.end());
  for (ArrayPart* part : both_of(parts)) {
    for (const std::string& name : part->label_names) {
      part->labels.push_back(std::lower_bound(names.begin(), names.end(), name) - names.begin());
    }
  }
  return names;
}

// What the numbers of the parts are called.
std::map<int64_t, std::string> names_of_numbers(ArrayParts& parts) {
  std::map<int64_t, std::string> names;
  for (const ArrayPart* part : both_of(parts)) {
    if (part->labels.empty() && !part->label_names.empty()) {
      throw DataError(part->path, "one part has labels of texts, the other one of numbers");
    }
    for (size_t i = 0; i < std::min(part->labels.size(), part->label_names.size()); ++i) {
      const auto [entry, is_new] = names.emplace(part->labels[i], part->label_names[i]);
      if (is_new || entry->second == part->label_names[i]) continue;
      throw DataError(part->path, fmt::format("sample {}: class {} is called both '{}' and '{}'", i, part->labels[i],
                                              entry->second, part->label_names[i]));
    }
  }
  return names;
}

}  // namespace

std::vector<std::string> number_classes(ArrayParts& parts) {
  const bool any_texts = !parts.train.label_names.empty() || (parts.test && !parts.test->label_names.empty());
  const bool any_numbers = !parts.train.labels.empty() || (parts.test && !parts.test->labels.empty());
  if (any_texts && !any_numbers) return number_texts(parts);
  const std::map<int64_t, std::string> called = names_of_numbers(parts);
  const auto name_of_number = [&](int64_t label) {
    const auto found = called.find(label);
    return found == called.end() ? std::to_string(label) : found->second;
  };
  if (parts.train.labels.empty() && !(parts.test && !parts.test->labels.empty())) return {};
  if (!parts.class_names.empty()) {
    check_names_cover(parts.train, static_cast<int64_t>(parts.class_names.size()));
    if (parts.test) check_names_cover(*parts.test, static_cast<int64_t>(parts.class_names.size()));
    return parts.class_names;
  }
  std::vector<int64_t> found = parts.train.labels;
  if (parts.test) found.insert(found.end(), parts.test->labels.begin(), parts.test->labels.end());
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());

  std::vector<std::string> names;
  if (found.front() >= 0 && found.back() < kKeepNumbersBelow) {
    for (int64_t label = 0; label <= found.back(); ++label) names.push_back(name_of_number(label));
    return names;
  }
  for (const int64_t label : found) names.push_back(name_of_number(label));
  const auto renumber = [&](std::vector<int64_t>& labels) {
    for (int64_t& label : labels) label = std::lower_bound(found.begin(), found.end(), label) - found.begin();
  };
  renumber(parts.train.labels);
  if (parts.test) renumber(parts.test->labels);
  return names;
}

std::vector<int64_t> labels_from(const Tensor& y, const std::string& path) {
  if (y.ndim() != 1 && !(y.ndim() == 2 && y.dim(1) == 1)) {
    throw DataError(path,
                    fmt::format("labels: expected one number for each sample, (N) or (N, 1), got {}", y.shape().str()));
  }
  std::vector<int64_t> labels(static_cast<size_t>(y.numel()));
  with_stored_type(y.dtype(), [&](auto* type) {
    using T = Stored<decltype(type)>;
    const T* values = y.data<T>();
    for (size_t i = 0; i < labels.size(); ++i) {
      if constexpr (std::is_floating_point_v<T>) {
        constexpr T kLargestWhole = static_cast<T>(int64_t{1} << 53);
        if (!(std::abs(values[i]) <= kLargestWhole) || values[i] != std::floor(values[i])) {
          throw DataError(path, fmt::format("labels: y[{}] = {} is not a whole number", i, values[i]));
        }
      }
      labels[i] = static_cast<int64_t>(values[i]);
    }
  });
  return labels;
}

std::vector<std::string> label_names_from(const TextArray& y, int64_t samples, const std::string& path) {
  const bool fits = y.sizes().size() == 1 || (y.sizes().size() == 2 && y.sizes()[1] == 1);
  if (!fits || y.numel() != samples) {
    throw DataError(path, fmt::format("labels: expected a text for each of {} samples, got {} in {} dimensions",
                                      samples, y.numel(), y.sizes().size()));
  }
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(samples));
  for (int64_t i = 0; i < samples; ++i) {
    names.push_back(y[i]);
    if (names.back().empty()) throw DataError(path, fmt::format("labels: the text of sample {} is empty", i));
  }
  return names;
}

}  // namespace latent::data
