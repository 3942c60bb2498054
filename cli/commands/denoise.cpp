// latent denoise RUN DATA -o OUT: damaged data, cleaned; and how much cleaner it is, where the clean copy is known.

#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/data/stratified.hpp>
#include <latent/run/denoising/denoising.hpp>
#include <latent/run/pictures/pictures.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

namespace latent::cli {

namespace {

constexpr int64_t kShownSamples = 32;

class Denoise : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data to clean (default: the run's own, damaged as in training)");
    out_.declare(
        arguments,
        ".png (damaged samples above cleaned ones, above the clean copy), .npy, .npz, .csv (tables), .wav (sound) or a "
        "folder");
    arguments.add_option("--clean", clean_path_, "the clean copy of DATA, in its order: tells how much was won")
        ->type_name("DATA");
    arguments
        .add_option("--corrupt", corrupt_, "damage DATA first, to see how well it is cleaned: gaussian:0.3, mask:0.25")
        ->type_name("SPEC");
    arguments
        .add_option("--samples", num_samples_, "average what so many draws of the code decode to (default: its mean)")
        ->type_name("K")
        ->check(whole_number(1, 1'000'000));
    arguments
        .add_option(
            "-n,--count", count_,
            "how many, from the first on (default: all; a .png shows 32 of them, 500 rows of a table, drawn by --seed "
            "of all classes alike)")
        ->type_name("N")
        ->check(whole_number(1));
    declare_reading(arguments, "seed of --corrupt and --samples");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv, Form::folder, Form::wav};
    const ResultFile file = out_.file(kForms);
    const data::Corruption asked = corrupt_.empty() ? data::Corruption() : parse_corruption(corrupt_);
    if (!asked.empty() && !clean_path_.empty()) {
      throw UsageError("--corrupt takes DATA for the clean copy: --clean cannot name another one");
    }
    const Run run = open_run({{"-o", out_.path}});
    check_can_denoise(run, num_samples_);
    check_form_fits(file, run.kind());
    const DamagedSamples samples = open_samples(run, asked);
    const int64_t count = std::min(count_.value_or(samples.noisy->size()), samples.noisy->size());
    const std::vector<int64_t> items = items_to_write(run, *samples.noisy, count, file);
    const CleanedSamples cleaned =
        clean_samples(run, samples, {.num_samples = num_samples_, .count = count, .seed = seed_});
    tell(cleaned.remarks);
    const std::string shown = write_stoppable(
        file, [&](const auto* stop) { return write_cleaned(run, samples, cleaned, items, file, stop); });
    Report report = report_of(samples, cleaned);
    if (file.form == Form::png) report.json["items"] = items;
    report.shown(shown);
    report.json["by"] = run.model->has_skips() && !num_samples_ ? "skip connections" : "the code";
    if (!cleaned.figures.empty()) report.json["worse"] = cleaned.is_worse;
    return report.result();
  }

 private:
  DamagedSamples open_samples(const Run& run, const data::Corruption& asked) const {
    data::Corruption corruption = asked;
    if (data_path_.empty() && corrupt_.empty()) {
      corruption = run.corruption();
      if (corruption.empty()) {
        throw UsageError(fmt::format("{}: what is to be cleaned?", path_),
                         "Name damaged data, or have the run's own damaged: --corrupt gaussian:0.3.");
      }
      if (!clean_path_.empty()) throw UsageError("--clean needs the damaged DATA that it is the clean copy of");
    }
    const RunData data = open_data(run);
    if (!corruption.empty()) return damaged(data, corruption, seed_);
    std::optional<RunData> clean;  // the same part, even of the run's own data
    if (!clean_path_.empty()) clean = cli::open_data(run, clean_path_, data_, data.split);
    return found_damaged(data, clean);
  }

  // Numbers of the samples that are written: the first `count`, or of those as many as a picture shows.
  std::vector<int64_t> items_to_write(const Run& run, const data::Dataset& noisy, int64_t count,
                                      const ResultFile& file) const {
    int64_t shown = count;
    if (file.form == Form::png) {
      const View view = view_of(run, noisy.range(0, std::min(kShownSamples, count)));
      shown = std::min(count_.value_or(usual_count(view, noisy.sample_shape(), kShownSamples)), count);
    }
    check_fits_form(file, shown, "or take fewer (-n)");
    if (shown < count) return data::stratified_sample(noisy, shown, Rng(seed_));
    return data::subsample(count, count, Rng(seed_));
  }

  static Json json_of(const QualityFigure& figure, const QualitySummary& s) {
    Json json = {{"mean", number_or_null(s.mean)}, {"median", number_or_null(s.median)}};
    if (figure.name == "psnr") json["equal"] = s.equal;
    return json;
  }

  static std::string text_of(const QualityFigure& f, const QualitySummary& s) {
    if (!s.mean) return "all images equal their clean copies";
    const std::string text =
        fmt::format("mean {0:.{3}f}{2}, median {1:.{3}f}{2}", *s.mean, *s.median, f.unit, f.digits());
    return s.equal == 0 ? text : text + fmt::format(", without {} that are equal", grouped(s.equal));
  }

  Report report_of(const DamagedSamples& samples, const CleanedSamples& cleaned) const {
    const int64_t count = cleaned.noisy.dim(0);
    const std::string damage = samples.corruption.str();
    Report report;
    report.json = head(out_.path, samples.data, count);
    report.json.update({{"corrupt", damage},
                        {"clean", text_or_null(clean_path_)},
                        {"draws", num_samples_ ? Json(*num_samples_) : Json()},
                        {"seed", seed_}});
    report.row("output", out_.path);
    report.row("cleaned", fmt::format("{} of {}{}", counted(count, "sample"), samples.data.part(),
                                      samples.corruption.empty() ? "" : fmt::format(", damaged by {}", damage)));
    for (const QualityFigure& figure : cleaned.figures) {
      report.json[figure.name] = {{"before", json_of(figure, figure.before)}, {"after", json_of(figure, figure.after)}};
      report.row(fmt::format("{} before", figure.text), text_of(figure, figure.before));
      report.row(fmt::format("{} after", figure.text), text_of(figure, figure.after));
    }
    if (!cleaned.figures.empty()) report.both("protocol", cleaned.protocol, cleaned.protocol);
    return report;
  }

  std::string clean_path_, corrupt_;
  std::optional<int64_t> count_, num_samples_;
  OutputOptions out_;
};

}  // namespace

std::unique_ptr<Command> make_denoise() { return std::make_unique<Denoise>(); }

}  // namespace latent::cli
