// latent decode RUN codes.npy -o OUT: codes to data.

#include <cli/input.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>
#include <cli/sound_report.hpp>

#include <latent/run/checks.hpp>
#include <latent/run/results/decoded.hpp>
#include <latent/run/tables/codes_file.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

namespace latent::cli {

namespace {

class Decode : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments);
    arguments
        .add_option("CODES", codes_path_,
                    "codes as encode writes them: .npy (N, D), .npz with an array 'codes', .csv or .tsv")
        ->required();
    out_.declare(arguments, ".png (a grid), .npy, .npz, .csv (tables), .wav (sound) or a folder (one picture each)");
    arguments.add_option("-n,--count", count_, "how many, from the first on (default: all)")
        ->type_name("N")
        ->check(whole_number(1));
    compute_.declare(arguments, "f32");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv, Form::folder, Form::wav};
    const ResultFile file = out_.file(kForms);
    const Run run = open_run({{"-o", out_.path}});
    check_has_decoder(run);
    check_form_fits(file, run.kind());
    run.outputs.check_keep(codes_path_, "the file of codes");
    const Tensor all = read_input([&] { return read_codes_for(run, codes_path_); });
    const Tensor codes = all.rows(0, std::min(count_.value_or(all.dim(0)), all.dim(0)));
    check_fits_form(file, codes.dim(0), "or take the first ones (-n)");
    Report report;
    report.json = {{"output", out_.path}, {"run", path_}, {"codes", codes_path_}, {"samples", codes.dim(0)}};
    report.line(fmt::format("{}: {} decoded", one_line(out_.path), counted(codes.dim(0), "code")));
    const Stopwatch watch;
    const Decoded decoded{.x_hat = decode_all(*run.model, codes), .x = {}, .codes = codes};
    report.shown(out_.write(run, decoded, file));
    report_sound_speed(report, run, codes.dim(0), watch);
    return report.result();
  }

 private:
  std::string codes_path_;
  std::optional<int64_t> count_;
  OutputOptions out_;
};

}  // namespace

std::unique_ptr<Command> make_decode() { return std::make_unique<Decode>(); }

}  // namespace latent::cli
