#include <latent/data/labels.hpp>

#include <latent/data/dispatch.hpp>

#include <algorithm>
#include <cmath>

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

std::vector<std::string> number_classes(ArrayParts& parts) {
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
    for (int64_t label = 0; label <= found.back(); ++label) names.push_back(std::to_string(label));
    return names;
  }
  for (const int64_t label : found) names.push_back(std::to_string(label));
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

}  // namespace latent::data
