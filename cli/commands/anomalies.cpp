// latent anomalies RUN DATA -o scores.csv: how odd each sample is beside those the model was trained on.

#include <cli/commands/anomalies_report.hpp>
#include <cli/commands/series_anomalies.hpp>
#include <cli/input.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/run/anomalies/odd_samples.hpp>
#include <latent/run/checks.hpp>

#include <fmt/core.h>

#include <array>

namespace latent::cli {

namespace {

constexpr int64_t kListed = 10;  // oddest samples that the summary names

class Anomalies : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to look for anomalies in");
    arguments
        .add_option("-o,--output", output_,
                    "scores.csv: index, score (higher = odder), p_value, each component, the sample's number in the "
                    "whole data, and its file and label where it has them; of rows in time their time")
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
    arguments
        .add_option("--intervals", series_.intervals,
                    "rows in time: a .csv of the intervals in which they are odd, and in which columns")
        ->type_name("FILE");
    arguments.add_option("--plot", series_.plot, "rows in time: a .png of the columns and the score over time")
        ->type_name("FILE");
    arguments.add_option("--threshold", series_.threshold, "rows in time: the p-value up to which a row is odd")
        ->type_name("P")
        ->check(number(0.0, Bound::open, 1.0))
        ->show_default();
    arguments.add_flag("--follow", series_.follow,
                       "rows in time: DATA is -, and lines of standard input are scored as they arrive");
    arguments.add_flag("--overwrite", overwrite_, "replace a folder of numbered pictures");
    declare_reading(arguments, "seed of the draws of codes, and of the training samples that are compared with");
  }

  Result run() override {
    constexpr std::array kTable = {Form::csv};
    std::optional<ResultFile> scores_file;
    if (!output_.empty()) scores_file = result_file(output_, kTable, Existing::replace);
    const Run run = open_run({{"-o", output_},
                              {"--heatmaps", heatmaps_},
                              {"--contributions", contributions_},
                              {"--intervals", series_.intervals},
                              {"--plot", series_.plot}});
    check_has_encoder(run);
    if (scores_rows(run)) return scores_of_rows(run);
    if (series_.follow || !series_.intervals.empty() || !series_.plot.empty()) {
      throw UsageError(
          fmt::format("--follow, --intervals and --plot are for rows in time, but {} was not trained on any", path_),
          "latent train TABLE.csv --window STEPS makes such a run.");
    }
    if (!scores_file) throw UsageError("-o is required: the scores go to a .csv file");
    const ResultFile& file = *scores_file;
    const std::optional<ResultFile> heatmaps = heatmap_file(run), contributions = contribution_file(run);
    scoring_.read = data_.overrides();
    scoring_.seed = seed_;
    run.outputs.check_keep_data(scoring_.training_data);
    run.outputs.check_keep_data(scoring_.calibration_data);
    const RunSource source = open_source(run, data_path_, data_);
    const RunData data = source.part(split_);
    tell(data.remarks);
    const auto labels = anomaly_labels(*data.samples, anomaly_label_, normal_label_);
    const ScoredData scored = read_input([&] { return score_data(run, source, data, scoring_); });
    tell(scored.remarks);
    const std::vector<int64_t> order = oddest_first(scored);
    write_anomaly_scores(file, scored, *data.samples);
    if (contributions) write_contributions(*contributions, run, scored, *data.samples);
    Report report;
    report.json = head(output_, data, data.samples->size());
    add_scores(report, one_line(data.part()), scored, labels, odd_samples(run, *data.samples, scored, order, kListed));
    if (!heatmaps_.empty()) report.json["heatmaps"] = heatmaps_;
    if (!contributions_.empty()) report.json["contributions"] = contributions_;
    if (heatmaps) {
      report.shown(write_stoppable(*heatmaps, [&](const auto* stop) {
        return write_heatmaps(*heatmaps, run, data.samples, order, top_, stop);
      }));
    }
    return report.result();
  }

 private:
  Result scores_of_rows(const Run& run) {
    if (!heatmaps_.empty() || !contributions_.empty() || !anomaly_label_.empty() || !normal_label_.empty() ||
        !scoring_.calibration_data.empty() || !split_.empty()) {
      throw UsageError("--heatmaps, --contributions, labels, --calibration and --split do not fit rows in time",
                       "--intervals and --plot show where they are odd.");
    }
    series_.data = data_path_;
    series_.output = output_;
    series_.training_data = scoring_.training_data;
    run.outputs.check_keep_data(data_path_);
    run.outputs.check_keep_data(scoring_.training_data);
    return series_anomalies(run, series_, data_);
  }

  std::optional<ResultFile> heatmap_file(const Run& run) const {
    if (heatmaps_.empty()) return std::nullopt;
    constexpr std::array kForms = {Form::png, Form::folder};
    const Existing existing = overwrite_ ? Existing::replace : Existing::refuse;
    const ResultFile file = result_file_of("--heatmaps", heatmaps_, kForms, existing);
    if (!run.kind().is_spatial || run.model->data_shape()[0] == 4) {
      throw UsageError(fmt::format("--heatmaps {}: the model's data is no set of grey or colour images", heatmaps_),
                       "--contributions FILE.csv says of tables which columns are odd.");
    }
    return with_decoder("--heatmaps", run, file);
  }

  std::optional<ResultFile> contribution_file(const Run& run) const {
    if (contributions_.empty()) return std::nullopt;
    constexpr std::array kForms = {Form::csv};
    const ResultFile file = result_file_of("--contributions", contributions_, kForms, Existing::replace);
    if (!run.kind().has_columns) {
      throw UsageError(fmt::format("--contributions {}: the model's data are {}", contributions_, run.kind().name),
                       "--heatmaps FILE.png shows where they are odd.");
    }
    return with_decoder("--contributions", run, file);
  }

  ResultFile with_decoder(const char* option, const Run& run, const ResultFile& file) const {
    if (run.model->has_decoder()) return file;
    throw UsageError(fmt::format("{}: the model of {} has no decoder", option, path_));
  }

  std::string heatmaps_, contributions_, anomaly_label_, normal_label_;
  int64_t top_ = 48;
  bool overwrite_ = false;
  ScoringOptions scoring_;
  SeriesAnomaliesOptions series_;
};

}  // namespace

std::unique_ptr<Command> make_anomalies() { return std::make_unique<Anomalies>(); }

}  // namespace latent::cli
