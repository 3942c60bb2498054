#include <latent/run/probes/probe_data.hpp>

#include <latent/core/error.hpp>
#include <latent/core/names.hpp>
#include <latent/core/text.hpp>
#include <latent/data/stratified.hpp>
#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <span>

namespace latent {

namespace {

constexpr uint64_t kSampleStream = 0x73616d706c65;  // "sample"

std::vector<int64_t> counting(int64_t begin, int64_t end) {
  std::vector<int64_t> rows(static_cast<size_t>(end - begin));
  std::iota(rows.begin(), rows.end(), begin);
  return rows;
}

// The parts to train and to test on; only the first for cross-validation.
std::vector<RunData> parts_of(const RunSource& source, const ProbeDataOptions& options, std::vector<Remark>& remarks) {
  const auto take = [&](const std::string& split) {
    RunData part = source.part(split);
    remarks = part.remarks;  // the same for all parts of a source
    return part;
  };
  if (options.one_part || !options.split.empty()) return {take(options.split.empty() ? "all" : options.split)};
  RunData tested = take("");
  if (tested.split == data::name_of(data::Split::all)) return {std::move(tested)};
  return {take(std::string(data::name_of(data::Split::train))), std::move(tested)};
}

// All names that --target may have.
std::vector<std::string_view> target_names(const data::Dataset& samples) {
  std::vector<std::string_view> names;
  for (const std::string& name : samples.column_names()) names.push_back(name);
  for (const std::string& name : samples.factor_names()) names.push_back(name);
  return names;
}

// Where the column of that name is. None for a known factor, and none for no name.
std::optional<int64_t> column_of(const data::Dataset& samples, const std::string& name) {
  const auto factors = samples.factor_names();
  if (std::find(factors.begin(), factors.end(), name) != factors.end()) return std::nullopt;
  const auto columns = samples.column_names();
  const auto column = std::find(columns.begin(), columns.end(), name);
  if (column == columns.end()) return std::nullopt;
  if (columns.size() == 1) {
    throw UsageError(fmt::format("--target {}: is the only column, and nothing is left to predict it from", name));
  }
  return column - columns.begin();
}

// A column in the units of the data, or a factor.
std::vector<double> target_values(const Run& run, const data::Dataset& samples, const std::string& name) {
  const auto factors = samples.factor_names();
  if (const auto factor = std::find(factors.begin(), factors.end(), name); factor != factors.end()) {
    return samples.factor(factor - factors.begin());
  }
  const std::optional<int64_t> column = column_of(samples, name);
  const std::vector<std::string_view> valid = target_names(samples);
  if (valid.empty()) throw UsageError(fmt::format("--target {}: the data has neither columns nor known factors", name));
  if (!column) unknown_name("target", name, valid);
  const Tensor x = to_units(run, samples.range(0, samples.size())).to(DType::f64);
  const Tensor stored = samples.stored_range(0, samples.size());
  const auto D = static_cast<int64_t>(samples.column_names().size());
  std::vector<double> values;
  for (int64_t i = 0; i < samples.size(); ++i) {
    const int64_t at = i * D + *column;
    const bool is_stored = stored.defined() && !std::isnan(stored.data<double>()[at]);  // a missing one was imputed
    values.push_back((is_stored ? stored : x).data<double>()[at]);
  }
  return values;
}

space::Target classes_of(const RunData& part) {
  const auto labels = part.samples->labels();
  if (labels.empty()) {
    throw UsageError(fmt::format("{}: has no labels to probe for", part.part()),
                     target_names(*part.samples).empty()
                         ? "Name the labels of a table with --label-column."
                         : "Name them with --label-column, or a number to predict with --target.");
  }
  return {{labels.begin(), labels.end()}, static_cast<int64_t>(part.samples->class_names().size()), {}};
}

void check_target(const ProbeData& data) {
  if (data.target.is_class()) {
    const auto begin = data.target.labels.begin();
    const std::set<int64_t> classes(begin, begin + data.train_size);
    if (classes.size() < 2) {
      throw UsageError(fmt::format("{}: all samples are of one class", data.train_part),
                       "A probe needs two classes to tell apart.");
    }
    return;
  }
  if (data.train_size < 2) throw UsageError(fmt::format("{}: one sample is not enough", data.train_part));
  const std::span<const double> values(data.target.values.data(), static_cast<size_t>(data.train_size));
  if (std::ranges::all_of(values, [&](double value) { return value == values.front(); })) {
    throw UsageError(fmt::format("{}: the target is {:g} everywhere", data.train_part, values.front()),
                     "A probe needs a target that varies.");
  }
}

// All samples as rows (N, D), as the model sees them.
Tensor all_values(const ProbeData& data) {
  const int64_t D = data.parts.front()->sample_shape().numel();
  Tensor x = Tensor::empty({data.size(), D});
  int64_t begin = 0;
  for (const auto& samples : data.parts) {
    const std::vector<int64_t> all = counting(0, samples->size());
    samples->gather(all, x.span<float>().subspan(static_cast<size_t>(begin * D), all.size() * static_cast<size_t>(D)));
    begin += samples->size();
  }
  return x;
}

// Puts the mean of the first `known` rows into a column of all.
void hide_column(Tensor& x, int64_t column, int64_t known) {
  const int64_t N = x.dim(0), D = x.dim(1);
  auto* values = x.data<float>() + column;
  double mean = 0.0;
  for (int64_t n = 0; n < known; ++n) mean += values[n * D] / static_cast<double>(known);
  for (int64_t n = 0; n < N; ++n) values[n * D] = static_cast<float>(mean);
}

}  // namespace

std::vector<int64_t> ProbeData::train_rows() const { return counting(0, train_size); }
std::vector<int64_t> ProbeData::test_rows() const { return counting(train_size, size()); }

ProbeData open_probe_data(const Run& run, const RunSource& source, const ProbeDataOptions& options) {
  ProbeData data;
  std::vector<RunData> parts = parts_of(source, options, data.remarks);
  const int64_t values = run.model->data_shape().numel();
  const int64_t room = std::max<int64_t>(2, kMostValues / values);
  data.source = parts.front().source;
  for (RunData& part : parts) {
    const bool first = data.parts.empty();
    const int64_t all = part.samples->size();
    const int64_t most = first && options.most > 0 ? std::min(options.most, room) : room;
    part.samples = data::at_most(part.samples, most, Rng(options.seed).fork(kSampleStream));
    const int64_t size = part.samples->size();
    (first ? data.train_size : data.test_size) = size;
    std::string& name = first ? data.train_part : data.test_part;
    name = fmt::format("{} ({}{})", part.part(), size < all ? "a random part, " : "", counted(size, "sample"));
    const space::Target target = options.target.empty()
                                     ? classes_of(part)
                                     : space::Target{{}, 0, target_values(run, *part.samples, options.target)};
    if (first) data.target = target;
    if (!first) space::append(data.target, target);
    data.parts.push_back(part.samples);
  }
  const auto names = data.parts.front()->class_names();
  data.class_names.assign(names.begin(), names.end());
  data.target_column = column_of(*data.parts.front(), options.target);
  check_target(data);
  return data;
}

Codes probed_codes(const Run& run, const ProbeData& data) {
  if (data.target_column) {
    Tensor x = all_values(data);
    hide_column(x, *data.target_column, data.train_size);
    return encode_samples(*run.model, *data::from_tensor(x, data::Kind::array, {}), Draw::mean, 0);
  }
  const Shape shape{data.size(), run.model->latent_dim()};
  Codes codes{Tensor::empty(shape), Tensor::empty(shape)};
  int64_t begin = 0;
  for (const auto& samples : data.parts) {
    const Codes part = encode_samples(*run.model, *samples, Draw::mean, 0);
    codes.z.rows(begin, begin + samples->size()).copy_from(part.z);
    codes.stddev.rows(begin, begin + samples->size()).copy_from(part.stddev);
    begin += samples->size();
  }
  return codes;
}

Tensor probed_values(const ProbeData& data) {
  const Tensor x = all_values(data);
  if (!data.target_column) return x;
  const int64_t D = x.dim(1), skipped = *data.target_column;
  Tensor others = Tensor::empty({data.size(), D - 1});
  for (int64_t i = 0; i < data.size(); ++i) {
    const float* from = x.data<float>() + i * D;
    float* to = others.data<float>() + i * (D - 1);
    std::copy(from + skipped + 1, from + D, std::copy_n(from, skipped, to));
  }
  return others;
}

}  // namespace latent
