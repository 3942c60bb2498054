#include <cli/run_command.hpp>

#include <latent/run/gans/gan_run.hpp>

#include <fmt/core.h>

namespace latent::cli {

void RunCommand::declare_run(Arguments& arguments, const std::string& data_text) {
  arguments.add_option("RUN", path_, "a run directory or a model file")->required();
  if (data_text.empty()) return;
  arguments.add_option("DATA", data_path_, fmt::format("{} (default: the run's own)", data_text));
}

void RunCommand::declare_reading(Arguments& arguments, const std::string& seed_text) {
  data_.declare(arguments);
  declare_split(arguments, split_);
  compute_.declare(arguments, "f32");
  arguments
      .add_option("--inversion-steps", inversion_steps_,
                  "for GANs: steps in which a code is fitted to each sample after the encoder's answer (default: 300; "
                  "runs of earlier versions have 40); 0 is fast and rough")
      ->type_name("N")
      ->check(whole_number(0, 10'000))
      ->group("Computing");
  if (!seed_text.empty()) declare_seed(arguments, seed_, seed_text);
}

Run RunCommand::open_run(const Outputs& outputs) const {
  Run run = cli::open_run(path_, compute_, outputs);
  if (inversion_steps_) set_inversion_steps(run, *inversion_steps_);
  return run;
}

void RunCommand::declare_split_default(Arguments& arguments, const std::string& split) {
  split_ = split;
  arguments.get_option("--split")->description("part of the data: train, validation, test or all")->show_default();
}

void RunCommand::declare_output(Arguments& arguments, const std::string& description, const char* type) {
  arguments.add_option("-o,--output", output_, description)->required()->type_name(type);
}

Json RunCommand::head(const std::string& output, const RunData& data, int64_t samples) const {
  return {{"output", output}, {"run", path_}, {"data", data.source}, {"split", data.split}, {"samples", samples}};
}

}  // namespace latent::cli
