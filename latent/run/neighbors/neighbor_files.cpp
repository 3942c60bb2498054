#include <latent/formats/csv_writer.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/run/neighbors/detail/neighbor_labels.hpp>
#include <latent/run/neighbors/finding.hpp>
#include <latent/run/pictures/pictures.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <fmt/core.h>

namespace latent {

namespace {

// Each query before its neighbours: (Q * (k + 1), ...).
Tensor queries_and_neighbors(const RunData& data, const NeighborQueries& queries, const space::Neighbors& found) {
  const int64_t Q = queries.samples->size(), k = found.index.dim(1);
  Tensor rows = Tensor::empty(queries.samples->sample_shape().prepend(Q * (k + 1)));
  const Tensor asked = queries.samples->range(0, Q);
  for (int64_t q = 0; q < Q; ++q) {
    rows.rows(q * (k + 1), q * (k + 1) + 1).copy_from(asked.rows(q, q + 1));
    const std::span<const int64_t> indices(found.index.data<int64_t>() + q * k, static_cast<size_t>(k));
    rows.rows(q * (k + 1) + 1, (q + 1) * (k + 1)).copy_from(data.samples->batch(indices));
  }
  return rows;
}

Picture picture_of_neighbors(const Run& run, const RunData& data, const NeighborQueries& queries,
                             const space::Neighbors& found) {
  const Tensor rows = queries_and_neighbors(data, queries, found);
  const View view = view_of(run, rows);
  SampleGrid grid{.x = rows, .columns = found.index.dim(1) + 1, .meaning = SampleGrid::Meaning::rows_are_groups};
  if (view.look == Look::images) return picture_of_grid(run, view, grid);
  for (int64_t q = 0; q < queries.samples->size(); ++q) {
    grid.row_names.push_back(queries.numbers.empty() ? fmt::format("query {}", q)
                                                     : fmt::format("#{}", queries.number(q)));
  }
  grid.mark_names = {"query", "neighbour"};
  return picture_of_grid(run, view, grid);
}

void write_neighbor_table(const RunData& data, const NeighborQueries& queries, const space::Neighbors& found,
                          const std::filesystem::path& path) {
  const int64_t k = found.index.dim(1);
  replace_file(path, [&](Sink& sink) {
    const SampleColumns of_query(*queries.samples, "query_"), of_neighbor(*data.samples);
    CsvWriter writer(sink);
    for (const char* name : {"query", "rank", "index", "distance"}) writer.name(name);
    of_query.add_names(writer);
    of_neighbor.add_names(writer);
    writer.name("label").end_row();
    for (int64_t i = 0; i < found.index.numel(); ++i) {
      const int64_t q = i / k, index = found.index.data<int64_t>()[i];
      writer.cell(queries.number(q)).cell(i % k + 1).cell(index).cell(found.distance.data<float>()[i]);
      of_query.add_cells(writer, q);
      of_neighbor.add_cells(writer, index);
      writer.cell(label_text(*data.samples, index)).end_row();
    }
  });
}

void write_neighbor_archive(const RunData& data, const NeighborQueries& queries, const space::Neighbors& found,
                            const std::filesystem::path& path) {
  NpzContents arrays{{{"index", found.index}, {"distance", found.distance}}};
  const std::vector<int64_t>& numbers = queries.numbers;
  if (!numbers.empty()) {
    arrays.numbers.emplace_back("query", Tensor::from(numbers, {static_cast<int64_t>(numbers.size())}));
  }
  const std::span<const int64_t> rows(found.index.data<int64_t>(), static_cast<size_t>(found.index.numel()));
  add_sample_arrays(arrays, *data.samples, rows, found.index.shape(), "data_index", "files");
  write_npz(path, arrays.numbers, arrays.texts);
}

}  // namespace

std::string write_neighbors(const Run& run, const RunData& data, const NeighborQueries& queries,
                            const space::Neighbors& found, const ResultFile& file) {
  switch (file.form) {
    case Form::csv: write_neighbor_table(data, queries, found, file.path); return {};
    case Form::npy: write_npy(file.path, found.index); return {};
    case Form::npz: write_neighbor_archive(data, queries, found, file.path); return {};
    default: break;
  }
  const Picture picture = picture_of_neighbors(run, data, queries, found);
  write_png(file.path, picture.pixels);
  return picture.shown;
}

}  // namespace latent
