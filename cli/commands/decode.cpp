// latent decode RUN codes.npy -o OUT: codes to data.

#include <latent/run/tables/codes_file.hpp>
#include <cli/command.hpp>
#include <cli/decoded.hpp>
#include <cli/input.hpp>
#include <cli/output.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace latent::cli {

namespace {

class Decode : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments
        .add_option("CODES", codes_path_,
                    "codes as encode writes them: .npy (N, D), .npz with an array 'codes', .csv or .tsv")
        ->required();
    output_.declare(arguments, ".png (a grid), .npy, .npz, .csv (tables) or a folder (one picture each)");
    arguments.add_option("-n,--count", count_, "how many, from the first on (default: all)")
        ->type_name("N")
        ->check(whole_number(1));
    compute_.declare(arguments, "f32");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv, Form::folder};
    const ResultFile file = output_.file(kForms);
    const Run run = open_run(path_, compute_, {{"-o", output_.path}});
    if (!run.model->has_decoder()) throw UsageError(fmt::format("{}: the model has no decoder", path_));
    check_form_fits(file, run.kind());
    run.outputs.check_keep(codes_path_, "the file of codes");
    const Tensor all = fitting_codes(*run.model);
    const Tensor codes = all.rows(0, std::min(count_.value_or(all.dim(0)), all.dim(0)));
    check_fits_form(file, codes.dim(0), "or take the first ones (-n)");
    const std::string shown =
        write_decoded(run, {.x_hat = decode_all(*run.model, codes), .x = {}, .codes = codes}, file);
    Result result;
    result.json = {{"output", output_.path}, {"run", path_}, {"codes", codes_path_}, {"samples", codes.dim(0)}};
    result.text = fmt::format("{}: {} decoded\n", one_line(output_.path), counted(codes.dim(0), "code"));
    add_shown(result, shown);
    return result;
  }

 private:
  Tensor fitting_codes(const LatentModel& model) const {
    const Tensor stored = read_input([&] { return read_codes(codes_path_); });
    const bool is_one = stored.ndim() == 1 && stored.dim(0) == model.latent_dim();
    const Tensor codes = is_one ? stored.view_as({1, model.latent_dim()}) : stored;
    if (codes.ndim() != 2 || codes.dim(1) != model.latent_dim() || codes.dim(0) == 0) {
      throw UsageError(fmt::format("{}: codes of {} expected as (N, {}), got {}", codes_path_, path_,
                                   model.latent_dim(), stored.shape().str()));
    }
    Tensor z = codes.to(DType::f32);
    for (const float value : z.span<float>()) {
      if (!std::isfinite(value)) throw DataError(codes_path_, "holds NaN or infinity");
    }
    return z;
  }

  std::string path_, codes_path_;
  std::optional<int64_t> count_;
  OutputOptions output_;
  ComputeOptions compute_;
};

}  // namespace

std::unique_ptr<Command> make_decode() { return std::make_unique<Decode>(); }

}  // namespace latent::cli
