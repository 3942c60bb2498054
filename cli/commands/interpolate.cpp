// latent interpolate RUN DATA --from I --to J -o strip.png: the way from one sample to another, through their codes.

#include <cli/command.hpp>
#include <cli/decoded.hpp>
#include <cli/output.hpp>
#include <cli/strips.hpp>

#include <latent/space/editing/interpolate.hpp>

#include <fmt/core.h>

#include <array>

namespace latent::cli {

namespace {

class Interpolate : public Command {
 public:
  void declare(Arguments& arguments) override {
    constexpr int64_t kMostSteps = 1000;
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data with the two samples (default: the run's own)");
    arguments
        .add_option("--from", from_,
                    "number of the first sample in the part, from 0; several (0,3,5) give a strip each")
        ->required()
        ->type_name("I")
        ->check(whole_number_list(0, std::numeric_limits<int64_t>::max()));
    arguments.add_option("--to", to_, "number of the last sample, or as many as --from has")
        ->required()
        ->type_name("J")
        ->check(whole_number_list(0, std::numeric_limits<int64_t>::max()));
    arguments.add_option("--steps", steps_, "pictures of a strip, both ends included")
        ->type_name("N")
        ->check(whole_number(2, kMostSteps))
        ->show_default();
    arguments.add_option("--path", path_name_, "linear, or spherical (along a great circle)")
        ->type_name("NAME")
        ->show_default();
    output_.declare(arguments, ".png (a strip), .gif, .npy, .npz (with the codes), .csv (tables) or a folder");
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::gif, Form::npy, Form::npz, Form::csv, Form::folder};
    const ResultFile file = output_.file(kForms);
    const space::Path path = space::path_from(path_name_);
    const std::vector<int64_t> from = parse_list(from_), to = parse_list(to_);
    if (from.size() != to.size()) {
      throw UsageError(
          fmt::format("--from has {}, but --to {}", counted(static_cast<int64_t>(from.size()), "sample"), to.size()));
    }
    check_fits_form(file, static_cast<int64_t>(from.size()) * steps_, "or take fewer --steps");
    const Run run = open_run(path_, compute_, {{"-o", output_.path}});
    check_has_both_halves(run, "interpolating between samples");
    check_form_fits(file, run.kind());
    const RunData data = open_data(run, data_path_, data_, split_);
    const Tensor codes = codes_of_strips(run, data, path, from, to);
    Strips strips{
        .x_hat = decode_all(*run.model, codes), .codes = codes, .steps = steps_, .strip_names = {}, .step_names = {}};
    if (view_of(run, strips.x_hat).look != Look::images) strips.strip_names = names_of_strips(from, to);
    Result result = report(data, from, to);
    add_shown(result, write_strips(run, strips, file));
    return result;
  }

 private:
  // The codes of all strips, one strip after the other: (strips * steps, D).
  Tensor codes_of_strips(const Run& run, const RunData& data, space::Path path, const std::vector<int64_t>& from,
                         const std::vector<int64_t>& to) const {
    const auto count = static_cast<int64_t>(from.size());
    std::vector<int64_t> ends = from;
    ends.insert(ends.end(), to.begin(), to.end());
    check_items(data, ends);
    const Codes z = encode_samples(*run.model, *data::subset(data.samples, ends), Draw::mean, 0);
    const Shape code_shape{z.z.dim(1)};
    Tensor codes = Tensor::empty({count * steps_, z.z.dim(1)});
    for (int64_t i = 0; i < count; ++i) {
      const Tensor first = z.z.rows(i, i + 1).view_as(code_shape);
      const Tensor last = z.z.rows(count + i, count + i + 1).view_as(code_shape);
      codes.rows(i * steps_, (i + 1) * steps_).copy_from(space::interpolate(first, last, steps_, path));
    }
    return codes;
  }

  static std::vector<std::string> names_of_strips(const std::vector<int64_t>& from, const std::vector<int64_t>& to) {
    std::vector<std::string> names;
    for (size_t i = 0; i < from.size(); ++i) names.push_back(fmt::format("#{} to #{}", from[i], to[i]));
    return names;
  }

  Result report(const RunData& data, const std::vector<int64_t>& from, const std::vector<int64_t>& to) const {
    Result result;
    result.json = {{"output", output_.path}, {"run", path_}, {"data", data.source}, {"split", data.split},
                   {"from", from},           {"to", to},     {"steps", steps_},     {"path", path_name_}};
    result.text = fmt::format("{}: {} of {} steps, {}, samples {} to {} of {}\n", one_line(output_.path),
                              counted(static_cast<int64_t>(from.size()), "strip"), steps_, path_name_, from_, to_,
                              one_line(data.part()));
    return result;
  }

  std::string path_, data_path_, split_, from_, to_;
  std::string path_name_ = "linear";
  int64_t steps_ = 10;
  OutputOptions output_;
  DataOptions data_;
  ComputeOptions compute_;
};

}  // namespace

std::unique_ptr<Command> make_interpolate() { return std::make_unique<Interpolate>(); }

}  // namespace latent::cli
