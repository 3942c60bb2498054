// latent interpolate RUN DATA --from I --to J -o strip.png: the way from one sample to another, through their codes.

#include <cli/strip_command.hpp>

#include <latent/run/checks.hpp>
#include <latent/run/editing/ways.hpp>
#include <latent/run/gans/gan_run.hpp>

#include <fmt/core.h>

namespace latent::cli {

namespace {

class Interpolate : public StripCommand {
 public:
  Interpolate() { steps_ = 10; }

  void declare(Arguments& arguments) override {
    declare_run(arguments, "data with the two samples");
    declare_items(arguments, "--from", from_,
                  "number of the first sample in the part, from 0; several (0,3,5) give a strip each", "I")
        ->required();
    declare_items(arguments, "--to", to_, "number of the last sample, or as many as --from has", "J")->required();
    declare_steps(arguments, "pictures of a strip, both ends included");
    arguments
        .add_option("--path", path_name_,
                    "linear, or spherical (along a great circle); default: linear, for GANs spherical")
        ->type_name("NAME");
    declare_strips(arguments, "a strip");
    declare_reading(arguments);
  }

  Result run() override {
    const ResultFile file = out_.file(kStripForms);
    if (!path_name_.empty()) space::path_from(path_name_);
    const std::vector<int64_t> from = parse_list(from_), to = parse_list(to_);
    const auto count = static_cast<int64_t>(from.size());
    if (from.size() != to.size()) {
      throw UsageError(fmt::format("--from has {}, but --to {}", counted(count, "sample"), to.size()));
    }
    check_fits_form(file, count * steps_, "or take fewer --steps");
    const Run run = open_run({{"-o", out_.path}});
    check_has_both_halves(run, "interpolating between samples");
    check_form_fits(file, run.kind());
    const RunData data = open_data(run);
    const std::string path_name = !path_name_.empty() ? path_name_ : is_gan(run) ? "spherical" : "linear";
    const space::Path path = space::path_from(path_name);
    const Strips strips = interpolate_samples(run, data, from, to, steps_, path);
    Report report;
    report.json = {{"output", out_.path}, {"run", path_}, {"data", data.source}, {"split", data.split},
                   {"from", from},        {"to", to},     {"steps", steps_},     {"path", path_name}};
    report.line(fmt::format("{}: {} of {} steps, {}, samples {} to {} of {}", one_line(out_.path),
                            counted(count, "strip"), steps_, path_name, from_, to_, one_line(data.part())));
    return report.shown(write(run, strips, file)).result();
  }

 private:
  std::string from_, to_, path_name_;
};

}  // namespace

std::unique_ptr<Command> make_interpolate() { return std::make_unique<Interpolate>(); }

}  // namespace latent::cli
