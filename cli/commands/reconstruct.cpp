// latent reconstruct RUN DATA -o grid.png: data through the code and back.

#include <cli/report.hpp>
#include <cli/run_command.hpp>
#include <cli/sound_report.hpp>

#include <latent/data/stratified.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/results/decoded.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

namespace latent::cli {

namespace {

constexpr int64_t kUsualPictures = 32;

class Reconstruct : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to reconstruct");
    out_.declare(arguments,
                 ".png (originals above reconstructions), .npy, .npz, .csv (tables), .wav (sound) or a folder");
    arguments
        .add_option(
            "-n,--count", count_,
            "how many: for .png drawn by --seed, of all classes alike (default: 32 images or series, 500 rows of a "
            "table); otherwise from the first on (default: all)")
        ->type_name("N")
        ->check(whole_number(1));
    declare_reading(arguments, "seed of the samples that a .png shows");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv, Form::folder, Form::wav};
    const ResultFile file = out_.file(kForms);
    const Run run = open_run({{"-o", out_.path}});
    check_has_both_halves(run, "reconstructing");
    check_form_fits(file, run.kind());
    const Stopwatch watch;
    const RunData data = open_data(run);
    const std::vector<int64_t> items = choose_items(run, *data.samples, file);
    const auto count = static_cast<int64_t>(items.size());
    const auto samples = data::subset(data.samples, items);
    const Codes codes = encode_samples(*run.model, *samples, Draw::mean, 0);
    const Decoded decoded{.x_hat = decode_all(*run.model, codes.z),
                          .x = samples->range(0, count),
                          .codes = codes.z,
                          .samples = samples.get(),
                          .stored = file.form == Form::npz ? samples->stored_range(0, count) : Tensor()};
    const std::string shown = out_.write(run, decoded, file);
    const bool is_picture = file.form == Form::png;
    Report report;
    report.json = head(out_.path, data, count);
    report.line(fmt::format("{}: {} of {}{}", one_line(out_.path), counted(count, "reconstruction"),
                            one_line(data.part()), is_picture ? ", beside their originals" : ""));
    if (!is_picture) report_sound_speed(report, run, count, watch);
    if (is_picture) report.json.update({{"items", items}, {"seed", seed_}});
    return report.shown(shown).result();
  }

 private:
  // Numbers of the samples that are reconstructed.
  std::vector<int64_t> choose_items(const Run& run, const data::Dataset& samples, const ResultFile& file) const {
    const bool is_picture = file.form == Form::png;
    int64_t usual = samples.size();
    if (is_picture) {
      const View view = view_of(run, samples.range(0, std::min(kUsualPictures, samples.size())));
      usual = usual_count(view, samples.sample_shape(), kUsualPictures);
    }
    const int64_t count = std::min(count_.value_or(usual), samples.size());
    check_fits_form(file, count, "or take fewer (-n)");
    if (is_picture) return data::stratified_sample(samples, count, Rng(seed_));
    return data::subsample(count, count, Rng(seed_));
  }

  std::optional<int64_t> count_;
  OutputOptions out_;
};

}  // namespace

std::unique_ptr<Command> make_reconstruct() { return std::make_unique<Reconstruct>(); }

}  // namespace latent::cli
