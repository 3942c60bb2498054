#include <latent/run/data_record.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/data/fingerprint.hpp>
#include <latent/data/read_options.hpp>
#include <latent/formats/csv.hpp>
#include <latent/data/stratified.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

namespace latent {

namespace {

constexpr int64_t kProbedSamples = 16;

std::vector<double> probe_of(const data::Dataset& samples) {
  std::vector<double> means;
  const int64_t count = std::min(kProbedSamples, samples.size());
  for (int64_t i = 0; i < count; ++i) {
    const int64_t index = i * samples.size() / count;
    const Tensor x = samples.range(index, index + 1);
    double sum = 0.0;
    for (const float value : x.span<float>()) sum += static_cast<double>(value);
    means.push_back(sum / static_cast<double>(std::max<int64_t>(x.numel(), 1)));
  }
  return means;
}

// What a training part has in its columns, as far as at most 100,000 of its rows say. A missing value is none of them.
std::vector<ColumnValues> columns_of(const std::shared_ptr<const data::Dataset>& training) {
  constexpr int64_t kMostRows = 100'000, kLeastRows = 1'000, kMostValues = int64_t{1} << 25;
  constexpr uint64_t kSeed = 0x636f6c756d6e73;  // "columns"
  const int64_t D = training->sample_shape().numel();
  const auto rows = data::at_most(training, std::clamp(kMostValues / D, kLeastRows, kMostRows), Rng(kSeed));
  const Tensor stored = rows->stored_range(0, rows->size());
  if (!stored.defined()) return {};
  std::vector<ColumnValues> columns;
  for (int64_t c = 0; c < D; ++c) {
    std::vector<double> values;
    for (int64_t i = c; i < stored.numel(); i += D) {
      if (std::isfinite(stored.data<double>()[i])) values.push_back(stored.data<double>()[i]);
    }
    if (values.empty()) return {};
    columns.push_back(column_values_of(std::move(values)));
  }
  return columns;
}

Shape shape_from(const nlohmann::json& json) {
  const auto sizes = json.get<std::vector<int64_t>>();
  return Shape(std::span<const int64_t>(sizes));
}

nlohmann::json series_to_json(const data::SeriesOptions& series) {
  nlohmann::json json = {{"window", series.window},
                         {"step", series.step},
                         {"time_column", series.time_column},
                         {"max_gap", series.max_gap}};
  if (!series.series_column.empty()) json["series_column"] = series.series_column;
  if (series.date_order != data::DateOrder::unknown) json["date_order"] = data::name_of(series.date_order);
  return json;
}

data::SeriesOptions series_from_json(const nlohmann::json& json) {
  const auto order = json.find("date_order");
  return {
      .window = json.at("window").get<int64_t>(),
      .step = json.at("step").get<int64_t>(),
      .time_column = json.at("time_column").get<std::string>(),
      .series_column = json.value("series_column", std::string()),
      .date_order = order == json.end() ? data::DateOrder::unknown : data::date_order_from(order->get<std::string>()),
      .max_gap = json.at("max_gap").get<int64_t>()};
}

nlohmann::json open_to_json(const data::OpenOptions& open) {
  nlohmann::json json = {{"grayscale", open.grayscale},
                         {"label_column", open.label_column},
                         {"missing", data::name_of(open.missing)},
                         {"header", data::name_of(open.header)}};
  if (!open.drop.empty()) json["drop"] = open.drop;
  if (open.decimal) json["decimal"] = name_of(*open.decimal);
  if (open.bytes == data::OpenOptions::Bytes::numbers) json["bytes"] = "numbers";
  if (open.binarize) json["binarize"] = *open.binarize;
  if (open.drawn_bits) json["binarize"] = data::name_of(*open.drawn_bits);
  json["follow_orientation"] = open.follow_orientation;
  json["keep_16_bits"] = open.keep_16_bits;
  json["usual_names"] = open.usual_names;
  json["fit"] = name_of(open.fit);
  json["background"] = open.background ? nlohmann::json(*open.background) : nlohmann::json();
  if (open.size) json["size"] = {open.size->first, open.size->second};
  if (open.series.asked()) json["series"] = series_to_json(open.series);
  if (open.transform) json["transform"] = *open.transform->to_json();
  if (open.sound.is_decided()) json["sound"] = *open.sound.to_json();
  return json;
}

data::OpenOptions open_from_json(const nlohmann::json& json) {
  data::OpenOptions open;
  open.grayscale = json.at("grayscale").get<bool>();
  open.label_column = json.at("label_column").get<std::string>();
  open.missing = data::missing_from(json.at("missing").get<std::string>());
  // Before there was a choice, numbers were never taken for names.
  open.header = json.contains("header") ? data::header_from(json.at("header").get<std::string>()) : data::Header::texts;
  if (json.contains("decimal")) open.decimal = csv_decimal_from(json.at("decimal").get<std::string>());
  if (json.contains("drop")) open.drop = json.at("drop").get<std::vector<std::string>>();
  if (json.contains("bytes")) open.bytes = data::OpenOptions::Bytes::numbers;
  if (json.contains("binarize")) {
    const nlohmann::json& binarize = json.at("binarize");
    if (binarize.is_string()) {
      open.drawn_bits = data::drawn_bits_from(binarize.get<std::string>());
    } else {
      open.binarize = binarize.get<double>();
    }
  }
  // Earlier versions squashed images, laid transparent pixels on black, looked at neither orientation nor 16 bits, and
  // knew few names of parts: what their models were trained on is read so again.
  open.follow_orientation = json.value("follow_orientation", false);
  open.keep_16_bits = json.value("keep_16_bits", false);
  open.usual_names = json.value("usual_names", false);
  open.fit = json.contains("fit") ? fit_from(json.at("fit").get<std::string>()) : Fit::stretch;
  open.background = 0;
  if (json.contains("background")) {
    const nlohmann::json& grey = json.at("background");
    open.background = grey.is_null() ? std::nullopt : std::optional(grey.get<uint8_t>());
  }
  if (json.contains("size")) open.size = json.at("size").get<std::pair<int64_t, int64_t>>();
  if (json.contains("series")) open.series = series_from_json(json.at("series"));
  if (json.contains("transform")) open.transform = data::Transform::from_json(json.at("transform"));
  if (json.contains("sound")) open.sound = data::SoundOptions::from_json(json.at("sound"));
  return open;
}

nlohmann::json checksums_to_json(const std::vector<DataChecksum>& checksums) {
  nlohmann::json json = nlohmann::json::array();
  for (const DataChecksum& part : checksums) {
    json.push_back({{"samples", part.samples}, {"xxh64", fmt::format("{:016x}", part.hash)}});
  }
  return json;
}

std::vector<DataChecksum> checksums_from_json(const nlohmann::json& json) {
  std::vector<DataChecksum> checksums;
  for (const nlohmann::json& part : json) {
    const auto text = part.at("xxh64").get<std::string>();
    DataChecksum checksum{part.at("samples").get<int64_t>(), 0};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), checksum.hash, 16);
    LATENT_CHECK(error == std::errc() && end == text.data() + text.size() && checksum.samples >= 0,
                 "checksum: expected hexadecimal digits and a number of samples, got '{}' of {}", text,
                 checksum.samples);
    checksums.push_back(checksum);
  }
  return checksums;
}

}  // namespace

Json DataRecord::to_json() const {
  nlohmann::json json = {
      {"source", source},
      {"name", name},
      {"format", format},
      {"kind", data::name_of(kind)},
      {"train_samples", train_samples},
      {"test_samples", test_samples},
      {"sample_shape", std::vector<int64_t>(sample_shape.sizes().begin(), sample_shape.sizes().end())},
      {"open", open_to_json(open)},
      {"held_out", {{"fraction", held_out.fraction}, {"seed", held_out.seed}}},
      {"class_names", class_names},
      {"column_names", column_names},
      {"probe", probe},
      {"checksums", checksums_to_json(checksums)}};
  if (!columns.empty()) json["columns"] = *column_values_to_json(columns);
  return json;
}

DataRecord DataRecord::from_json(const Json& json) try {
  DataRecord record;
  record.source = json->at("source").get<std::string>();
  record.name = json->at("name").get<std::string>();
  record.format = json->at("format").get<std::string>();
  record.kind = data::kind_from(json->at("kind").get<std::string>());
  record.train_samples = json->at("train_samples").get<int64_t>();
  record.test_samples = json->at("test_samples").get<int64_t>();
  record.sample_shape = shape_from(json->at("sample_shape"));
  record.open = open_from_json(json->at("open"));
  record.held_out.fraction = json->at("held_out").at("fraction").get<double>();
  record.held_out.seed = json->at("held_out").at("seed").get<uint64_t>();
  record.class_names = json->at("class_names").get<std::vector<std::string>>();
  record.column_names = json->at("column_names").get<std::vector<std::string>>();
  record.probe = json->at("probe").get<std::vector<double>>();
  if (json->contains("checksums")) record.checksums = checksums_from_json(json->at("checksums"));
  if (json->contains("columns")) record.columns = column_values_from_json(json->at("columns"));
  const bool fraction_fits = record.held_out.fraction >= 0.0 && record.held_out.fraction < 1.0;
  LATENT_CHECK(fraction_fits, "held-out fraction: expected [0, 1), got {}", record.held_out.fraction);
  return record;
} catch (const nlohmann::json::exception&) {
  detail::throw_invalid_argument("what it says of its data holds a value that is missing or of another type");
}

DataRecord record_of(const std::string& path_or_name, const data::Source& source, const data::OpenOptions& options,
                     const HeldOut& held_out) {
  DataRecord record;
  const bool is_name = data::is_known_set(path_or_name);
  record.source = is_name ? path_or_name : std::filesystem::absolute(path_or_name).lexically_normal().string();
  record.name = source.name;
  record.format = source.format;
  record.kind = source.train->kind();
  record.train_samples = source.train->size();
  record.test_samples = source.test ? source.test->size() : 0;
  record.sample_shape = source.train->sample_shape();
  record.open = options;
  record.open.transform = source.transform;
  // What .ts holds are series by themselves; other forms become such only if they are asked to.
  if (record.kind == data::Kind::series && !record.open.series.asked()) record.open.series.window = data::kWholeSeries;
  if (source.background) record.open.background = source.background;
  if (source.sound) record.open.sound = *source.sound;
  record.open.drop = source.dropped;  // by name, wherever they stand in other data
  record.held_out = held_out;
  record.class_names.assign(source.train->class_names().begin(), source.train->class_names().end());
  record.column_names.assign(source.train->column_names().begin(), source.train->column_names().end());
  if (record.kind == data::Kind::table) record.columns = columns_of(part_of(source, data::Split::train, held_out));
  record.probe = probe_of(*source.train);
  for (const data::Dataset* part : {source.train.get(), source.test.get()}) {
    if (part == nullptr) continue;
    const int64_t count = data::samples_to_fingerprint(*part);
    record.checksums.push_back({count, data::fingerprint(*part, count)});
  }
  return record;
}

bool has_changed(const DataRecord& record, const data::Source& source) {
  const data::Dataset* parts[] = {source.train.get(), source.test.get()};
  for (size_t i = 0; i < std::min(record.checksums.size(), std::size(parts)); ++i) {
    const DataChecksum& checksum = record.checksums[i];
    if (parts[i] == nullptr || checksum.samples > parts[i]->size()) return true;
    if (data::fingerprint(*parts[i], checksum.samples) != checksum.hash) return true;
  }
  return false;
}

bool is_same_data(const DataRecord& record, const data::Source& source) {
  const bool same_sizes = source.train->size() == record.train_samples &&
                          source.train->sample_shape() == record.sample_shape &&
                          (source.test ? source.test->size() : 0) == record.test_samples;
  if (!same_sizes) return false;
  constexpr double kRounding = 1e-5;  // f32 sums may differ between processors
  const std::vector<double> probe = probe_of(*source.train);
  return std::equal(probe.begin(), probe.end(), record.probe.begin(), record.probe.end(), [](double a, double b) {
    return std::abs(a - b) <= kRounding * std::max({1.0, std::abs(a), std::abs(b)});
  });
}

std::shared_ptr<const data::Dataset> part_of(const data::Source& source, data::Split split, const HeldOut& held_out) {
  return data::select(source, split, held_out.fraction, held_out.seed);
}

}  // namespace latent
