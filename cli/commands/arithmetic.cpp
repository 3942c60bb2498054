// latent arithmetic RUN DATA "A - B + C" -o result.png: sums of codes, decoded.

#include <cli/command.hpp>
#include <cli/output.hpp>
#include <cli/strips.hpp>

#include <latent/data/class_number.hpp>
#include <latent/formats/image.hpp>
#include <latent/space/editing/arithmetic.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

namespace latent::cli {

namespace {

using space::Operand;

// An operand as it is found in the data.
struct Found {
  std::string name;  // "#12", "label:Sneaker", "photo.png"
  Tensor code;       // (1, D)
  Tensor x;          // (1, ...) model values; undefined for a class
};

// The real sample whose code is nearest to the result.
struct Nearest {
  int64_t index = 0;
  double distance = 0.0;
};

class Arithmetic : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data with the samples and classes (default: the run's own)");
    arguments.add_option(
        "EXPRESSION", expression_,
        "of samples (12 or #12), mean codes of classes (label:sneaker), files (photo.png) and numbers as "
        "factors, with + - * / and parentheses: '0.5 * (#3 + #5) - label:bag'");
    arguments
        .add_option("--path", path_name_, "linear, or spherical (directions are added, the length is a typical one)")
        ->type_name("NAME")
        ->show_default();
    arguments
        .add_option("-o,--output", output_, ".png (operands and result), .npy, .npz (with the code) or .csv (tables)")
        ->required()
        ->type_name("OUT");
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
  }

  Result run() override {
    // Of two arguments, the second is the expression: the data is the run's own.
    if (expression_.empty()) std::swap(expression_, data_path_);
    if (expression_.empty()) throw UsageError("arithmetic: EXPRESSION is required", "For example: '#3 - #5 + #7'");
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv};
    const ResultFile file = result_file(output_, kForms, Existing::refuse);
    const space::Path path = space::path_from(path_name_);
    const std::vector<Operand> operands = parse();
    const Run run = open_run(path_, compute_, {{"-o", output_}});
    check_has_both_halves(run, "arithmetic with samples");
    check_form_fits(file, run.kind());
    const RunData data = open_data(run, data_path_, data_, split_);
    const Tensor codes = encode_samples(*run.model, *data.samples, Draw::mean, 0).z;
    std::vector<Found> found;
    found.reserve(operands.size());
    for (const Operand& operand : operands) found.push_back(find(run, data, codes, operand));
    const Tensor z = combined(operands, found, codes, path).view_as({1, codes.dim(1)});
    const Tensor x_hat = decode_all(*run.model, z);
    const std::optional<Nearest> nearest = nearest_sample(z, codes, operands);
    std::string shown;
    if (file.form == Form::png) {
      const Picture of_sum = picture(run, data, operands, found, x_hat, nearest);
      write_png(file.path, of_sum.pixels);
      shown = of_sum.shown;
    } else {
      shown = write_decoded(run, {.x_hat = x_hat, .x = {}, .codes = z}, file);
    }
    Result result = report(data, operands, found, nearest);
    add_shown(result, shown);
    return result;
  }

 private:
  std::vector<Operand> parse() const {
    try {
      return space::parse_arithmetic(expression_);
    } catch (const std::invalid_argument& error) {
      throw UsageError(fmt::format("'{}': {}", one_line(expression_), error.what()));
    }
  }

  [[noreturn]] void refuse(const Operand& operand, const std::string& why) const {
    throw UsageError(fmt::format("'{}': at character {}: {}", one_line(expression_), operand.position, why));
  }

  Found find(const Run& run, const RunData& data, const Tensor& codes, const Operand& operand) const {
    switch (operand.kind) {
      case Operand::Kind::item: return find_item(data, codes, operand);
      case Operand::Kind::label: return find_class(data, codes, operand);
      case Operand::Kind::file: break;
    }
    return find_file(run, data, operand);
  }

  Found find_item(const RunData& data, const Tensor& codes, const Operand& operand) const {
    if (operand.item >= data.samples->size()) {
      refuse(operand, fmt::format("sample {} does not exist: {} has {}, numbered from 0", operand.item, data.part(),
                                  counted(data.samples->size(), "sample")));
    }
    return {fmt::format("#{}", operand.item), codes.rows(operand.item, operand.item + 1),
            data.samples->range(operand.item, operand.item + 1)};
  }

  // The mean code of a class.
  Found find_class(const RunData& data, const Tensor& codes, const Operand& operand) const {
    const std::span<const int64_t> labels = data.samples->labels();
    if (labels.empty()) refuse(operand, fmt::format("{} has no labels", data.part()));
    int64_t label = 0;
    try {
      label = data::class_number(operand.text, data.samples->class_names());
    } catch (const std::invalid_argument& error) {
      refuse(operand, error.what());
    }
    const int64_t D = codes.dim(1);
    std::vector<double> sum(static_cast<size_t>(D));
    int64_t count = 0;
    for (int64_t i = 0; i < codes.dim(0); ++i) {
      if (labels[static_cast<size_t>(i)] != label) continue;
      ++count;
      for (int64_t d = 0; d < D; ++d) sum[static_cast<size_t>(d)] += codes.data<float>()[i * D + d];
    }
    const std::string name = data.samples->class_names()[static_cast<size_t>(label)];
    if (count == 0) refuse(operand, fmt::format("{} has no sample of class '{}'", data.part(), name));
    Tensor mean = Tensor::empty({1, D});
    for (int64_t d = 0; d < D; ++d) {
      mean.data<float>()[d] = static_cast<float>(sum[static_cast<size_t>(d)] / static_cast<double>(count));
    }
    return {fmt::format("label:{}", name), mean, {}};
  }

  Found find_file(const Run& run, const RunData& data, const Operand& operand) const {
    if (!std::filesystem::exists(operand.text)) {
      const auto names = data.samples->class_names();
      std::string why = fmt::format("there is no file '{}'", one_line(operand.text));
      try {
        const int64_t label = data::class_number(operand.text, names);
        why += fmt::format(" (did you mean 'label:{}'?)", names[static_cast<size_t>(label)]);
      } catch (const std::invalid_argument&) {
        why += "; samples are #12, classes label:NAME";
      }
      refuse(operand, why);
    }
    const RunData file = open_data(run, operand.text, data_, std::string(data::name_of(data::Split::all)));
    if (file.samples->size() != 1) {
      refuse(operand,
             fmt::format("expected a file with one sample, but {} has {}", operand.text, file.samples->size()));
    }
    const Codes codes = encode_samples(*run.model, *file.samples, Draw::mean, 0);
    return {std::filesystem::path(operand.text).filename().string(), codes.z, file.samples->range(0, 1)};
  }

  static Tensor combined(const std::vector<Operand>& operands, const std::vector<Found>& found, const Tensor& codes,
                         space::Path path) {
    Tensor rows = Tensor::empty({static_cast<int64_t>(found.size()), codes.dim(1)});
    std::vector<double> factors;
    for (size_t k = 0; k < found.size(); ++k) {
      const auto at = static_cast<int64_t>(k);
      rows.rows(at, at + 1).copy_from(found[k].code);
      factors.push_back(operands[k].factor);
    }
    return space::combine(rows, factors, path, path == space::Path::spherical ? space::typical_length(codes) : 0.0);
  }

  // Operands themselves are left out: they are near by nature.
  static std::optional<Nearest> nearest_sample(const Tensor& z, const Tensor& codes,
                                               const std::vector<Operand>& operands) {
    const auto is_operand = [&](int64_t row) {
      return std::ranges::any_of(operands, [&](const Operand& o) {
        return o.kind == Operand::Kind::item && o.factor != 0.0 && o.item == row;
      });
    };
    const int64_t k = std::min(static_cast<int64_t>(operands.size()) + 1, codes.dim(0));
    const space::Neighbors near = space::nearest(z, codes, k);
    for (int64_t j = 0; j < k; ++j) {
      const int64_t row = near.index.data<int64_t>()[j];
      if (!is_operand(row)) return Nearest{row, static_cast<double>(near.distance.data<float>()[j])};
    }
    return std::nullopt;
  }

  // Above, the real samples; below, what codes decode to. A class has no sample, so its place above is empty.
  static Picture picture(const Run& run, const RunData& data, const std::vector<Operand>& operands,
                         const std::vector<Found>& found, const Tensor& x_hat, const std::optional<Nearest>& nearest) {
    constexpr int64_t kLargeImages = 112;
    const auto columns = static_cast<int64_t>(found.size()) + 1;
    Tensor shown = Tensor::full(x_hat.shape().tail().prepend(2 * columns), std::numeric_limits<double>::quiet_NaN());
    std::vector<std::string> names;
    for (int64_t k = 0; k < columns - 1; ++k) {
      const Found& operand = found[static_cast<size_t>(k)];
      if (operand.x.defined()) shown.rows(k, k + 1).copy_from(operand.x);
      shown.rows(columns + k, columns + k + 1).copy_from(decode_all(*run.model, operand.code));
      names.push_back(term_text(operands[static_cast<size_t>(k)].factor, operand.name));
    }
    if (nearest) {
      shown.rows(columns - 1, columns).copy_from(data.samples->range(nearest->index, nearest->index + 1));
    }
    shown.rows(2 * columns - 1, 2 * columns).copy_from(x_hat);
    names.push_back(nearest ? fmt::format("= near #{}", nearest->index) : "=");
    const std::vector<std::string> kinds = {"sample", "decoded"};
    return picture_of_grid(run, view_of(run, x_hat),
                           {.x = shown,
                            .columns = columns,
                            .meaning = SampleGrid::Meaning::columns_are_groups,
                            .row_names = kinds,
                            .column_names = names,
                            .mark_names = kinds,
                            .min_size = kLargeImages});
  }

  // "+ #3", "- label:bag", "+ 0.5 #3".
  static std::string term_text(double factor, const std::string& name) {
    const double size = std::abs(factor);
    return fmt::format("{} {}{}", factor < 0.0 ? "-" : "+", size == 1.0 ? "" : fmt::format("{:.3g} ", size), name);
  }

  Result report(const RunData& data, const std::vector<Operand>& operands, const std::vector<Found>& found,
                const std::optional<Nearest>& nearest) const {
    Result result;
    result.json = {
        {"output", output_},         {"run", path_},       {"data", data.source},       {"split", data.split},
        {"expression", expression_}, {"path", path_name_}, {"operands", Json::array()}, {"nearest", Json()}};
    std::string sum;
    for (size_t k = 0; k < found.size(); ++k) {
      result.json["operands"].push_back({{"name", found[k].name}, {"factor", operands[k].factor}});
      sum += (sum.empty() ? "" : " ") + term_text(operands[k].factor, found[k].name);
    }
    result.text = fmt::format("{}: {} ({})\n", one_line(output_), one_line(sum), path_name_);
    if (!nearest) return result;
    result.json["nearest"] = {{"item", nearest->index}, {"distance", nearest->distance}};
    std::string text = fmt::format("#{}", nearest->index);
    if (const auto labels = data.samples->labels(); !labels.empty()) {
      const auto label = static_cast<size_t>(labels[static_cast<size_t>(nearest->index)]);
      result.json["nearest"]["class"] = data.samples->class_names()[label];
      text += fmt::format(" ({})", one_line(data.samples->class_names()[label]));
    }
    result.text += fmt::format("nearest sample: {} of {}, at a distance of {:.3g}\n", text, one_line(data.part()),
                               nearest->distance);
    return result;
  }

  std::string path_, data_path_, expression_, output_, split_, path_name_ = "linear";
  DataOptions data_;
  ComputeOptions compute_;
};

}  // namespace

std::unique_ptr<Command> make_arithmetic() { return std::make_unique<Arithmetic>(); }

}  // namespace latent::cli
