#include <cli/commands/cluster_files.hpp>

#include <latent/run/tables/sample_columns.hpp>

#include <latent/data/known_classes.hpp>
#include <latent/formats/csv_writer.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace latent::cli {

namespace {

// Rows in another order: row `from[c]` becomes row c.
Tensor reordered(const Tensor& x, const std::vector<int64_t>& from) {
  if (!x.defined()) return x;
  Tensor result = Tensor::empty(x.shape(), x.dtype());
  for (size_t c = 0; c < from.size(); ++c) {
    const auto at = static_cast<int64_t>(c);
    result.rows(at, at + 1).copy_from(x.rows(from[c], from[c] + 1));
  }
  return result;
}

void write_table(const ResultFile& file, const data::Dataset& samples, const Clustering& clustering,
                 const SampleLabels& labels) {
  replace_file(file.path, [&](Sink& sink) {
    const bool labelled = !labels.numbers.empty();
    const SampleColumns of_sample(samples);
    CsvWriter writer(sink);
    writer.name("index").name("cluster").name(clustering.value_name);
    of_sample.add_names(writer);
    if (labelled) writer.name("label");
    writer.end_row();
    for (size_t i = 0; i < clustering.clusters.size(); ++i) {
      writer.cell(i).cell(clustering.clusters[i]).cell(fmt::format("{:.6g}", clustering.values[i]));
      of_sample.add_cells(writer, static_cast<int64_t>(i));
      if (labelled) writer.cell(labels.names[static_cast<size_t>(labels.numbers[i])]);
      writer.end_row();
    }
  });
}

void write_archive(const ResultFile& file, const data::Dataset& samples, const Clustering& clustering,
                   const SampleLabels& labels) {
  const auto N = static_cast<int64_t>(clustering.clusters.size());
  NpzContents arrays;
  arrays.numbers = {{"clusters", Tensor::from(clustering.clusters, {N})},
                    {clustering.value_name, Tensor::from(clustering.values, {N})},
                    {"centers", clustering.centers}};
  if (clustering.weights.defined()) {
    arrays.numbers.emplace_back("weights", clustering.weights);
    arrays.numbers.emplace_back("covariances", clustering.covariances);
  }
  add_label_arrays(arrays, data::named_labels(labels.numbers, labels.names));
  add_sample_arrays(arrays, samples);
  write_npz(file.path, arrays.numbers, arrays.texts);
}

// The most typical samples of a cluster, at most `shown`.
std::vector<int64_t> typical_of(const Clustering& clustering, int64_t cluster, int64_t shown) {
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

Picture picture(const Run& run, const data::Dataset& samples, const Clustering& clustering, int64_t shown) {
  const bool decodes = run.model->has_decoder();
  const auto k = static_cast<int64_t>(clustering.sizes.size());
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
    const std::vector<int64_t> members = typical_of(clustering, c, shown);
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

void sort_by_size(Clustering& clustering) {
  std::vector<int64_t> from(clustering.sizes.size());
  std::iota(from.begin(), from.end(), int64_t{0});
  std::stable_sort(from.begin(), from.end(), [&](int64_t a, int64_t b) {
    return clustering.sizes[static_cast<size_t>(a)] > clustering.sizes[static_cast<size_t>(b)];
  });
  std::vector<int64_t> to(from.size());
  const std::vector<int64_t> sizes = clustering.sizes;
  for (size_t c = 0; c < from.size(); ++c) {
    to[static_cast<size_t>(from[c])] = static_cast<int64_t>(c);
    clustering.sizes[c] = sizes[static_cast<size_t>(from[c])];
  }
  for (int64_t& cluster : clustering.clusters) cluster = to[static_cast<size_t>(cluster)];
  clustering.centers = reordered(clustering.centers, from);
  clustering.weights = reordered(clustering.weights, from);
  clustering.covariances = reordered(clustering.covariances, from);
}

std::string write_clusters(const ResultFile& file, const Run& run, const data::Dataset& samples,
                           const Clustering& clustering, const SampleLabels& labels, int64_t shown) {
  switch (file.form) {
    case Form::csv: write_table(file, samples, clustering, labels); break;
    case Form::npz: write_archive(file, samples, clustering, labels); break;
    case Form::npy:
      write_npy(file.path, Tensor::from(clustering.clusters, {static_cast<int64_t>(clustering.clusters.size())}));
      break;
    default: {
      const Picture of_clusters = picture(run, samples, clustering, shown);
      write_png(file.path, of_clusters.pixels);
      return of_clusters.shown;
    }
  }
  return {};
}

}  // namespace latent::cli
