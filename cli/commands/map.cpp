// latent map RUN DATA -o map.png: where samples lie in the latent space, on a plane.

#include <cli/command.hpp>
#include <cli/commands/map_method.hpp>
#include <cli/commands/map_tiles.hpp>
#include <cli/decoded.hpp>
#include <cli/interrupt.hpp>
#include <cli/output.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <latent/core/rng.hpp>
#include <latent/data/known_classes.hpp>
#include <latent/formats/csv_writer.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/report/svg.hpp>
#include <latent/space/maps/map_quality.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace latent::cli {

namespace {

constexpr int64_t kJudgedNeighbors = 15;    // k of trustworthiness and agreement
constexpr int64_t kAccuracyNeighbors = 10;  // of the labels
constexpr int64_t kMostJudged = 10'000;

// `count` of 0 ... total - 1, drawn by the seed, in their order.
std::vector<int64_t> drawn(int64_t total, int64_t count, uint64_t seed) {
  std::vector<int64_t> indices(static_cast<size_t>(total));
  std::iota(indices.begin(), indices.end(), int64_t{0});
  if (count >= total) return indices;
  indices = Rng(seed).permutation(total);
  indices.resize(static_cast<size_t>(count));
  std::sort(indices.begin(), indices.end());
  return indices;
}

Tensor picked_rows(const Tensor& x, const std::vector<int64_t>& rows) {
  if (static_cast<int64_t>(rows.size()) == x.dim(0)) return x;
  Tensor picked = Tensor::empty({static_cast<int64_t>(rows.size()), x.dim(1)});
  for (size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(x.data<float>() + rows[i] * x.dim(1), x.dim(1),
                picked.data<float>() + static_cast<int64_t>(i) * x.dim(1));
  }
  return picked;
}

// Rows of unit length: near to each other where their directions are.
Tensor directions_of(const Tensor& x) {
  Tensor directions = Tensor::empty(x.shape());
  const auto D = static_cast<size_t>(x.dim(1));
  for (int64_t i = 0; i < x.dim(0); ++i) {
    const std::span<const float> from = x.span<float>().subspan(static_cast<size_t>(i) * D, D);
    const double square = std::inner_product(from.begin(), from.end(), from.begin(), 0.0);
    std::transform(from.begin(), from.end(), directions.data<float>() + static_cast<size_t>(i) * D,
                   [&](float value) { return static_cast<float>(value / std::sqrt(square)); });
  }
  return directions;
}

bool is_zero_row(const Tensor& x, int64_t row) {
  const float* from = x.data<float>() + row * x.dim(1);
  return std::all_of(from, from + x.dim(1), [](float value) { return value == 0.0F; });
}

// How far the map can be trusted.
struct Quality {
  int64_t samples = 0, neighbors = 0, labelled = 0;
  double trustworthiness = 0.0, agreement = 0.0;
  std::optional<double> label_accuracy = {};
};

// Empty for so few samples that the figures mean nothing. Neighbours before are those by the metric of the map; for
// cosine, rows of zeros have none.
std::optional<Quality> judged(const Tensor& before, const Tensor& map, space::Metric metric,
                              std::span<const int64_t> labels, uint64_t seed) {
  const bool cosine = metric == space::Metric::cosine;
  std::vector<int64_t> rows = drawn(map.dim(0), kMostJudged, seed);
  if (cosine) std::erase_if(rows, [&](int64_t row) { return is_zero_row(before, row); });
  Quality quality{.samples = static_cast<int64_t>(rows.size())};
  quality.neighbors = std::min(kJudgedNeighbors, (quality.samples - 1) / 2);
  if (quality.neighbors < 1) return std::nullopt;
  const Tensor picked = picked_rows(before, rows), some_map = picked_rows(map, rows);
  const Tensor some_before = cosine ? directions_of(picked) : picked;
  const space::MapQuality measured = space::map_quality(some_before, some_map, quality.neighbors);
  quality.trustworthiness = measured.trustworthiness;
  quality.agreement = measured.agreement;
  quality.labelled = std::count_if(labels.begin(), labels.end(), [](int64_t label) { return label >= 0; });
  if (quality.labelled > kAccuracyNeighbors) {
    quality.label_accuracy = space::neighbor_label_accuracy(map, labels, kAccuracyNeighbors);
  }
  return quality;
}

class Map : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data to map (default: the run's own)");
    arguments
        .add_option("-o,--output", output_, "a chart (.png, .svg), or places (.csv, .npy, .npz with codes and labels)")
        ->required()
        ->type_name("FILE");
    method_.declare(arguments);
    arguments.add_option("--space", space_, "what is mapped: latent (codes), or data (raw values, to compare)")
        ->type_name("NAME")
        ->check(one_of({"latent", "data"}))
        ->show_default();
    arguments.add_option("--sample", sample_, "map so many samples, drawn by --seed (default: all)")
        ->type_name("N")
        ->check(whole_number(1));
    tiles_.declare(arguments);
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "of the method, and of --sample");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::svg, Form::csv, Form::npy, Form::npz};
    const ResultFile file = result_file(output_, kForms, Existing::replace);
    method_.check();
    if (method_.dims() == 3 && (file.form == Form::png || file.form == Form::svg)) {
      throw UsageError(fmt::format("-o {}: a chart shows two dimensions, not --dims 3", output_),
                       "Use .csv, .npy or .npz.");
    }
    const Run run = open_run(path_, compute_, {{"-o", output_}, {"--tiles", tiles_.path()}});
    const bool latent_space = space_ == "latent";
    if (latent_space && !run.model->has_encoder()) throw UsageError(fmt::format("{}: the model has no encoder", path_));
    tiles_.check(run, latent_space && method_.dims() == 2);
    RunData data = open_data(run, data_path_, data_, split_);
    const std::vector<int64_t> index = drawn(data.samples->size(), sample_.value_or(data.samples->size()), seed_);
    if (static_cast<int64_t>(index.size()) < data.samples->size()) data.samples = data::subset(data.samples, index);
    const Tensor x =
        latent_space ? encode_samples(*run.model, *data.samples, Draw::mean, 0).z : values_of(*data.samples);
    const InterruptGuard guard;
    const MadeMap map = method_.make(x, seed_, guard.stop());
    write(file, map.positions, x, index, data);
    const std::string shown = tiles_.wanted() ? tiles_.write(run, map.positions, x) : "";
    Result result = report(data, map, judged(x, map.positions, method_.metric(), data.samples->labels(), seed_));
    if (tiles_.wanted()) add_shown(result, shown);
    return result;
  }

 private:
  static Tensor values_of(const data::Dataset& samples) {
    return samples.range(0, samples.size()).view_as({samples.size(), samples.sample_shape().numel()});
  }

  // "umap of the codes of the test part of fashion-mnist"
  std::string title(const RunData& data) const {
    return fmt::format("{} of the {} of {}", method_.name(), space_ == "latent" ? "codes" : "values", data.part());
  }

  void write(const ResultFile& file, const Tensor& map, const Tensor& x, const std::vector<int64_t>& index,
             const RunData& data) const {
    const std::span<const int64_t> labels = data.samples->labels();
    const std::span<const std::string> names = data.samples->class_names();
    const std::vector<std::string> class_names(names.begin(), names.end());
    const report::ChartOptions chart{.title = title(data), .width = 1000, .height = 800};
    const auto count = static_cast<int64_t>(index.size());
    switch (file.form) {
      case Form::svg: {
        const std::string document = report::scatter_svg(map, labels, class_names, chart);
        return replace_file(file.path, [&](Sink& sink) { sink.write(document); });
      }
      case Form::csv: return write_table(file, map, index, *data.samples);
      case Form::npy: return write_npy(file.path, map);
      case Form::npz: {
        NpzContents arrays{{{"map", map}, {"index", Tensor::from(index, {count})}}};
        arrays.numbers.emplace_back(space_ == "latent" ? "codes" : "x", x);
        add_label_arrays(arrays, data::named_labels(*data.samples));
        add_sample_arrays(arrays, *data.samples);
        return write_npz(file.path, arrays.numbers, arrays.texts);
      }
      default: return write_png(file.path, report::scatter_chart(map, labels, class_names, chart));
    }
  }

  static void write_table(const ResultFile& file, const Tensor& map, const std::vector<int64_t>& index,
                          const data::Dataset& samples) {
    const data::NamedLabels labels = data::named_labels(samples);
    const SampleColumns of_sample(samples);
    replace_file(file.path, [&](Sink& sink) {
      CsvWriter writer(sink);
      writer.name("index").name("x").name("y");
      if (map.dim(1) == 3) writer.name("z");
      of_sample.add_names(writer);
      if (!labels.names.empty()) writer.name("class").name("label");
      writer.end_row();
      const auto D = static_cast<size_t>(map.dim(1));
      for (size_t i = 0; i < index.size(); ++i) {
        writer.cell(index[i]);
        for (const float place : map.span<float>().subspan(i * D, D)) writer.cell(place);
        of_sample.add_cells(writer, static_cast<int64_t>(i));
        if (!labels.names.empty()) writer.cell(labels.numbers[i]).cell(labels.names[i]);
        writer.end_row();
      }
    });
  }

  Result report(const RunData& data, const MadeMap& map, const std::optional<Quality>& quality) const {
    Result result;
    result.json = {{"output", output_},
                   {"run", path_},
                   {"data", data.source},
                   {"split", data.split},
                   {"samples", map.positions.dim(0)},
                   {"space", space_},
                   {"method", method_.name()},
                   {"dims", method_.dims()},
                   {"seed", seed_},
                   {"options", method_.settings(map)},
                   {"seconds", map.seconds}};
    Table table;
    table.row("map", fmt::format("{}: {}", one_line(output_), one_line(title(data))));
    table.row("samples", fmt::format("{}, in {}", grouped(map.positions.dim(0)), duration(map.seconds)));
    if (map.of_steps > 0) result.json["epochs"] = map.steps;
    if (map.explained) {
      result.json["explained"] = *map.explained;
      table.row("explained", fmt::format("{:.1f}% of the variance", 100.0 * *map.explained));
    }
    if (map.kl_divergence) {
      result.json["kl_divergence"] = *map.kl_divergence;
      table.row("KL divergence", fmt::format("{:.4f} nats", *map.kl_divergence));
    }
    if (quality) add_quality(*quality, result.json, table);
    if (tiles_.wanted()) {
      result.json["tiles"] = tiles_.path();
      table.row("tiles", one_line(tiles_.path()));
    }
    result.text = table.str();
    if (map.init == "pca" && method_.init() == "spectral") {
      note(
          "--init spectral needs 64 samples or more, whose neighbours (--neighbors) connect them all: points started "
          "from pca");
    }
    if (map.interrupted()) {
      note(fmt::format("interrupted after {} of {} epochs: this is the map as it stood", map.steps, map.of_steps));
      result.json["outcome"] = "interrupted";
      result.status = kInterrupted;
    }
    return result;
  }

  void add_quality(const Quality& quality, Json& json, Table& table) const {
    const std::string_view metric = space::name_of(method_.metric());
    json["trustworthiness"] = quality.trustworthiness;
    json["neighbor_agreement"] = quality.agreement;
    std::string protocol =
        fmt::format("{} neighbours of {} samples, before by {} distance", quality.neighbors, quality.samples, metric);
    table.row("trustworthiness", fmt::format("{:.4f}", quality.trustworthiness));
    table.row("agreement",
              fmt::format("{:.4f} of the {} nearest neighbours are the same ({} samples{})", quality.agreement,
                          quality.neighbors, grouped(quality.samples),
                          method_.metric() == space::Metric::euclidean ? "" : fmt::format(", {}", metric)));
    if (quality.label_accuracy) {
      protocol += fmt::format("; {} neighbours on the map of {} labels", kAccuracyNeighbors, quality.labelled);
      json["label_accuracy"] = *quality.label_accuracy;
      table.row("label accuracy", fmt::format("{:.4f} of the labels are what {} neighbours on the map say",
                                              *quality.label_accuracy, kAccuracyNeighbors));
    }
    json["protocol"] = protocol;
  }

  std::string path_, data_path_, output_, split_, space_ = "latent";
  std::optional<int64_t> sample_;
  MapMethod method_;
  MapTiles tiles_;
  DataOptions data_;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_map() { return std::make_unique<Map>(); }

}  // namespace latent::cli
