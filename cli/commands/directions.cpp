// latent directions RUN DATA --attribute NAME=EXPR -o directions.npz: which way attributes lie among the codes.

#include <cli/command.hpp>
#include <cli/input.hpp>
#include <cli/output.hpp>
#include <cli/strips.hpp>

#include <latent/compression/codec.hpp>
#include <latent/data/attribute_expression.hpp>
#include <latent/formats/image.hpp>
#include <latent/space/editing/directions_file.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>

namespace latent::cli {

namespace {

constexpr const char* kAttributeAdvice =
    "An attribute is NAME=EXPR, for example --attribute shoe=label=sneaker or --attribute 'old=column=age>60'.";

struct NamedExpression {
  std::string name, expression;
};

NamedExpression split_attribute(const std::string& text) {
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c >= 0x80;
  };
  if (equals == std::string::npos || name.empty() || !std::ranges::all_of(name, fits)) {
    throw UsageError(fmt::format("--attribute: expected NAME=EXPR with a name of letters, digits, _ - and ., got '{}'",
                                 one_line(text)),
                     kAttributeAdvice);
  }
  return {name, text.substr(equals + 1)};
}

class FindDirections : public Command {
 public:
  void declare(Arguments& arguments) override {
    constexpr int64_t kMostPrincipal = 1000;
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data to find them in (default: the run's own)");
    arguments
        .add_option(
            "--attribute", attributes_,
            "NAME=EXPR, and again for each further one. EXPR names the samples that have it: label=sneaker,bag | "
            "ids=0,5,10-19 | ids=@file | column=age>40 | factor=scale>75%; 'A and B' for both, 'A vs B' to say "
            "which have it not (default: all others)")
        ->type_name("NAME=EXPR")
        ->repeatable();
    arguments
        .add_option("--principal", principal_,
                    "also the first K principal components, as pc1, pc2, ...: needs no labels")
        ->type_name("K")
        ->check(whole_number(1, kMostPrincipal));
    arguments.add_option("--method", method_name_, "mean (difference of mean codes) or logistic (logistic regression)")
        ->type_name("NAME")
        ->show_default();
    arguments
        .add_option("--l2", l2_, "of logistic: weight of the squared weights beside the sum of the losses (default: 1)")
        ->type_name("X")
        ->check(number(0.0, Bound::open));
    arguments.add_flag("--orthogonal", orthogonal_, "make the attributes' directions orthogonal to each other");
    arguments.add_option("-o,--output", output_, "the directions, .npz")->required()->type_name("FILE");
    arguments.add_option("--picture", picture_, "also a .png of what each does, from -3 to 3 standard deviations")
        ->type_name("FILE");
    data_.declare(arguments);
    declare_split(arguments, split_);
    arguments.get_option("--split")->description("part of the data: train, validation, test or all")->show_default();
    compute_.declare(arguments, "f32");
    declare_seed(arguments, options_.seed, "of the halves that the directions are measured on");
  }

  Result run() override {
    const ResultFile file = check_arguments();
    options_.method = space::direction_method_from(method_name_);
    if (l2_ && options_.method != space::DirectionMethod::logistic) {
      throw UsageError("--l2 belongs to --method logistic");
    }
    options_.l2 = l2_.value_or(options_.l2);
    options_.orthogonal = orthogonal_ ? space::Orthogonal::symmetric : space::Orthogonal::no;
    std::vector<NamedExpression> expressions;
    for (const std::string& text : attributes_) expressions.push_back(split_attribute(text));
    const Run run = open_run(path_, compute_, {{"-o", output_}, {"--picture", picture_}});
    if (!run.model->has_encoder()) throw UsageError(fmt::format("{}: the model has no encoder", path_));
    if (!picture_.empty()) check_has_both_halves(run, "a picture of directions");
    const RunData data = open_data(run, data_path_, data_, split_);
    const std::vector<space::Attribute> attributes = choose_samples(run, data, expressions);
    const Tensor codes = encode_samples(*run.model, *data.samples, Draw::mean, 0).z;
    space::Directions directions = find(codes, attributes);
    directions.model = compression::model_hash(*run.model);
    space::write_directions(file.path, directions);
    Result result = report(data, attributes, directions, codes);
    if (picture_.empty()) return result;
    const Picture picture = picture_of_directions(run, directions);
    write_png(picture_, picture.pixels);
    add_shown(result, picture.shown);
    return result;
  }

 private:
  ResultFile check_arguments() const {
    constexpr std::array kForms = {Form::npz};
    ResultFile file = result_file(output_, kForms, Existing::refuse);
    if (attributes_.empty() && principal_ == 0) {
      throw UsageError("directions: of what? --attribute NAME=EXPR or --principal K", kAttributeAdvice);
    }
    if (picture_.empty()) return file;
    const std::filesystem::path picture = picture_;
    if (picture.extension() != ".png" || std::filesystem::is_directory(picture)) {
      throw UsageError(fmt::format("--picture: expected a file that ends in .png, got '{}'", one_line(picture_)));
    }
    if (!picture.parent_path().empty() && !std::filesystem::is_directory(picture.parent_path())) {
      throw UsageError(fmt::format("--picture {}: there is no folder {}", picture_, picture.parent_path().string()));
    }
    check_can_create(picture, "--picture");
    return file;
  }

  // The files of ids=@FILE; a name ends as data::choose_sides() ends it.
  static void check_keep_lists(const Run& run, const std::string& expression) {
    constexpr const char* kBlanks = " \t";
    for (size_t at = expression.find('@'); at != std::string::npos; at = expression.find('@', at + 1)) {
      const size_t begin = expression.find_first_not_of(kBlanks, at + 1);
      if (begin == std::string::npos) return;
      std::string name = expression.substr(begin);
      if (name.front() == '\'' || name.front() == '"') {
        name = name.substr(1, name.find(name.front(), 1) - 1);
      } else {
        name.resize(std::min({name.size(), name.find(" and "), name.find(" vs ")}));
        name.resize(name.find_last_not_of(kBlanks) + 1);
      }
      run.outputs.check_keep(name, "the list of samples");
    }
  }

  static std::vector<space::Attribute> choose_samples(const Run& run, const RunData& data,
                                                      const std::vector<NamedExpression>& expressions) {
    const bool knows_units = run.data && run.data->open.transform;
    const data::Transform transform = knows_units ? *run.data->open.transform : data::Transform{};
    std::vector<space::Attribute> attributes;
    for (const NamedExpression& attribute : expressions) {
      const std::string &name = attribute.name, &expression = attribute.expression;
      if (!knows_units && expression.find("column") != std::string::npos) {
        throw UsageError(fmt::format("--attribute {}: the model does not say in which units its columns are", name));
      }
      check_keep_lists(run, expression);
      try {
        data::Sides sides = read_input([&] { return data::choose_sides(expression, *data.samples, transform); });
        attributes.push_back({name, std::move(sides.positive), std::move(sides.negative)});
      } catch (const std::invalid_argument& error) {
        throw UsageError(fmt::format("--attribute {}={}: {}", name, one_line(expression), error.what()));
      }
    }
    return attributes;
  }

  space::Directions find(const Tensor& codes, const std::vector<space::Attribute>& attributes) const {
    if (attributes.empty()) return space::principal_directions(codes, principal_);
    space::Directions directions = space::attribute_directions(codes, attributes, options_);
    if (principal_ > 0) directions = space::joined(directions, space::principal_directions(codes, principal_));
    return directions;
  }

  // One row for each direction, from its midpoint.
  static Picture picture_of_directions(const Run& run, const space::Directions& directions) {
    constexpr int64_t kSteps = 9;
    const std::vector<double> amounts = spaced({-3.0, 3.0}, kSteps);
    Tensor codes = Tensor::empty({directions.size() * kSteps, directions.latent_dim()});
    std::vector<std::string> names;
    for (int64_t a = 0; a < directions.size(); ++a) {
      std::vector<double> amount(static_cast<size_t>(directions.size()));
      for (int64_t step = 0; step < kSteps; ++step) {
        amount[static_cast<size_t>(a)] = amounts[static_cast<size_t>(step)];
        const int64_t at = a * kSteps + step;
        codes.rows(at, at + 1).copy_from(space::edit(directions.midpoints.rows(a, a + 1), directions, amount));
      }
    }
    names.reserve(amounts.size());
    for (const double amount : amounts) names.push_back(signed_text(amount));
    const Tensor x_hat = decode_all(*run.model, codes);
    return picture_of_grid(run, view_of(run, x_hat),
                           {.x = x_hat, .columns = kSteps, .row_names = directions.names, .column_names = names});
  }

  // The share of the codes' variance that lies along a principal component.
  static double variance_share(const space::Directions& directions, int64_t a, const Tensor& codes) {
    double along = 0.0, total = 0.0;
    for (const double v : directions.vectors.rows(a, a + 1).to_vector()) along += v * v;
    for (int64_t d = 0; d < codes.dim(1); ++d) {
      double sum = 0.0, squares = 0.0;
      for (int64_t i = 0; i < codes.dim(0); ++i) {
        const double value = codes.data<float>()[i * codes.dim(1) + d];
        sum += value;
        squares += value * value;
      }
      total += (squares - sum * sum / static_cast<double>(codes.dim(0))) / static_cast<double>(codes.dim(0) - 1);
    }
    return along / total;
  }

  Result report(const RunData& data, const std::vector<space::Attribute>& attributes,
                const space::Directions& directions, const Tensor& codes) const {
    Result result;
    result.json = {{"output", output_},         {"run", path_},
                   {"data", data.source},       {"split", data.split},
                   {"samples", codes.dim(0)},   {"method", method_name_},
                   {"orthogonal", orthogonal_}, {"directions", Json::array()}};
    Table table;
    for (int64_t a = 0; a < directions.size(); ++a) {
      const auto at = static_cast<size_t>(a);
      Json entry = {{"name", directions.names[at]}};
      if (at >= attributes.size()) {
        const double share = variance_share(directions, a, codes);
        entry["variance_share"] = share;
        table.row(directions.names[at], fmt::format("{:.1f}% of the variance", 100.0 * share));
      } else {
        const double auroc = directions.auroc[at];
        const auto with = static_cast<int64_t>(attributes[at].positive.size());
        const auto without = static_cast<int64_t>(attributes[at].negative.size());
        entry.update({{"with", with},
                      {"without", without},
                      {"auroc", std::isnan(auroc) ? Json() : Json(auroc)},
                      {"threshold", directions.thresholds[at]}});
        table.row(directions.names[at], fmt::format("AUROC {}, {} with, {} without",
                                                    std::isnan(auroc) ? "unknown" : fmt::format("{:.3f}", auroc),
                                                    grouped(with), grouped(without)));
      }
      result.json["directions"].push_back(entry);
    }
    result.text =
        table.str() + fmt::format("{}: {} of {}; AUROC of one half by directions found with the other\n",
                                  one_line(output_), counted(directions.size(), "direction"), one_line(data.part()));
    if (!picture_.empty()) result.json["picture"] = picture_;
    return result;
  }

  std::string path_, data_path_, output_, picture_, split_ = "train", method_name_ = "mean";
  std::vector<std::string> attributes_;
  int64_t principal_ = 0;
  std::optional<double> l2_;
  bool orthogonal_ = false;
  space::AttributeOptions options_;
  DataOptions data_;
  ComputeOptions compute_;
};

}  // namespace

std::unique_ptr<Command> make_directions() { return std::make_unique<FindDirections>(); }

}  // namespace latent::cli
