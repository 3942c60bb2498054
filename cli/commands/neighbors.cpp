// latent neighbors RUN DATA --query I|FILE -o grid.png: the samples of a data set that are nearest to given ones.

#include <cli/command.hpp>
#include <cli/decoded.hpp>
#include <cli/output.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <latent/core/names.hpp>
#include <latent/formats/csv_writer.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/report/pictures.hpp>
#include <latent/space/neighbors/neighbor_index.hpp>
#include <latent/space/neighbors/posterior_neighbors.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <utility>

namespace latent::cli {

namespace {

constexpr std::array<std::string_view, 4> kMetrics = {"euclidean", "cosine", "kl", "wasserstein"};
constexpr std::array<std::string_view, 2> kSpaces = {"latent", "data"};

std::string_view known(std::string_view what, const std::string& name, std::span<const std::string_view> valid) {
  const auto found = std::find(valid.begin(), valid.end(), name);
  if (found == valid.end()) unknown_name(what, name, valid);
  return *found;
}

bool is_list_of_numbers(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789,") == std::string::npos;
}

// What is compared: rows, or posteriors where the metric is one between those.
struct Compared {
  Tensor rows;    // (N, D): codes, or raw values
  Tensor stddev;  // (N, D); undefined for raw values
};

// The queries: samples of the data themselves, or of a file.
struct Queries {
  std::shared_ptr<const data::Dataset> samples;
  std::vector<int64_t> numbers;  // of the data; empty for those of a file
  std::string source;            // the file's name
};

// The class of a sample by its name, or its number where it has none; empty without labels.
std::string label_of(const data::Dataset& samples, int64_t index) {
  const std::span<const int64_t> labels = samples.labels();
  if (labels.empty()) return {};
  const auto label = static_cast<size_t>(labels[static_cast<size_t>(index)]);
  const std::span<const std::string> names = samples.class_names();
  return label < names.size() ? names[label] : std::to_string(label);
}

// Drops from each row of k + 1 neighbours the query itself, or the last one where it is not among them (of many equal
// samples, those with smaller numbers come first).
space::Neighbors without_self(const space::Neighbors& all, const std::vector<int64_t>& self) {
  const auto N = static_cast<int64_t>(self.size()), k = all.index.dim(1) - 1;
  space::Neighbors others{.index = Tensor::empty({N, k}, DType::i64), .distance = Tensor::empty({N, k})};
  for (int64_t i = 0; i < N; ++i) {
    int64_t to = i * k;
    for (int64_t at = i * (k + 1); to < (i + 1) * k; ++at) {
      if (all.index.data<int64_t>()[at] == self[static_cast<size_t>(i)]) continue;
      others.index.data<int64_t>()[to] = all.index.data<int64_t>()[at];
      others.distance.data<float>()[to++] = all.distance.data<float>()[at];
    }
  }
  return others;
}

class NeighborsCommand : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data to search (default: the run's own)");
    arguments
        .add_option("--query", query_,
                    "numbers of samples of the part of DATA, from 0 (0,3,5), or a file or folder of samples")
        ->required()
        ->type_name("I|FILE");
    arguments.add_option("-k,--neighbors", k_, "neighbours of each query")
        ->type_name("N")
        ->check(whole_number(1, 100'000))
        ->show_default();
    arguments
        .add_option(
            "-o,--output", output_,
            ".png (each query, then its neighbours), .csv (query, rank, index, distance, files, label), .npy (indices) "
            "or .npz (indices, distances)")
        ->required()
        ->type_name("OUT");
    arguments.add_option("--metric", metric_, "euclidean, cosine, or between posteriors: kl (symmetric), wasserstein")
        ->type_name("NAME")
        ->show_default();
    arguments.add_option("--method", method_, "exact, or hnsw (approximate; its recall is measured)")
        ->type_name("NAME")
        ->show_default();
    arguments.add_option("--space", space_, "compare codes (latent), or the samples' own values (data)")
        ->type_name("NAME")
        ->show_default();
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "of the graph of --method hnsw");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::csv, Form::npy, Form::npz};
    const ResultFile file = result_file(output_, kForms, Existing::refuse);
    check_names();
    const Run run = open_run(path_, compute_, {{"-o", output_}});
    if (space_ == "latent" && !run.model->has_encoder()) {
      throw UsageError(fmt::format("{}: the model has no encoder", path_),
                       "--space data compares the samples as they are.");
    }
    const RunData data = open_data(run, data_path_, data_, split_);
    const Queries queries = queries_of(run, data);
    check_counts(file, data, queries);
    const Compared base = compared(run, *data.samples);
    const Compared asked = compared(run, *queries.samples);
    const space::Neighbors found = search(asked, base, queries);
    const std::string shown = write(run, data, queries, found, file);
    Result result = report(data, queries, found);
    add_shown(result, shown);
    return result;
  }

 private:
  bool is_between_posteriors() const { return metric_ == "kl" || metric_ == "wasserstein"; }

  void check_names() const {
    known("metric", metric_, kMetrics);
    known("space", space_, kSpaces);
    const space::IndexMethod method = space::index_method_from(method_);
    if (space_ == "data" && is_between_posteriors()) {
      throw UsageError(fmt::format("--metric {} compares posteriors, which --space data does not have", metric_));
    }
    if (method == space::IndexMethod::hnsw && is_between_posteriors()) {
      throw UsageError(fmt::format("--method hnsw does not know --metric {}", metric_), "Use --method exact.");
    }
  }

  // A file of queries may lack the label column that is named for DATA: it is not needed to ask.
  RunData open_queries(const Run& run) const {
    if (data_.label_column.empty()) return open_data(run, query_, data_, "all");
    try {
      return open_data(run, query_, data_, "all");
    } catch (const std::invalid_argument&) {
      DataOptions without_label = data_;
      without_label.label_column.clear();
      return open_data(run, query_, without_label, "all");
    }
  }

  Queries queries_of(const Run& run, const RunData& data) const {
    Queries queries;
    if (!is_list_of_numbers(query_)) {
      const RunData file = open_queries(run);
      return {file.samples, {}, file.source};
    }
    const std::string problem = whole_number_list(0, std::numeric_limits<int64_t>::max())(std::as_const(query_));
    if (!problem.empty()) throw UsageError(fmt::format("--query: {}", problem));
    queries.numbers = parse_list(query_);
    for (const int64_t index : queries.numbers) {
      if (index < data.samples->size()) continue;
      throw UsageError(fmt::format("sample {} does not exist: {} has {}, numbered from 0", index, data.part(),
                                   counted(data.samples->size(), "sample")));
    }
    queries.samples = data::subset(data.samples, queries.numbers);
    return queries;
  }

  void check_counts(const ResultFile& file, const RunData& data, const Queries& queries) const {
    const int64_t others = data.samples->size() - (queries.numbers.empty() ? 0 : 1);
    if (k_ > others) {
      throw UsageError(fmt::format("-k {}: {} has only {}{}", k_, data.part(), others,
                                   queries.numbers.empty() ? " samples" : " samples besides a query"));
    }
    check_fits_form(file, queries.samples->size() * (k_ + 1), "or take fewer queries or neighbours (-k)");
  }

  Compared compared(const Run& run, const data::Dataset& samples) const {
    if (space_ == "data") {
      const Tensor x = samples.range(0, samples.size());
      return {x.view_as({samples.size(), samples.sample_shape().numel()}), {}};
    }
    const Codes codes = encode_samples(*run.model, samples, Draw::mean, 0);
    const std::span<const float> stddev = codes.stddev.span<float>();
    if (metric_ == "kl" && std::any_of(stddev.begin(), stddev.end(), [](float s) { return s <= 0.0F; })) {
      throw UsageError(fmt::format("{}: the codes of this model are points, between which kl is infinite", path_),
                       "Use --metric euclidean or wasserstein.");
    }
    return {codes.z, codes.stddev};
  }

  space::Neighbors search(const Compared& asked, const Compared& base, const Queries& queries) {
    const bool in_data = !queries.numbers.empty();
    const int64_t k = in_data ? k_ + 1 : k_;
    const auto start = std::chrono::steady_clock::now();
    space::Neighbors found;
    if (is_between_posteriors()) {
      found = space::nearest(space::Posteriors{asked.rows, asked.stddev}, space::Posteriors{base.rows, base.stddev}, k,
                             space::posterior_metric_from(metric_));
    } else {
      const auto index = space::make_index(
          base.rows,
          {.method = space::index_method_from(method_), .metric = space::metric_from(metric_), .seed = seed_});
      found = index->search(asked.rows, k);
    }
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const auto others = [&](const space::Neighbors& all) { return in_data ? without_self(all, queries.numbers) : all; };
    found = others(found);
    if (method_ == "hnsw") {
      recall_ = space::recall(found, others(space::nearest(asked.rows, base.rows, k, space::metric_from(metric_))));
    }
    return found;
  }

  // Each query before its neighbours: (Q * (k + 1), ...).
  static Tensor rows_of(const RunData& data, const Queries& queries, const space::Neighbors& found) {
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

  static Picture picture(const Run& run, const RunData& data, const Queries& queries, const space::Neighbors& found) {
    const Tensor rows = rows_of(data, queries, found);
    const View view = view_of(run, rows);
    SampleGrid grid{.x = rows, .columns = found.index.dim(1) + 1, .meaning = SampleGrid::Meaning::rows_are_groups};
    if (view.look == Look::images) return picture_of_grid(run, view, grid);
    for (int64_t q = 0; q < queries.samples->size(); ++q) {
      grid.row_names.push_back(queries.numbers.empty() ? fmt::format("query {}", q)
                                                       : fmt::format("#{}", queries.numbers[static_cast<size_t>(q)]));
    }
    grid.mark_names = {"query", "neighbour"};
    return picture_of_grid(run, view, grid);
  }

  static void write_table(const RunData& data, const Queries& queries, const space::Neighbors& found,
                          const ResultFile& file) {
    const int64_t k = found.index.dim(1);
    replace_file(file.path, [&](Sink& sink) {
      const SampleColumns of_query(*queries.samples, "query_"), of_neighbor(*data.samples);
      CsvWriter writer(sink);
      for (const char* name : {"query", "rank", "index", "distance"}) writer.name(name);
      of_query.add_names(writer);
      of_neighbor.add_names(writer);
      writer.name("label").end_row();
      for (int64_t i = 0; i < found.index.numel(); ++i) {
        const int64_t q = i / k, index = found.index.data<int64_t>()[i];
        const int64_t number = queries.numbers.empty() ? q : queries.numbers[static_cast<size_t>(q)];
        writer.cell(number).cell(i % k + 1).cell(index).cell(found.distance.data<float>()[i]);
        of_query.add_cells(writer, q);
        of_neighbor.add_cells(writer, index);
        writer.cell(label_of(*data.samples, index)).end_row();
      }
    });
  }

  // What a picture shows where it is not all.
  static std::string write(const Run& run, const RunData& data, const Queries& queries, const space::Neighbors& found,
                           const ResultFile& file) {
    if (file.form == Form::png) {
      const Picture of_found = picture(run, data, queries, found);
      write_png(file.path, of_found.pixels);
      return of_found.shown;
    }
    write_numbers(data, queries, found, file);
    return {};
  }

  static void write_numbers(const RunData& data, const Queries& queries, const space::Neighbors& found,
                            const ResultFile& file) {
    if (file.form == Form::csv) return write_table(data, queries, found, file);
    if (file.form == Form::npy) return write_npy(file.path, found.index);
    NpzContents arrays{{{"index", found.index}, {"distance", found.distance}}};
    if (!queries.numbers.empty()) {
      arrays.numbers.emplace_back("query",
                                  Tensor::from(queries.numbers, {static_cast<int64_t>(queries.numbers.size())}));
    }
    const std::span<const int64_t> rows(found.index.data<int64_t>(), static_cast<size_t>(found.index.numel()));
    add_sample_arrays(arrays, *data.samples, rows, found.index.shape(), "data_index", "files");
    write_npz(file.path, arrays.numbers, arrays.texts);
  }

  // How many neighbours have the label of their query; nullopt where labels are missing or mean something else.
  static std::optional<int64_t> same_label(const RunData& data, const Queries& queries, const space::Neighbors& found) {
    if (data.samples->labels().empty() || queries.samples->labels().empty()) return std::nullopt;
    const int64_t k = found.index.dim(1);
    int64_t same = 0;
    for (int64_t i = 0; i < found.index.numel(); ++i) {
      same += label_of(*data.samples, found.index.data<int64_t>()[i]) == label_of(*queries.samples, i / k) ? 1 : 0;
    }
    return same;
  }

  Result report(const RunData& data, const Queries& queries, const space::Neighbors& found) const {
    const int64_t Q = found.index.dim(0), k = found.index.dim(1);
    const std::optional<int64_t> same = same_label(data, queries, found);
    Result result;
    result.json = {{"output", output_},
                   {"run", path_},
                   {"data", data.source},
                   {"split", data.split},
                   {"samples", data.samples->size()},
                   {"metric", metric_},
                   {"method", method_},
                   {"space", space_},
                   {"seconds", seconds_},
                   {"recall", recall_ ? Json(*recall_) : Json()},
                   {"same_label", same ? Json(*same) : Json()}};
    result.json["neighbors"] = Json::array();
    for (int64_t q = 0; q < Q; ++q) {
      const int64_t number = queries.numbers.empty() ? q : queries.numbers[static_cast<size_t>(q)];
      const int64_t* index = found.index.data<int64_t>() + q * k;
      const float* distance = found.distance.data<float>() + q * k;
      result.json["neighbors"].push_back({{"query", number},
                                          {"index", std::vector<int64_t>(index, index + k)},
                                          {"distance", std::vector<float>(distance, distance + k)}});
    }
    const std::string whose = queries.numbers.empty() ? fmt::format(" of {}", one_line(queries.source)) : std::string();
    result.text = fmt::format("{}: the {} nearest of {}{}, among {} of {} ({}, by {})\n", one_line(output_), k,
                              Q == 1 ? "1 query" : fmt::format("{} queries", grouped(Q)), whose,
                              counted(data.samples->size(), "sample"), one_line(data.part()), metric_,
                              space_ == "latent" ? "code" : "value");
    if (same) {
      result.text += fmt::format("same label as the query: {} of {} ({:.1f}%)\n", grouped(*same), grouped(Q * k),
                                 100.0 * static_cast<double>(*same) / static_cast<double>(Q * k));
    }
    if (recall_) result.text += fmt::format("recall of hnsw on these queries: {:.4f}\n", *recall_);
    return result;
  }

  std::string path_, data_path_, query_, output_, split_;
  std::string metric_ = "euclidean", method_ = "exact", space_ = "latent";
  int64_t k_ = 10;
  DataOptions data_;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
  double seconds_ = 0.0;
  std::optional<double> recall_;
};

}  // namespace

std::unique_ptr<Command> make_neighbors() { return std::make_unique<NeighborsCommand>(); }

}  // namespace latent::cli
