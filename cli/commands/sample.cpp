// latent sample RUN -n 64 -o samples.png: new data from the prior.

#include <cli/generated.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/results/decoded.hpp>

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
    out_.declare(arguments, ".png (a grid), .npy, .npz (with the codes), .csv (tables) or a folder");
    arguments
        .add_option("--truncation", truncation_,
                    "draw codes again while a value of them is farther from 0 than X standard deviations: 1 gives "
                    "more typical and less varied samples")
        ->type_name("X")
        ->check(number(0.0, Bound::open));
    generated_.declare(arguments);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "seed of the draws: the same one gives the same samples");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv, Form::folder};
    const ResultFile file = out_.file(kForms);
    check_fits_form(file, count_, "or draw fewer (-n)");
    const Run run = open_run({{"-o", out_.path}});
    check_has_decoder(run);
    check_form_fits(file, run.kind());
    Rng rng(seed_);
    const NoGrad no_grad;
    const Tensor codes =
        truncation_ ? truncated_codes(run, count_, *truncation_, rng) : run.model->sample_prior(count_, rng);
    Decoded decoded{.x_hat = generated_.make(run, codes, seed_), .x = {}, .codes = codes};
    if (file.form == Form::png) {
      decoded.view = view_of(run, decoded.x_hat);
      decoded.beside = rows_of_own_data(run, *decoded.view, seed_);
    }
    Report report;
    report.json = {
        {"output", out_.path}, {"run", path_}, {"samples", count_}, {"values", generated_.name(run)}, {"seed", seed_}};
    if (truncation_) report.json["truncation"] = *truncation_;
    report.line(fmt::format("{}: {} (seed {}), {}", one_line(out_.path), counted(count_, "sample"), seed_,
                            generated_.text(run)));
    return report.shown(out_.write(run, decoded, file)).result();
  }

 private:
  int64_t count_ = 64;
  std::optional<double> truncation_;
  OutputOptions out_;
  GeneratedOptions generated_;
};

}  // namespace

std::unique_ptr<Command> make_sample() { return std::make_unique<Sample>(); }

}  // namespace latent::cli
