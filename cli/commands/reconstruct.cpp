// latent reconstruct RUN DATA -o grid.png: data through the code and back.

#include <cli/command.hpp>
#include <cli/decoded.hpp>
#include <cli/output.hpp>

#include <latent/data/stratified.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace latent::cli {

namespace {

constexpr int64_t kUsualPictures = 32;

class Reconstruct : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data to reconstruct (default: the run's own)");
    output_.declare(arguments, ".png (originals above reconstructions), .npy, .npz, .csv (tables) or a folder");
    arguments
        .add_option(
            "-n,--count", count_,
            "how many: for .png drawn by --seed, of all classes alike (default: 32 images or series, 500 rows of a "
            "table); otherwise from the first on (default: all)")
        ->type_name("N")
        ->check(whole_number(1));
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "of the samples that a .png shows");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv, Form::folder};
    const ResultFile file = output_.file(kForms);
    const Run run = open_run(path_, compute_, {{"-o", output_.path}});
    if (!run.model->has_encoder() || !run.model->has_decoder()) {
      throw UsageError(fmt::format("{}: reconstructing needs an encoder and a decoder", path_));
    }
    check_form_fits(file, run.kind());
    const RunData data = open_data(run, data_path_, data_, split_);
    const std::vector<int64_t> items = choose_items(run, *data.samples, file);
    const auto count = static_cast<int64_t>(items.size());
    const auto samples = data::subset(data.samples, items);
    const Codes codes = encode_samples(*run.model, *samples, Draw::mean, 0);
    const Tensor x = samples->range(0, count);
    const Tensor stored = file.form == Form::npz ? samples->stored_range(0, count) : Tensor();
    const std::string shown = write_decoded(run,
                                            {.x_hat = decode_all(*run.model, codes.z),
                                             .x = x,
                                             .codes = codes.z,
                                             .samples = samples.get(),
                                             .stored = stored},
                                            file);
    Result result;
    result.json = {
        {"output", output_.path}, {"run", path_}, {"data", data.source}, {"split", data.split}, {"samples", count}};
    result.text = fmt::format("{}: {} of {}{}\n", one_line(output_.path), counted(count, "reconstruction"),
                              one_line(data.part()), file.form == Form::png ? ", beside their originals" : "");
    if (file.form == Form::png) result.json.update({{"items", items}, {"seed", seed_}});
    add_shown(result, shown);
    return result;
  }

 private:
  // Numbers of the samples that are reconstructed.
  std::vector<int64_t> choose_items(const Run& run, const data::Dataset& samples, const ResultFile& file) const {
    if (file.form == Form::png) {
      const View view = view_of(run, samples.range(0, std::min(kUsualPictures, samples.size())));
      const int64_t count =
          std::min(count_.value_or(usual_count(view, samples.sample_shape(), kUsualPictures)), samples.size());
      check_fits_form(file, count, "or take fewer (-n)");
      return data::stratified_sample(samples, count, Rng(seed_));
    }
    const int64_t count = std::min(count_.value_or(samples.size()), samples.size());
    check_fits_form(file, count, "or take fewer (-n)");
    std::vector<int64_t> first(static_cast<size_t>(count));
    std::iota(first.begin(), first.end(), int64_t{0});
    return first;
  }

  std::string path_, data_path_, split_;
  std::optional<int64_t> count_;
  OutputOptions output_;
  DataOptions data_;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_reconstruct() { return std::make_unique<Reconstruct>(); }

}  // namespace latent::cli
