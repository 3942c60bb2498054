#include <latent/data/describe.hpp>

#include <latent/core/detail/json_value.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace latent::data {

namespace {

using nlohmann::json;

constexpr int64_t kMostSamples = 10'000;
constexpr int64_t kValuesAtOnce = int64_t{1} << 22;

json value_range(const Dataset& data) {
  const int64_t numel = data.sample_shape().numel();
  const int64_t looked = std::min(data.size(), kMostSamples);
  const int64_t block = std::clamp<int64_t>(kValuesAtOnce / numel, 1, kMostSamples);
  std::vector<float> values(static_cast<size_t>(std::min(block, looked) * numel));
  double lowest = HUGE_VAL, highest = -HUGE_VAL;
  for (int64_t begin = 0; begin < looked; begin += block) {
    std::vector<int64_t> indices;
    for (int64_t i = begin; i < std::min(begin + block, looked); ++i) {
      indices.push_back(i * (data.size() / looked));
    }
    const std::span<float> out(values.data(), indices.size() * static_cast<size_t>(numel));
    data.gather(indices, out);
    const auto [low, high] = std::minmax_element(out.begin(), out.end());
    lowest = std::min<double>(lowest, *low);
    highest = std::max<double>(highest, *high);
  }
  return {{"min", lowest}, {"max", highest}, {"samples", looked}};
}

json class_counts(const Source& source) {
  std::span<const std::string> names = source.train->class_names();
  if (names.empty() && source.test) names = source.test->class_names();
  json classes = json::array();
  for (const std::string& name : names) {
    classes.push_back({{"name", name}, {"train", 0}});
    if (source.test) classes.back()["test"] = 0;
  }
  const auto count = [&](const Dataset& part, const char* key) {
    std::vector<int64_t> counts(names.size());
    for (const int64_t label : part.labels()) ++counts[static_cast<size_t>(label)];
    for (size_t i = 0; i < counts.size(); ++i) classes[i][key] = counts[i];
  };
  count(*source.train, "train");
  if (source.test) count(*source.test, "test");
  return classes;
}

json columns(const Dataset& data) {
  json list = json::array();
  const auto names = data.column_names();
  const std::vector<ColumnSummary> summaries = data.column_summaries();
  for (size_t i = 0; i < summaries.size(); ++i) {
    const ColumnSummary& s = summaries[i];
    list.push_back({{"name", names[i]}, {"min", s.min}, {"mean", s.mean}, {"max", s.max}, {"missing", s.missing}});
  }
  return list;
}

json factors(const Dataset& data) {
  json list = json::array();
  for (size_t f = 0; f < data.factor_names().size(); ++f) {
    const std::vector<double> values = data.factor(static_cast<int64_t>(f));
    const std::set<double> levels(values.begin(), values.end());
    list.push_back({{"name", data.factor_names()[f]},
                    {"min", *levels.begin()},
                    {"max", *levels.rbegin()},
                    {"levels", levels.size()}});
  }
  return list;
}

}  // namespace

Json describe(const Source& source) {
  LATENT_CHECK(source.train != nullptr, "[describe] {}: nothing was opened", source.name);
  const Dataset& train = *source.train;
  const Storage stored = train.storage(), test = source.test ? source.test->storage() : Storage{};
  const Shape shape = train.sample_shape();
  json result{{"name", source.name},
              {"format", source.format},
              {"kind", name_of(train.kind())},
              {"parts", {{"train", train.size()}}},
              {"sample_shape", std::vector<int64_t>(shape.sizes().begin(), shape.sizes().end())},
              {"stored_type", name_of(train.stored_dtype())},
              {"bytes", stored.bytes + test.bytes},
              {"mapped", stored.mapped || test.mapped},
              {"standardised", train.is_standardised()},
              {"value_range", value_range(train)}};
  if (!source.notes.empty()) result["notes"] = source.notes;
  if (!source.dropped.empty()) result["dropped"] = source.dropped;
  if (source.test) result["parts"]["test"] = source.test->size();
  if (!source.warnings.empty()) result["warnings"] = source.warnings;
  if (json classes = class_counts(source); !classes.empty()) result["classes"] = std::move(classes);
  if (json list = columns(train); !list.empty()) result["columns"] = std::move(list);
  if (json list = factors(train); !list.empty()) result["factors"] = std::move(list);
  return result;
}

}  // namespace latent::data
