// latent encode RUN DATA -o codes.npy: data to codes.

#include <latent/run/tables/codes_file.hpp>
#include <cli/command.hpp>
#include <cli/decoded.hpp>
#include <cli/output.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <latent/data/known_classes.hpp>
#include <latent/formats/npy.hpp>

#include <fmt/core.h>

#include <array>

namespace latent::cli {

namespace {

class Encode : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data to encode (default: the run's own)");
    arguments
        .add_option("-o,--output", output_,
                    "codes.npy, .csv (codes, the samples' numbers and files, label), .npz (and stddev, labels, "
                    "label_names)")
        ->required()
        ->type_name("FILE");
    Option* sample = arguments.add_flag("--sample", sample_, "draw each code from its posterior (default: its mean)");
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "of the draws of --sample");
    arguments.get_option("--seed")->needs(sample);
  }

  Result run() override {
    constexpr std::array kForms = {Form::npy, Form::npz, Form::csv};
    const ResultFile file = result_file(output_, kForms, Existing::replace);
    const Run run = open_run(path_, compute_, {{"-o", output_}});
    if (!run.model->has_encoder()) throw UsageError(fmt::format("{}: the model has no encoder", path_));
    const RunData data = open_data(run, data_path_, data_, split_);
    const Codes codes = encode_samples(*run.model, *data.samples, sample_ ? Draw::sample : Draw::mean, seed_);
    write(file, codes, *data.samples);
    Result result;
    result.json = {{"output", output_},
                   {"run", path_},
                   {"data", data.source},
                   {"split", data.split},
                   {"samples", codes.z.dim(0)},
                   {"latent_dim", codes.z.dim(1)},
                   {"codes", sample_ ? "draws" : "means"}};
    result.text = fmt::format("{}: codes {} of {} ({})\n", one_line(output_), codes.z.shape().str(),
                              one_line(data.part()), sample_ ? "draws from the posterior" : "posterior means");
    return result;
  }

 private:
  static void write(const ResultFile& file, const Codes& codes, const data::Dataset& samples) {
    if (file.form == Form::npy) return write_npy(file.path, codes.z);
    if (file.form == Form::csv) {
      return write_sample_table(file.path, code_names(codes.z.dim(1)), codes.z, samples, LabelColumn::last);
    }
    NpzContents arrays{{{"codes", codes.z}, {"stddev", codes.stddev}}};
    add_label_arrays(arrays, data::named_labels(samples));
    add_sample_arrays(arrays, samples);
    write_npz(file.path, arrays.numbers, arrays.texts);
  }

  std::string path_, data_path_, output_, split_;
  bool sample_ = false;
  DataOptions data_;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_encode() { return std::make_unique<Encode>(); }

}  // namespace latent::cli
