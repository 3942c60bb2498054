#include <latent/run/anomalies/odd_samples.hpp>

#include <latent/formats/csv.hpp>
#include <latent/formats/image.hpp>
#include <latent/report/pictures.hpp>
#include <latent/run/anomalies/heat_pictures.hpp>
#include <latent/run/pictures/pictures.hpp>
#include <latent/run/tables/sample_columns.hpp>
#include <latent/run/units.hpp>
#include <latent/space/metrics/ranking.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent {

namespace {

// 0 ... count - 1, the one that `measure` finds largest first.
template <class Measure>
std::vector<int64_t> largest_first(size_t count, const Measure& measure) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return measure(a) > measure(b); });
  return order;
}

std::vector<OddColumn> odd_columns(const Run& run, const Tensor& deviations, int64_t index) {
  constexpr size_t kNamed = 3;
  const int64_t P = deviations.dim(1);
  const float* row = deviations.data<float>() + index * P;
  std::vector<int64_t> columns =
      largest_first(static_cast<size_t>(P), [row](int64_t p) { return std::isnan(row[p]) ? -1.0F : std::abs(row[p]); });
  std::erase_if(columns, [row](int64_t p) { return std::isnan(row[p]); });  // missing
  columns.resize(std::min(kNamed, columns.size()));
  const std::vector<std::string> names = value_names(run, P);
  std::vector<OddColumn> odd;
  for (const int64_t p : columns) odd.push_back({names[static_cast<size_t>(p)], row[p]});
  return odd;
}

// Series: as they are and as the model has them, in one plot.
std::string write_odd_series(const ResultFile& file, const Run& run, const View& view, const Pairs& pairs,
                             const std::atomic<bool>* stop) {
  if (file.form == Form::png) {
    const Picture picture = picture_of_pairs(run, view, pairs);
    write_png(file.path, picture.pixels);
    return picture.shown;
  }
  const std::vector<Tensor> each = pictures_of_series(run, view, pairs);
  Tensor pictures = Tensor::empty(each.front().shape().prepend(pairs.x.dim(0)));
  for (size_t i = 0; i < each.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    Tensor place = pictures.rows(at, at + 1);
    std::ranges::transform(each[i].span<uint8_t>(), place.span<float>().begin(),
                           [](uint8_t value) { return static_cast<float>(value) / 255.0F; });
  }
  write_image_folder(file.path, pictures, {}, stop);
  return {};
}

}  // namespace

std::vector<int64_t> oddest_first(const ScoredData& scored) {
  const std::vector<double>& score = scored.scores.score;
  return largest_first(score.size(), [&](int64_t n) { return score[static_cast<size_t>(n)]; });
}

std::vector<OddSample> odd_samples(const Run& run, const data::Dataset& samples, const ScoredData& scored,
                                   const std::vector<int64_t>& order, int64_t count) {
  std::vector<OddSample> odd;
  for (size_t i = 0; i < order.size() && static_cast<int64_t>(i) < count; ++i) {
    const int64_t index = order[i];
    const auto at = static_cast<size_t>(index);
    OddSample& one = odd.emplace_back(OddSample{.index = index,
                                                .data_index = samples.source_index(index),
                                                .score = scored.scores.score[at],
                                                .p_value = scored.scores.p_value[at]});
    if (!samples.labels().empty()) one.class_name = samples.class_names()[static_cast<size_t>(samples.labels()[at])];
    if (samples.has_sample_names()) {
      one.name = samples.sample_name(index);
      one.name_says = samples.kind().sample_name;
    }
    if (scored.deviations.defined()) one.columns = odd_columns(run, scored.deviations, index);
  }
  return odd;
}

Detection detection_of(const std::vector<double>& scores, const AnomalyLabels& labels) {
  return {space::auroc(scores, labels.is_anomaly), space::average_precision(scores, labels.is_anomaly)};
}

void write_anomaly_scores(const ResultFile& file, const ScoredData& scored, const data::Dataset& samples) {
  const space::AnomalyScores& scores = scored.scores;
  std::vector<std::string> names = {"index", "score", "p_value"};
  for (const space::AnomalyComponent& component : scores.components) names.push_back(component.name);
  const auto N = static_cast<int64_t>(scores.score.size()), columns = static_cast<int64_t>(names.size());
  Tensor rows = Tensor::empty({N, columns}, DType::f64);
  auto* out = rows.data<double>();
  for (int64_t n = 0; n < N; ++n) {
    const auto at = static_cast<size_t>(n);
    *out++ = static_cast<double>(n);
    *out++ = scores.score[at];
    *out++ = scores.p_value[at];
    for (const space::AnomalyComponent& component : scores.components) *out++ = component.values[at];
  }
  write_sample_table(file.path, names, rows, samples, LabelColumn::last);
}

void write_contributions(const ResultFile& file, const Run& run, const ScoredData& scored,
                         const data::Dataset& samples) {
  const Tensor& deviations = scored.deviations;
  const int64_t N = deviations.dim(0), P = deviations.dim(1);
  const std::vector<std::string> names = value_names(run, P);
  const SampleColumns of_sample(samples);
  Tensor index = Tensor::empty({N, 1}, DType::f64);
  for (int64_t n = 0; n < N; ++n) index.data<double>()[n] = static_cast<double>(n);
  const auto add_names = [&](CsvWriter& writer) {
    for (const std::string& name : names) writer.name(name);
    of_sample.add_names(writer);
  };
  const auto add_cells = [&](CsvWriter& writer, int64_t n) {
    for (const float deviation : deviations.rows(n, n + 1).span<float>()) {
      if (std::isnan(deviation)) {
        writer.cell(std::string_view());
      } else {
        writer.cell(static_cast<double>(deviation));
      }
    }
    of_sample.add_cells(writer, n);
  };
  write_csv(file.path, {"index"}, index, {add_names, add_cells});
}

std::string write_heatmaps(const ResultFile& file, const Run& run, const std::shared_ptr<const data::Dataset>& samples,
                           const std::vector<int64_t>& order, int64_t count, const std::atomic<bool>* stop) {
  count = std::min(count, samples->size());
  const auto odd = data::subset(samples, {order.begin(), order.begin() + count});
  const SampleTerms terms = sample_terms(*run.model, *odd, 0, count);
  const Shape shape = run.model->data_shape().prepend(count);
  const Pairs pairs{.x = terms.x.view_as(shape), .x_hat = terms.x_hat.view_as(shape)};
  const View view = view_of(run, pairs.x);
  if (view.look == Look::series) return write_odd_series(file, run, view, pairs, stop);
  const Tensor pictures =
      heat_pictures(for_pictures(run, pairs.x), for_pictures(run, pairs.x_hat), run.model->data_shape());
  constexpr int64_t kTriplesInARow = 6;
  if (file.form == Form::folder) {
    write_image_folder(file.path, pictures, {}, stop);
  } else {
    write_png(file.path, report::image_grid(pictures, std::min(count, kTriplesInARow)));
  }
  return {};
}

}  // namespace latent
