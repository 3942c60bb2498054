#include <latent/run/classes/predictions.hpp>

#include <latent/core/error.hpp>
#include <latent/formats/csv_writer.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/npy.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/pictures/views.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace latent {

namespace {

constexpr int64_t kCalibrationBins = 15;
constexpr double kLeastProbability = 1e-38;

bool is_known(int64_t label, int64_t classes) { return 0 <= label && label < classes; }

// Mean distance between confidence and accuracy, over ranges of confidence.
double calibration_error_of(const Predictions& predictions, std::span<const int64_t> labels) {
  std::array<double, kCalibrationBins> confidence{}, right{}, count{};
  double known = 0.0;
  for (size_t n = 0; n < labels.size(); ++n) {
    if (!is_known(labels[n], predictions.probabilities.dim(1))) continue;
    const double p = predictions.probability(static_cast<int64_t>(n));
    const auto bin = static_cast<size_t>(
        std::clamp<int64_t>(std::llround(std::ceil(p * kCalibrationBins)) - 1, 0, kCalibrationBins - 1));
    confidence[bin] += p;
    right[bin] += predictions.classes[n] == labels[n] ? 1.0 : 0.0;
    count[bin] += 1.0;
    known += 1.0;
  }
  double error = 0.0;
  for (size_t b = 0; b < count.size(); ++b) error += std::abs(confidence[b] - right[b]) / known;
  return error;
}

}  // namespace

bool is_classifier(const Run& run) { return dynamic_cast<const Classifier*>(run.model.get()) != nullptr; }

const Classifier& classifier_of(const Run& run) {
  if (is_classifier(run)) return dynamic_cast<const Classifier&>(*run.model);
  throw UsageError(
      fmt::format("{}: a model of kind '{}' knows no classes", run.path.string(), run.model->kind()),
      "Train one with: latent train DATA --model classifier --out RUN. How much of the labels the codes of "
      "any model carry says: latent probe RUN DATA");
}

std::vector<std::string> class_names_of(const Run& run) {
  std::vector<std::string> names = run.data ? run.data->class_names : std::vector<std::string>();
  const int64_t classes = classifier_of(run).classes();
  names.resize(std::min(names.size(), static_cast<size_t>(classes)));
  for (auto c = static_cast<int64_t>(names.size()); c < classes; ++c) names.push_back(std::to_string(c));
  return names;
}

Predictions predictions_of(const Classifier& classifier, const Tensor& codes) {
  Predictions predictions{.probabilities = classifier.probabilities(codes), .classes = {}};
  const int64_t C = classifier.classes();
  for (int64_t n = 0; n < codes.dim(0); ++n) {
    const float* row = predictions.probabilities.data<float>() + n * C;
    predictions.classes.push_back(std::max_element(row, row + C) - row);
  }
  return predictions;
}

Predictions predict(const Run& run, const data::Dataset& samples) {
  const Classifier& classifier = classifier_of(run);
  return predictions_of(classifier, encode_samples(classifier, samples, Draw::mean, 0).z);
}

ClassificationFigures judge_predictions(const Predictions& predictions, std::span<const int64_t> labels) {
  LATENT_CHECK(labels.size() == predictions.classes.size(), "[judge_predictions] {} labels for {} predictions",
               labels.size(), predictions.classes.size());
  const int64_t C = predictions.probabilities.dim(1);
  ClassificationFigures figures;
  figures.confusion = Tensor::zeros({C, C}, DType::i64);
  int64_t right = 0;
  for (size_t n = 0; n < labels.size(); ++n) {
    if (!is_known(labels[n], C)) continue;
    ++figures.samples;
    right += predictions.classes[n] == labels[n] ? 1 : 0;
    ++figures.confusion.data<int64_t>()[labels[n] * C + predictions.classes[n]];
    const double p = predictions.probabilities.data<float>()[static_cast<int64_t>(n) * C + labels[n]];
    figures.cross_entropy -= std::log(std::max(p, kLeastProbability));
  }
  const auto N = static_cast<double>(figures.samples);
  figures.accuracy = static_cast<double>(right) / N;
  figures.cross_entropy /= N;
  figures.calibration_error = calibration_error_of(predictions, labels);
  const int64_t* counts = figures.confusion.data<int64_t>();
  for (int64_t c = 0; c < C; ++c) {
    int64_t row = 0, column = 0;
    for (int64_t other = 0; other < C; ++other) row += counts[c * C + other], column += counts[other * C + c];
    const auto hit = static_cast<double>(counts[c * C + c]);
    figures.classes.push_back({row, hit / static_cast<double>(row), hit / static_cast<double>(column)});
  }
  return figures;
}

std::vector<int64_t> surest_errors(const Predictions& predictions, std::span<const int64_t> labels) {
  std::vector<int64_t> wrong;
  for (size_t n = 0; n < labels.size(); ++n) {
    if (is_known(labels[n], predictions.probabilities.dim(1)) && predictions.classes[n] != labels[n]) {
      wrong.push_back(static_cast<int64_t>(n));
    }
  }
  std::ranges::stable_sort(
      wrong, [&](int64_t a, int64_t b) { return predictions.probability(a) > predictions.probability(b); });
  return wrong;
}

Picture picture_of_errors(const Run& run, const data::Dataset& samples, const Predictions& predictions) {
  constexpr int64_t kLargeImages = 72;
  constexpr size_t kMostRows = 10, kMostColumns = 8;
  const std::span<const int64_t> labels = samples.labels();
  std::map<std::pair<int64_t, int64_t>, std::vector<int64_t>> by_pair;  // (class, taken for) -> samples, surest first
  for (const int64_t i : surest_errors(predictions, labels)) {
    by_pair[{labels[static_cast<size_t>(i)], predictions.classes[static_cast<size_t>(i)]}].push_back(i);
  }
  using Group = std::pair<std::pair<int64_t, int64_t>, std::vector<int64_t>>;
  std::vector<Group> groups(by_pair.begin(), by_pair.end());
  std::ranges::stable_sort(groups, [](const Group& a, const Group& b) { return a.second.size() > b.second.size(); });
  groups.resize(std::min(groups.size(), kMostRows));
  size_t columns = 0;
  for (const Group& group : groups) columns = std::max(columns, std::min(group.second.size(), kMostColumns));
  Tensor x = Tensor::full(samples.sample_shape().prepend(static_cast<int64_t>(groups.size() * columns)),
                          std::numeric_limits<double>::quiet_NaN());
  const std::vector<std::string> names = class_names_of(run);
  std::vector<std::string> rows;
  for (size_t row = 0; row < groups.size(); ++row) {
    const auto& [pair, all] = groups[row];
    const std::vector<int64_t> chosen(all.begin(), all.begin() + static_cast<int64_t>(std::min(all.size(), columns)));
    const auto at = static_cast<int64_t>(row * columns);
    x.rows(at, at + static_cast<int64_t>(chosen.size())).copy_from(samples.batch(chosen));
    rows.push_back(fmt::format("{} for {}: {}", names[static_cast<size_t>(pair.first)],
                               names[static_cast<size_t>(pair.second)], all.size()));
  }
  return picture_of_grid(run, view_of(run, x),
                         {.x = x,
                          .columns = static_cast<int64_t>(columns),
                          .meaning = SampleGrid::Meaning::rows_are_groups,
                          .row_names = rows,
                          .mark_names = {"sample"},
                          .min_size = kLargeImages});
}

void write_predictions(const ResultFile& file, const Run& run, const Predictions& predictions,
                       const data::Dataset& samples) {
  const std::vector<std::string> names = class_names_of(run);
  const auto N = static_cast<int64_t>(predictions.classes.size()), C = predictions.probabilities.dim(1);
  std::vector<std::string> predicted;
  for (const int64_t c : predictions.classes) predicted.push_back(names[static_cast<size_t>(c)]);
  const data::NamedLabels labels = data::named_labels(samples);
  if (file.form == Form::npz) {
    NpzContents arrays{{{"probabilities", predictions.probabilities}},
                       {{"predicted", TextValues(predicted)}, {"class_names", TextValues(names)}}};
    add_label_arrays(arrays, labels);
    add_sample_arrays(arrays, samples);
    return write_npz(file.path, arrays.numbers, arrays.texts);
  }
  const SampleColumns columns(samples);
  replace_file(file.path, [&](Sink& sink) {
    CsvWriter writer(sink);
    writer.name("predicted");
    writer.name("probability");
    for (const std::string& name : names) writer.name("p_" + name);
    columns.add_names(writer);
    if (!labels.names.empty()) writer.name("label");
    writer.end_row();
    for (int64_t n = 0; n < N; ++n) {
      writer.cell(predicted[static_cast<size_t>(n)]);
      writer.cell(predictions.probability(n));
      for (int64_t c = 0; c < C; ++c) writer.cell(predictions.probabilities.data<float>()[n * C + c]);
      columns.add_cells(writer, n);
      if (!labels.names.empty()) writer.cell(labels.names[static_cast<size_t>(n)]);
      writer.end_row();
    }
  });
}

}  // namespace latent
