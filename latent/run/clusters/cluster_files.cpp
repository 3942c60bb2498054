#include <latent/run/clusters/clustering.hpp>

#include <latent/data/known_classes.hpp>
#include <latent/formats/csv_writer.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/pictures/pictures.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace latent {

namespace {

void write_cluster_table(const ResultFile& file, const data::Dataset& samples, const Clustering& clustering) {
  const std::span<const int64_t> labels = samples.labels();
  const std::span<const std::string> class_names = samples.class_names();
  replace_file(file.path, [&](Sink& sink) {
    const bool labelled = !labels.empty();
    const SampleColumns of_sample(samples);
    CsvWriter writer(sink);
    writer.name("index").name("cluster").name(clustering.value_name);
    of_sample.add_names(writer);
    if (labelled) writer.name("label");
    writer.end_row();
    for (size_t i = 0; i < clustering.clusters.size(); ++i) {
      writer.cell(i).cell(clustering.clusters[i]).cell(fmt::format("{:.6g}", clustering.values[i]));
      of_sample.add_cells(writer, static_cast<int64_t>(i));
      if (labelled) writer.cell(class_names[static_cast<size_t>(labels[i])]);
      writer.end_row();
    }
  });
}

void write_cluster_archive(const ResultFile& file, const data::Dataset& samples, const Clustering& clustering) {
  const auto N = static_cast<int64_t>(clustering.clusters.size());
  NpzContents arrays;
  arrays.numbers = {{"clusters", Tensor::from(clustering.clusters, {N})},
                    {clustering.value_name, Tensor::from(clustering.values, {N})},
                    {"centers", clustering.centers}};
  if (clustering.weights.defined()) {
    arrays.numbers.emplace_back("weights", clustering.weights);
    arrays.numbers.emplace_back("covariances", clustering.covariances);
  }
  add_label_arrays(arrays, data::named_labels(samples));
  add_sample_arrays(arrays, samples);
  write_npz(file.path, arrays.numbers, arrays.texts);
}

Picture picture_of_clusters(const Run& run, const data::Dataset& samples, const Clustering& clustering, int64_t shown) {
  const bool decodes = run.model->has_decoder();
  const int64_t k = clustering.size();
  const int64_t columns = shown + (decodes ? 1 : 0);
  Tensor cells = Tensor::full(samples.sample_shape().prepend(k * columns), std::numeric_limits<double>::quiet_NaN());
  std::vector<std::string> names;
  const Tensor centers = decodes ? decode_all(*run.model, clustering.centers) : Tensor();
  for (int64_t c = 0; c < k; ++c) {
    names.push_back(fmt::format("cluster {}", c));
    int64_t at = c * columns;
    if (decodes) {
      cells.rows(at, at + 1).copy_from(centers.rows(c, c + 1));
      ++at;
    }
    const std::vector<int64_t> members = typical_samples(clustering, c, shown);
    if (members.empty()) continue;
    cells.rows(at, at + static_cast<int64_t>(members.size())).copy_from(samples.batch(members));
  }
  const View view = view_of(run, samples.range(0, std::min<int64_t>(samples.size(), 64)));
  SampleGrid grid{.x = cells, .columns = columns, .meaning = SampleGrid::Meaning::rows_are_groups};
  if (view.look != Look::images) grid.row_names = names;
  if (view.look == Look::columns && decodes) grid.mark_names = {"centre", "typical sample"};
  if (view.look == Look::columns && !decodes) grid.mark_names = {"typical sample"};
  return picture_of_grid(run, view, grid);
}

}  // namespace

std::vector<int64_t> typical_samples(const Clustering& clustering, int64_t cluster, int64_t shown) {
  std::vector<int64_t> members;
  for (size_t i = 0; i < clustering.clusters.size(); ++i) {
    if (clustering.clusters[i] == cluster) members.push_back(static_cast<int64_t>(i));
  }
  const auto count = std::min<size_t>(members.size(), static_cast<size_t>(shown));
  const auto nearer = [&](int64_t a, int64_t b) {
    const double first = clustering.rank[static_cast<size_t>(a)], second = clustering.rank[static_cast<size_t>(b)];
    return first != second ? first < second : a < b;
  };
  std::partial_sort(members.begin(), members.begin() + static_cast<ptrdiff_t>(count), members.end(), nearer);
  members.resize(count);
  return members;
}

std::string write_clusters(const ResultFile& file, const Run& run, const data::Dataset& samples,
                           const Clustering& clustering, int64_t shown) {
  switch (file.form) {
    case Form::csv: write_cluster_table(file, samples, clustering); break;
    case Form::npz: write_cluster_archive(file, samples, clustering); break;
    case Form::npy:
      write_npy(file.path, Tensor::from(clustering.clusters, {static_cast<int64_t>(clustering.clusters.size())}));
      break;
    default: {
      const Picture of_clusters = picture_of_clusters(run, samples, clustering, shown);
      write_png(file.path, of_clusters.pixels);
      return of_clusters.shown;
    }
  }
  return {};
}

}  // namespace latent
