// latent encode RUN DATA -o codes.npy: data to codes.

#include <cli/report.hpp>
#include <cli/run_command.hpp>
#include <cli/sound_report.hpp>

#include <latent/run/checks.hpp>
#include <latent/run/tables/codes_file.hpp>

#include <fmt/core.h>

#include <array>

namespace latent::cli {

namespace {

class Encode : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to encode");
    declare_output(arguments,
                   "codes.npy, .csv (codes, the samples' numbers and files, label), .npz (and stddev, labels, "
                   "label_names)");
    Option* sample = arguments.add_flag("--sample", sample_, "draw each code from its posterior (default: its mean)");
    declare_reading(arguments, "seed of the draws of --sample");
    arguments.get_option("--seed")->needs(sample);
  }

  Result run() override {
    constexpr std::array kForms = {Form::npy, Form::npz, Form::csv};
    const ResultFile file = result_file(output_, kForms, Existing::replace);
    const Run run = open_run({{"-o", output_}});
    check_has_encoder(run);
    const Stopwatch watch;
    const RunData data = open_data(run);
    const Codes codes = encode_samples(*run.model, *data.samples, sample_ ? Draw::sample : Draw::mean, seed_);
    write_codes(file, codes, *data.samples);
    Report report;
    report.json = head(output_, data, codes.z.dim(0));
    report.json.update({{"latent_dim", codes.z.dim(1)}, {"codes", sample_ ? "draws" : "means"}});
    report_sound_speed(report, run, codes.z.dim(0), watch);
    report.line(fmt::format("{}: codes {} of {} ({})", one_line(output_), codes.z.shape().str(), one_line(data.part()),
                            sample_ ? "draws from the posterior" : "posterior means"));
    return report.result();
  }

 private:
  bool sample_ = false;
};

}  // namespace

std::unique_ptr<Command> make_encode() { return std::make_unique<Encode>(); }

}  // namespace latent::cli
