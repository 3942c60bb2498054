// latent map RUN DATA -o map.png: where samples lie in the latent space, on a plane.

#include <cli/commands/map_options.hpp>
#include <cli/input.hpp>
#include <cli/interrupt.hpp>
#include <cli/progress.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>
#include <cli/words.hpp>

#include <latent/formats/image.hpp>
#include <latent/models/word_embedding.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/maps/map_tiles.hpp>
#include <latent/run/words/joined_words.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace latent::cli {

namespace {

class Map : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to map");
    declare_output(arguments, "a chart (.png, .svg), or places (.csv, .npy, .npz with codes and labels)");
    method_.declare(arguments);
    arguments.add_option("--space", space_, "what is mapped: latent (codes), or data (raw values, to compare)")
        ->type_name("NAME")
        ->check(one_of({"latent", "data"}))
        ->show_default();
    arguments.add_option("--sample", sample_, "map so many samples, drawn by --seed (default: all)")
        ->type_name("N")
        ->check(whole_number(1));
    declare_words(arguments, words_, "for a run of words: map the N most frequent ones (default: 5000)");
    arguments
        .add_option("--join", join_,
                    "for a run of words: map the words of pairs alone, and join each pair by a line: paris=france,..., "
                    "or @FILE with two words on a line")
        ->type_name("PAIRS");
    Option* tiles =
        arguments.add_option("--tiles", tiles_, "also decode places on the map, in a grid (.png)")->type_name("FILE");
    arguments.add_option("--grid", grid_, "places of --tiles, rows x columns")
        ->type_name("RxC")
        ->needs(tiles)
        ->show_default();
    declare_reading(arguments, "seed of the method and of --sample");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::svg, Form::csv, Form::npy, Form::npz};
    const ResultFile file = result_file(output_, kForms, Existing::replace);
    MapOptions options = method_.options();
    if (options.dims == 3 && (file.form == Form::png || file.form == Form::svg)) {
      throw UsageError(fmt::format("-o {}: a chart shows two dimensions, not --dims 3", output_),
                       "Use .csv, .npy or .npz.");
    }
    const Run run = open_run({{"-o", output_}, {"--tiles", tiles_}});
    const SampleSpace space = sample_space_from(space_);
    if (space == SampleSpace::latent) check_has_encoder(run);
    const TileGrid grid = checked_grid(run, space == SampleSpace::latent && options.dims == 2);
    const JoinedWords chosen = opened(run);
    const MappedSamples samples = samples_to_map(run, chosen.data, space, sample_, seed_);
    const InterruptGuard guard;
    const SampleMap map = made_map(samples.x, options, guard.stop());
    const std::string title = fmt::format("{} of the {}", name_of(options.method), samples.what());
    write_map(samples, map.positions, title, file, chosen.pairs);
    const std::string shown = tiles_.empty() ? "" : written_tiles(run, map.positions, samples.x, grid);
    const auto judgement = judge_map(samples, map.positions, options.metric, seed_);
    return report(samples, options, map, judgement, title, shown);
  }

 private:
  // A map of all words would show none.
  JoinedWords opened(const Run& run) const {
    constexpr int64_t kUsually = 5000;
    const RunData data = open_data(run);
    if (!join_.empty()) {
      if (words_ || sample_) throw UsageError("--join says which words are mapped: without --words and --sample");
      JoinedWords joined = read_input([&] { return joined_words(run, data, join_); });
      tell(joined.remarks);
      return joined;
    }
    if (!words_ && !is_words(*run.model)) return {data, {}, {}};
    return {most_frequent(run, data, words_.value_or(kUsually)), {}, {}};
  }

  TileGrid checked_grid(const Run& run, bool possible) const {
    if (tiles_.empty()) return {};
    constexpr std::array kForms = {Form::png};
    static_cast<void>(result_file(tiles_, kForms, Existing::replace));
    const auto grid = parse_cross(grid_);
    const auto fits = [](int64_t count) { return count >= 1 && count <= kMostTiles; };
    if (!grid || !fits(grid->first) || !fits(grid->second)) {
      throw UsageError(fmt::format("--grid: rows x columns from 1x1 to 64x64 expected, got '{}'", grid_));
    }
    if (!possible) throw UsageError("--tiles needs a map of codes: --space latent, --dims 2");
    if (!run.model->has_decoder()) throw UsageError(fmt::format("{}: --tiles needs a decoder", path_));
    return {grid->first, grid->second};
  }

  SampleMap made_map(const Tensor& x, MapOptions& options, const std::atomic<bool>& stop) const {
    std::optional<StepProgress> progress;
    options.seed = seed_;
    options.stop = &stop;
    options.progress = [&](int64_t done, int64_t total) {
      if (!progress) progress.emplace(std::string(name_of(options.method)), total);
      progress->on_step(done);
    };
    return make_map(x, options);
  }

  std::string written_tiles(const Run& run, const Tensor& map, const Tensor& codes, const TileGrid& grid) const {
    const Picture picture = map_tiles(run, map, codes, grid);
    write_png(tiles_, picture.pixels);
    return picture.shown;
  }

  Result report(const MappedSamples& samples, const MapOptions& options, const SampleMap& map,
                const std::optional<MapJudgement>& judgement, const std::string& title,
                const std::string& shown) const {
    Report report;
    report.json = head(output_, samples.data, map.positions.dim(0));
    report.json.update({{"space", space_},
                        {"method", name_of(options.method)},
                        {"dims", options.dims},
                        {"seed", seed_},
                        {"options", method_.settings(map)},
                        {"seconds", map.seconds}});
    report.row("map", fmt::format("{}: {}", one_line(output_), one_line(title)));
    report.row("samples", fmt::format("{}, in {}", grouped(map.positions.dim(0)), duration(map.seconds)));
    if (map.of_steps > 0) report.json["epochs"] = map.steps;
    if (map.explained) {
      report.both("explained", *map.explained, fmt::format("{:.1f}% of the variance", 100.0 * *map.explained));
    }
    if (map.kl_divergence) {
      report.json["kl_divergence"] = *map.kl_divergence;
      report.row("KL divergence", fmt::format("{:.4f} nats", *map.kl_divergence));
    }
    if (judgement) add_judgement(*judgement, options.metric, report);
    if (!tiles_.empty()) report.both("tiles", tiles_, one_line(tiles_));
    tell(map.remarks);
    if (map.interrupted()) report.json["outcome"] = "interrupted";
    if (!tiles_.empty()) report.shown(shown);
    return report.result(map.interrupted() ? kInterrupted : kDone);
  }

  static void add_judgement(const MapJudgement& judgement, space::Metric metric, Report& report) {
    report.figure("trustworthiness", judgement.trustworthiness, "{:.4f}");
    report.json["neighbor_agreement"] = judgement.agreement;
    report.row("agreement",
               fmt::format("{:.4f} of the {} nearest neighbours are the same ({} samples{})", judgement.agreement,
                           judgement.neighbors, grouped(judgement.samples),
                           metric == space::Metric::euclidean ? "" : fmt::format(", {}", space::name_of(metric))));
    std::string protocol = fmt::format("{} neighbours of {} samples, before by {} distance", judgement.neighbors,
                                       judgement.samples, space::name_of(metric));
    if (judgement.label_accuracy) {
      const int64_t k = judgement.label_neighbors;
      protocol += fmt::format("; {} neighbours on the map of {} labels", k, judgement.labelled);
      report.both(
          "label_accuracy", *judgement.label_accuracy,
          fmt::format("{:.4f} of the labels are what {} neighbours on the map say", *judgement.label_accuracy, k));
    }
    report.json["protocol"] = protocol;
  }

  std::string space_ = "latent", tiles_, grid_ = "20x20";
  std::optional<int64_t> sample_, words_;
  std::string join_;
  MapMethodOptions method_;
};

}  // namespace

std::unique_ptr<Command> make_map() { return std::make_unique<Map>(); }

}  // namespace latent::cli
