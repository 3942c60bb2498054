// latent sample RUN -n 64 -o samples.png: new data from the prior.

#include <cli/generated.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>
#include <cli/sound_report.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/results/decoded.hpp>
#include <latent/run/results/labelled_data.hpp>
#include <latent/run/samplers/class_codes.hpp>
#include <latent/run/sounds/sounds.hpp>

#include <fmt/core.h>

#include <array>
#include <optional>

namespace latent::cli {

namespace {

class Sample : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments);
    arguments.add_option("-n,--count", count_, "how many")
        ->type_name("N")
        ->check(whole_number(1, 1 << 30))
        ->show_default();
    out_.declare(arguments, ".png (a grid), .npy, .npz (with the codes), .csv (tables), .wav (sound) or a folder");
    arguments
        .add_option("--truncation", truncation_,
                    "draw codes again while a value of them is farther from 0 than X standard deviations: 1 gives "
                    "more typical and less varied samples")
        ->type_name("X")
        ->check(number(0.0, Bound::open));
    arguments
        .add_option(
            "--like", like_,
            "draw samples like those of a class, or of several (3,7) or all: -n of each, a folder for each where "
            "a folder is written; needs the run's own data")
        ->type_name("CLASS,...")
        ->excludes(arguments.get_option("--truncation"));
    generated_.declare(arguments);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "seed of the draws: the same one gives the same samples");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv, Form::folder, Form::wav};
    const ResultFile file = out_.file(kForms);
    check_fits_form(file, count_, "or draw fewer (-n)");
    const Run run = open_run({{"-o", out_.path}});
    check_has_decoder(run);
    check_form_fits(file, run.kind());
    const Stopwatch watch;
    const NoGrad no_grad;
    std::optional<RunData> data;
    if (!like_.empty()) data = cli::open_data(run, "", {}, std::string(data::name_of(data::Split::train)));
    const ClassCodes made = data ? codes_of_classes(run, *data->samples, like_, count_, seed_) : codes_of_prior(run);
    const Tensor& codes = made.codes;
    const int64_t count = codes.dim(0);
    check_fits_form(file, count, "or draw fewer (-n)");
    Decoded decoded{.x_hat = generated_.make(run, codes, seed_), .x = {}, .codes = codes};
    if (file.form == Form::png) {
      decoded.view = view_of(run, decoded.x_hat);
      decoded.beside = rows_of_own_data(run, *decoded.view, seed_);
    }
    Report report;
    report.json = {
        {"output", out_.path}, {"run", path_}, {"samples", count}, {"values", generated_.name(run)}, {"seed", seed_}};
    if (truncation_) report.json["truncation"] = *truncation_;
    if (data) report.json["like"] = like_;
    report.line(fmt::format("{}: {}{} (seed {}), {}", one_line(out_.path), counted(count, "sample"),
                            data ? fmt::format(" like those of {}", one_line(like_)) : "", seed_,
                            generated_.text(run)));
    if (data && file.form == Form::folder) {
      report.shown(write_classes(run, *data->samples, made, decoded.x_hat, file));
    } else {
      report.shown(out_.write(run, decoded, file));
    }
    if (file.form != Form::png) report_sound_speed(report, run, count, watch);
    return report.result();
  }

 private:
  ClassCodes codes_of_prior(const Run& run) const {
    Rng rng(seed_);
    return {truncation_ ? truncated_codes(run, count_, *truncation_, rng) : run.model->sample_prior(count_, rng), {}};
  }

  // A folder with one for each class inside.
  static std::string write_classes(const Run& run, const data::Dataset& samples, const ClassCodes& made,
                                   const Tensor& x_hat, const ResultFile& file) {
    LabelledData labelled{};
    labelled.codes = made.codes;
    labelled.labels = made.labels;
    labelled.class_names = samples.class_names();
    return write_stoppable(file, [&](const auto* stop) -> std::string {
      if (has_sounds(run)) {
        labelled.x = to_waves(run, x_hat);
        return write_labelled_sounds(file.path, labelled, sound_rate(run), stop);
      }
      labelled.x = for_pictures(run, x_hat);
      write_labelled_folder(file.path, labelled, stop);
      return {};
    });
  }

  std::string like_;
  int64_t count_ = 64;
  std::optional<double> truncation_;
  OutputOptions out_;
  GeneratedOptions generated_;
};

}  // namespace

std::unique_ptr<Command> make_sample() { return std::make_unique<Sample>(); }

}  // namespace latent::cli
