// latent sample RUN -n 64 -o samples.png: new data from the prior.

#include <cli/command.hpp>
#include <cli/decoded.hpp>
#include <cli/generated.hpp>
#include <cli/output.hpp>

#include <latent/autograd/backward.hpp>

#include <fmt/core.h>

#include <array>

namespace latent::cli {

namespace {

class Sample : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("-n,--count", count_, "how many")
        ->type_name("N")
        ->check(whole_number(1, 1 << 30))
        ->show_default();
    output_.declare(arguments, ".png (a grid), .npy, .npz (with the codes), .csv (tables) or a folder");
    generated_.declare(arguments);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "of the draws: the same seed gives the same samples");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv, Form::folder};
    const ResultFile file = output_.file(kForms);
    check_fits_form(file, count_, "or draw fewer (-n)");
    const Run run = open_run(path_, compute_, {{"-o", output_.path}});
    if (!run.model->has_decoder()) throw UsageError(fmt::format("{}: the model has no decoder", path_));
    check_form_fits(file, run.kind());
    Rng rng(seed_);
    const NoGrad no_grad;
    const Tensor codes = run.model->sample_prior(count_, rng);
    Decoded decoded{.x_hat = generated_.make(run, codes, seed_), .x = {}, .codes = codes};
    if (file.form == Form::png) {
      decoded.view = view_of(run, decoded.x_hat);
      decoded.beside = rows_of_own_data(run, *decoded.view, seed_);
    }
    const std::string shown = write_decoded(run, decoded, file);
    Result result;
    result.json = {{"output", output_.path},
                   {"run", path_},
                   {"samples", count_},
                   {"values", generated_.name(run)},
                   {"seed", seed_}};
    result.text = fmt::format("{}: {} (seed {}), {}\n", one_line(output_.path), counted(count_, "sample"), seed_,
                              generated_.text(run));
    add_shown(result, shown);
    return result;
  }

 private:
  std::string path_;
  int64_t count_ = 64;
  OutputOptions output_;
  GeneratedOptions generated_;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_sample() { return std::make_unique<Sample>(); }

}  // namespace latent::cli
