// latent anomalies RUN DATA -o scores.csv: how odd each sample is beside those the model was trained on.

#include <cli/command.hpp>
#include <cli/commands/anomaly_pictures.hpp>
#include <cli/decoded.hpp>
#include <cli/input.hpp>
#include <cli/output.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <latent/formats/image.hpp>
#include <latent/report/pictures.hpp>
#include <latent/run/anomalies/labels.hpp>
#include <latent/run/anomalies/scoring.hpp>
#include <latent/space/metrics/ranking.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>

namespace latent::cli {

namespace {

constexpr int64_t kListed = 10;  // oddest samples that the summary names
constexpr int64_t kNamedColumns = 3;

// What result_file() says of -o, about another option.
ResultFile file_of_option(std::string_view option, const std::string& path, std::span<const Form> allowed,
                          Existing existing_folder) {
  try {
    return result_file(path, allowed, existing_folder);
  } catch (const UsageError& error) {
    const std::string text = error.what();
    throw UsageError(text.starts_with("-o") ? fmt::format("{}{}", option, text.substr(2)) : text, error.advice());
  }
}

class Anomalies : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data to look for anomalies in (default: the run's own)");
    arguments
        .add_option("-o,--output", output_,
                    "scores.csv: index, score (higher = odder), p_value, each component, the sample's number in the "
                    "whole data, and its file and label where it has them")
        ->required()
        ->type_name("FILE");
    arguments
        .add_option("--heatmaps", heatmaps_,
                    "images: the oddest ones, their reconstructions and where they differ: .png (one grid) or a folder")
        ->type_name("OUT");
    arguments
        .add_option(
            "--contributions", contributions_,
            "tables and arrays: a .csv with each column's deviation from what the model expects of it, in units "
            "of the usual one")
        ->type_name("FILE");
    arguments.add_option("--top", top_, "pictures in --heatmaps")
        ->type_name("N")
        ->check(whole_number(1, kMostPictures))
        ->show_default();
    arguments.add_option("--anomaly-label", anomaly_label_, "classes that are anomalies: scores are then measured")
        ->type_name("NAME,...");
    arguments
        .add_option("--normal-label", normal_label_, "classes that are none, instead (default of classes 0 and 1: 0)")
        ->type_name("NAME,...");
    arguments
        .add_option("--importance-samples", scoring_.importance_samples,
                    "K of the importance-weighted bound, the component nll; 0 leaves it out")
        ->type_name("K")
        ->check(whole_number(0, 10'000))
        ->show_default();
    arguments.add_option("--training-data", scoring_.training_data, "where the data of the training is now")
        ->type_name("DATA");
    arguments
        .add_option("--calibration", scoring_.calibration_data,
                    "normal data that training did not see (default: the run's validation part)")
        ->type_name("DATA");
    arguments.add_flag("--overwrite", overwrite_, "replace a folder of numbered pictures");
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, scoring_.seed, "of the draws of codes, and of the training samples that are compared with");
  }

  Result run() override {
    constexpr std::array kTable = {Form::csv};
    const ResultFile file = result_file(output_, kTable, Existing::replace);
    const Run run =
        open_run(path_, compute_, {{"-o", output_}, {"--heatmaps", heatmaps_}, {"--contributions", contributions_}});
    if (!run.model->has_encoder()) throw UsageError(fmt::format("{}: the model has no encoder", path_));
    const std::optional<ResultFile> heatmaps = heatmap_file(run), contributions = contribution_file(run);
    scoring_.read = data_.overrides();
    for (const std::string& path : {scoring_.training_data, scoring_.calibration_data}) check_read(run, path);
    const RunSource source = open_source(run, data_path_, data_);
    const RunData data = source.part(split_);
    tell(data.remarks);
    const auto labels = anomaly_labels(*data.samples, anomaly_label_, normal_label_);
    const ScoredData scored = read_input([&] { return score_data(run, source, data, scoring_); });
    tell(scored.remarks);
    const std::vector<int64_t> order = oddest_first(scored.scores.score);

    write_scores(file, scored.scores, *data.samples);
    if (contributions) write_contributions(*contributions, run, scored.deviations, *data.samples);
    const std::string shown = heatmaps ? write_heatmaps(*heatmaps, run, data, order) : "";
    Result result = report(run, data, scored, labels, order);
    if (heatmaps) add_shown(result, shown);
    return result;
  }

 private:
  // What is read beside the data may not be what is written.
  static void check_read(const Run& run, const std::string& path) {
    if (!path.empty() && !data::is_known_set(path)) run.outputs.check_keep(path, "the data");
  }

  std::optional<ResultFile> heatmap_file(const Run& run) const {
    if (heatmaps_.empty()) return std::nullopt;
    constexpr std::array kForms = {Form::png, Form::folder};
    const ResultFile file =
        file_of_option("--heatmaps", heatmaps_, kForms, overwrite_ ? Existing::replace : Existing::refuse);
    if (run.kind() != data::Kind::images || run.model->data_shape()[0] == 4) {
      throw UsageError(fmt::format("--heatmaps {}: the model's data is no set of grey or colour images", heatmaps_),
                       "--contributions FILE.csv says of tables which columns are odd.");
    }
    check_decoder("--heatmaps", run);
    return file;
  }

  std::optional<ResultFile> contribution_file(const Run& run) const {
    if (contributions_.empty()) return std::nullopt;
    constexpr std::array kForms = {Form::csv};
    const ResultFile file = file_of_option("--contributions", contributions_, kForms, Existing::replace);
    if (run.kind() == data::Kind::images) {
      throw UsageError(fmt::format("--contributions {}: the model's data are images", contributions_),
                       "--heatmaps FILE.png shows where they are odd.");
    }
    check_decoder("--contributions", run);
    return file;
  }

  void check_decoder(const char* option, const Run& run) const {
    if (!run.model->has_decoder()) throw UsageError(fmt::format("{}: the model of {} has no decoder", option, path_));
  }

  static std::vector<int64_t> oddest_first(const std::vector<double>& score) {
    std::vector<int64_t> order(score.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return score[static_cast<size_t>(a)] > score[static_cast<size_t>(b)];
    });
    return order;
  }

  static void write_scores(const ResultFile& file, const space::AnomalyScores& scores, const data::Dataset& samples) {
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

  static void write_contributions(const ResultFile& file, const Run& run, const Tensor& deviations,
                                  const data::Dataset& samples) {
    const int64_t N = deviations.dim(0), P = deviations.dim(1);
    std::vector<std::string> names = value_names(run, P);
    names.insert(names.begin(), "index");
    Tensor rows = Tensor::empty({N, P + 1}, DType::f64);
    for (int64_t n = 0; n < N; ++n) {
      auto* row = rows.data<double>() + n * (P + 1);
      row[0] = static_cast<double>(n);
      for (int64_t p = 0; p < P; ++p) row[1 + p] = deviations.data<float>()[n * P + p];
    }
    write_sample_table(file.path, names, rows, samples);
  }

  // What the picture shows where it is not all.
  std::string write_heatmaps(const ResultFile& file, const Run& run, const RunData& data,
                             const std::vector<int64_t>& order) const {
    const int64_t count = std::min<int64_t>(top_, data.samples->size());
    const auto samples = data::subset(data.samples, {order.begin(), order.begin() + count});
    const SampleTerms terms = sample_terms(*run.model, *samples, 0, count);
    const Shape shape = run.model->data_shape().prepend(count);
    const Pairs pairs{.x = terms.x.view_as(shape), .x_hat = terms.x_hat.view_as(shape)};
    const View view = view_of(run, pairs.x);
    if (view.look == Look::series) return write_series(file, run, view, pairs);
    const Tensor pictures =
        heat_pictures(for_pictures(run, pairs.x), for_pictures(run, pairs.x_hat), run.model->data_shape());
    if (file.form == Form::folder) {
      write_image_folder(file.path, pictures);
      return {};
    }
    constexpr int64_t kTriplesInARow = 6;
    write_png(file.path, report::image_grid(pictures, std::min(count, kTriplesInARow)));
    return {};
  }

  // Series: as they are and as the model has them, in one plot.
  static std::string write_series(const ResultFile& file, const Run& run, const View& view, const Pairs& pairs) {
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
    write_image_folder(file.path, pictures);
    return {};
  }

  // The oddest samples with what is odd about them.
  static Json oddest(const Run& run, const RunData& data, const ScoredData& scored, const std::vector<int64_t>& order) {
    Json list = Json::array();
    for (int64_t i = 0; i < std::min<int64_t>(kListed, data.samples->size()); ++i) {
      const auto index = static_cast<size_t>(order[static_cast<size_t>(i)]);
      Json entry = {{"index", index}, {"score", scored.scores.score[index]}, {"p_value", scored.scores.p_value[index]}};
      if (!data.samples->labels().empty()) {
        entry["class"] = data.samples->class_names()[static_cast<size_t>(data.samples->labels()[index])];
      }
      const auto i64 = static_cast<int64_t>(index);
      entry["data_index"] = data.samples->source_index(i64);
      if (data.samples->has_sample_names()) entry["file"] = data.samples->sample_name(i64);
      if (scored.deviations.defined()) entry["columns"] = odd_columns(run, scored.deviations, index);
      list.push_back(entry);
    }
    return list;
  }

  static Json odd_columns(const Run& run, const Tensor& deviations, size_t index) {
    const int64_t P = deviations.dim(1);
    const float* row = deviations.data<float>() + static_cast<int64_t>(index) * P;
    std::vector<int64_t> columns(static_cast<size_t>(P));
    std::iota(columns.begin(), columns.end(), int64_t{0});
    std::stable_sort(columns.begin(), columns.end(),
                     [&](int64_t a, int64_t b) { return std::abs(row[a]) > std::abs(row[b]); });
    const std::vector<std::string> names = value_names(run, P);
    Json list = Json::array();
    for (int64_t i = 0; i < std::min(kNamedColumns, P); ++i) {
      const int64_t p = columns[static_cast<size_t>(i)];
      list.push_back({{"name", names[static_cast<size_t>(p)]}, {"deviation", row[p]}});
    }
    return list;
  }

  static std::string line_of(const Json& odd) {
    constexpr double kFewDigits = 0.001;  // below, four places show next to nothing
    const auto p = odd.at("p_value").get<double>();
    std::string text = fmt::format("score {:6.2f}, p {}", odd.at("score").get<double>(),
                                   p < kFewDigits ? fmt::format("{:.2g}", p) : fmt::format("{:.4f}", p));
    if (odd.contains("file")) text += fmt::format(", {}", one_line(odd.at("file").get<std::string>()));
    if (odd.contains("class")) text += fmt::format(", class {}", one_line(odd.at("class").get<std::string>()));
    if (!odd.contains("columns")) return text;
    for (size_t i = 0; i < odd.at("columns").size(); ++i) {
      const Json& column = odd.at("columns")[i];
      text += fmt::format("{}{} {:+.1f}", i == 0 ? "; " : ", ", one_line(column.at("name").get<std::string>()),
                          column.at("deviation").get<double>());
    }
    return text;
  }

  static std::string weight_text(const space::AnomalyComponent& component) {
    if (!component.is_combined) return " (not part of the score)";
    return component.weight != 1.0 ? fmt::format(" (weight {:.2f})", component.weight) : "";
  }

  static Json detection_figures(const std::vector<double>& scores, const AnomalyLabels& labels) {
    return {{"auroc", space::auroc(scores, labels.is_anomaly)},
            {"average_precision", space::average_precision(scores, labels.is_anomaly)}};
  }

  Result report(const Run& run, const RunData& data, const ScoredData& scored,
                const std::optional<AnomalyLabels>& labels, const std::vector<int64_t>& order) const {
    Result result;
    Table table;
    result.json = {{"output", output_},
                   {"run", path_},
                   {"data", data.source},
                   {"split", data.split},
                   {"samples", data.samples->size()},
                   {"reference", scored.reference},
                   {"calibration", scored.calibration},
                   {"calibration_part", scored.calibration_part}};
    table.row("scores", fmt::format("{}, {} of {}", one_line(output_), counted(data.samples->size(), "sample"),
                                    one_line(data.part())));
    table.row("beside", fmt::format("{} of the training; p-values by {} of {}", counted(scored.reference, "sample"),
                                    grouped(scored.calibration), one_line(scored.calibration_part)));
    const auto odd =
        std::count_if(scored.scores.p_value.begin(), scored.scores.p_value.end(), [](double p) { return p <= 0.05; });
    result.json["p_at_most_0.05"] = odd;
    table.row("p <= 0.05", counted(odd, "sample"));
    Json components = Json::object();
    if (labels) {
      const Json figures = detection_figures(scored.scores.score, *labels);
      result.json["anomalous_classes"] = labels->classes;
      result.json.update(figures);
      table.row("AUROC", fmt::format("{:.4f}, average precision {:.4f}", figures.at("auroc").get<double>(),
                                     figures.at("average_precision").get<double>()));
    }
    for (const space::AnomalyComponent& c : scored.scores.components) {
      Json entry = {{"combined", c.is_combined}, {"weight", c.weight}};
      if (labels) entry.update(detection_figures(c.values, *labels));
      components[c.name] = entry;
      if (labels) {
        table.row("  " + c.name, fmt::format("{:.4f}, average precision {:.4f}{}", entry.at("auroc").get<double>(),
                                             entry.at("average_precision").get<double>(), weight_text(c)));
      }
    }
    result.json["components"] = components;
    result.json["oddest"] = oddest(run, data, scored, order);
    for (const Json& entry : result.json.at("oddest")) {
      table.row(fmt::format("sample {}", entry.at("index").get<int64_t>()), line_of(entry));
    }
    if (!heatmaps_.empty()) result.json["heatmaps"] = heatmaps_;
    if (!contributions_.empty()) result.json["contributions"] = contributions_;
    result.text = table.str();
    return result;
  }

  std::string path_, data_path_, output_, split_;
  std::string heatmaps_, contributions_, anomaly_label_, normal_label_;
  int64_t top_ = 48;
  bool overwrite_ = false;
  ScoringOptions scoring_;
  DataOptions data_;
  ComputeOptions compute_;
};

}  // namespace

std::unique_ptr<Command> make_anomalies() { return std::make_unique<Anomalies>(); }

}  // namespace latent::cli
