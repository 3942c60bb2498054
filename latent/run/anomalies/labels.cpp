#include <latent/run/anomalies/labels.hpp>

#include <latent/core/error.hpp>
#include <latent/core/names.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

namespace latent {

namespace {

// Which of the class names stand in "a,b".
std::vector<bool> named(std::span<const std::string> class_names, const std::string& list) {
  std::vector<bool> found(class_names.size(), false);
  std::stringstream stream(list);
  for (std::string name; std::getline(stream, name, ',');) {
    const auto at = std::find(class_names.begin(), class_names.end(), name);
    if (at == class_names.end()) {
      const std::vector<std::string_view> valid(class_names.begin(), class_names.end());
      unknown_name("class", name, valid);
    }
    found[static_cast<size_t>(at - class_names.begin())] = true;
  }
  return found;
}

bool are_zero_and_one(std::span<const std::string> class_names) {
  return class_names.size() == 2 && class_names[0] == "0" && class_names[1] == "1";
}

}  // namespace

std::optional<AnomalyLabels> anomaly_labels(const data::Dataset& samples, const std::string& anomalous,
                                            const std::string& normal) {
  if (!anomalous.empty() && !normal.empty()) {
    throw UsageError("--anomaly-label and --normal-label say the same thing: give one of them");
  }
  const bool is_asked_for = !anomalous.empty() || !normal.empty();
  const char* option = anomalous.empty() ? "--normal-label" : "--anomaly-label";
  const std::span<const std::string> names = samples.class_names();
  if (samples.labels().empty() || names.empty()) {
    if (!is_asked_for) return std::nullopt;
    throw UsageError(fmt::format("{}: the samples have no labels", option),
                     "Name the column of a table that holds them with --label-column.");
  }
  std::vector<bool> is_odd_class;
  if (!anomalous.empty()) {
    is_odd_class = named(names, anomalous);
  } else if (!normal.empty()) {
    is_odd_class = named(names, normal);
    is_odd_class.flip();
  } else if (are_zero_and_one(names)) {
    is_odd_class = {false, true};
  } else {
    return std::nullopt;
  }
  AnomalyLabels labels;
  for (const int64_t label : samples.labels())
    labels.is_anomaly.push_back(is_odd_class[static_cast<size_t>(label)] ? 1 : 0);
  for (size_t c = 0; c < names.size(); ++c) {
    if (is_odd_class[c]) labels.classes.push_back(names[c]);
  }
  const auto odd = std::count(labels.is_anomaly.begin(), labels.is_anomaly.end(), 1);
  if (odd > 0 && odd < samples.size()) return labels;
  if (!is_asked_for) return std::nullopt;
  throw UsageError(fmt::format("{}: {} of the {} samples are anomalies, so that there is nothing to tell apart", option,
                               odd == 0 ? "none" : "all", samples.size()));
}

}  // namespace latent
