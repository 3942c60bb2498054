#include <latent/formats/csv_writer.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/image.hpp>
#include <latent/report/matrix_chart.hpp>
#include <latent/report/pictures.hpp>
#include <latent/run/probes/probing.hpp>
#include <latent/run/tables/sample_columns.hpp>

namespace latent {

namespace {

void write_confusion(Sink& sink, const Tensor& confusion, const std::vector<std::string>& names) {
  CsvWriter writer(sink);
  writer.name("class");
  for (const std::string& name : names) writer.name(name);
  writer.end_row();
  const int64_t C = confusion.dim(0);
  for (int64_t row = 0; row < C; ++row) {
    writer.cell(names[static_cast<size_t>(row)]);
    for (int64_t c = 0; c < C; ++c) writer.cell(confusion.data<int64_t>()[row * C + c]);
    writer.end_row();
  }
}

void write_predictions(const ResultFile& file, const space::ProbeScore& score, const data::Dataset& tested) {
  const auto N = static_cast<int64_t>(score.truth.values.size());
  Tensor pairs = Tensor::empty({N, 2}, DType::f64);
  for (int64_t i = 0; i < N; ++i) {
    pairs.data<double>()[2 * i] = score.truth.values[static_cast<size_t>(i)];
    pairs.data<double>()[2 * i + 1] = score.predicted.values[static_cast<size_t>(i)];
  }
  if (file.form == Form::csv) return write_sample_table(file.path, {"truth", "predicted"}, pairs, tested);
  write_png(file.path, report::scatter_chart(pairs, {}, {}, {.x_label = "truth", .y_label = "predicted"}));
}

}  // namespace

std::vector<std::string> class_names_of(const ProbeRow& row, const ProbeData& data) {
  std::vector<std::string> names = data.class_names;
  for (auto c = static_cast<int64_t>(names.size()); c < row.score.truth.classes; ++c) {
    names.push_back(std::to_string(c));
  }
  return names;
}

void write_probe_file(const ResultFile& file, const ProbeRow& row, const ProbeData& data, const ProbeResults& results) {
  if (!row.score.truth.is_class()) return write_predictions(file, row.score, *results.tested);
  const Tensor confusion =
      space::confusion_matrix(row.score.truth.labels, row.score.predicted.labels, row.score.truth.classes);
  const std::vector<std::string> names = class_names_of(row, data);
  if (file.form == Form::png) return write_png(file.path, report::confusion_chart(confusion, names));
  replace_file(file.path, [&](Sink& sink) { write_confusion(sink, confusion, names); });
}

}  // namespace latent
