#include <latent/data/known_classes.hpp>
#include <latent/formats/csv_writer.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/report/svg.hpp>
#include <latent/run/maps/sample_map.hpp>
#include <latent/run/tables/sample_columns.hpp>

namespace latent {

namespace {

void write_map_table(const MappedSamples& samples, const Tensor& map, const std::filesystem::path& path) {
  const data::NamedLabels labels = data::named_labels(*samples.data.samples);
  const SampleColumns of_sample(*samples.data.samples);
  replace_file(path, [&](Sink& sink) {
    CsvWriter writer(sink);
    writer.name("index").name("x").name("y");
    if (map.dim(1) == 3) writer.name("z");
    of_sample.add_names(writer);
    if (!labels.names.empty()) writer.name("class").name("label");
    writer.end_row();
    const auto D = static_cast<size_t>(map.dim(1));
    for (size_t i = 0; i < samples.index.size(); ++i) {
      writer.cell(samples.index[i]);
      for (const float place : map.span<float>().subspan(i * D, D)) writer.cell(place);
      of_sample.add_cells(writer, static_cast<int64_t>(i));
      if (!labels.names.empty()) writer.cell(labels.numbers[i]).cell(labels.names[i]);
      writer.end_row();
    }
  });
}

void write_map_archive(const MappedSamples& samples, const Tensor& map, const std::filesystem::path& path) {
  NpzContents arrays{{{"map", map}, {"index", Tensor::from(samples.index, {map.dim(0)})}}};
  arrays.numbers.emplace_back(samples.space == SampleSpace::latent ? "codes" : "x", samples.x);
  add_label_arrays(arrays, data::named_labels(*samples.data.samples));
  add_sample_arrays(arrays, *samples.data.samples);
  write_npz(path, arrays.numbers, arrays.texts);
}

// Words say more than dots.
void write_named_map(const data::Dataset& samples, const Tensor& positions, const report::ChartOptions& chart,
                     std::span<const report::PointPair> joined, const ResultFile& file) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < samples.size(); ++i) names.push_back(samples.sample_name(i));
  if (file.form == Form::png) return write_png(file.path, report::named_chart(positions, names, chart, joined));
  const std::string document = report::named_svg(positions, names, chart, joined);
  replace_file(file.path, [&](Sink& sink) { sink.write(document); });
}

}  // namespace

void write_map(const MappedSamples& samples, const Tensor& positions, const std::string& title, const ResultFile& file,
               std::span<const report::PointPair> joined) {
  const std::span<const int64_t> labels = samples.data.samples->labels();
  const std::span<const std::string> names = samples.data.samples->class_names();
  const std::vector<std::string> class_names(names.begin(), names.end());
  report::ChartOptions chart{.title = title, .width = 1000, .height = 800};
  const bool is_drawn = file.form == Form::svg || file.form == Form::png;
  if (is_drawn && samples.data.samples->kind() == data::Kind::words) {
    chart.width = 1600;
    chart.height = 1200;
    return write_named_map(*samples.data.samples, positions, chart, joined, file);
  }
  switch (file.form) {
    case Form::svg: {
      const std::string document = report::scatter_svg(positions, labels, class_names, chart);
      return replace_file(file.path, [&](Sink& sink) { sink.write(document); });
    }
    case Form::csv: return write_map_table(samples, positions, file.path);
    case Form::npy: return write_npy(file.path, positions);
    case Form::npz: return write_map_archive(samples, positions, file.path);
    default: return write_png(file.path, report::scatter_chart(positions, labels, class_names, chart));
  }
}

}  // namespace latent
