// latent directions RUN DATA --attribute NAME=EXPR -o directions.npz: which way attributes lie among the codes.

#include <cli/input.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/formats/image.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/editing/attributes.hpp>
#include <latent/run/gans/gan_run.hpp>
#include <latent/run/gans/generated_data.hpp>
#include <latent/space/editing/directions_file.hpp>

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <optional>

namespace latent::cli {

namespace {

class FindDirections : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    constexpr int64_t kMostPrincipal = 1000;
    declare_run(arguments, "data to find them in");
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
    arguments
        .add_option("--sefa", own_.sefa,
                    "for GANs: the K directions that its first layer answers to most, as sefa1, sefa2, ...: needs no "
                    "data")
        ->type_name("K")
        ->check(whole_number(1, kMostPrincipal));
    arguments
        .add_option(
            "--ganspace", own_.space,
            "for GANs: the K principal directions of what its first layer makes of codes, as space1, ...: needs "
            "no data")
        ->type_name("K")
        ->check(whole_number(1, kMostPrincipal));
    Option* generated =
        arguments
            .add_option("--generated", generated_, "find attributes among N samples that the model makes, not in data")
            ->type_name("N")
            ->check(whole_number(2, 1 << 24));
    arguments.add_option("--classifier", classifier_, "a run that gives generated samples their labels: label=CLASS")
        ->type_name("RUN")
        ->needs(generated);
    arguments.add_option("--method", method_name_, "mean (difference of mean codes) or logistic (logistic regression)")
        ->type_name("NAME")
        ->show_default();
    arguments
        .add_option("--l2", l2_,
                    "for logistic: weight of the squared weights beside the sum of the losses (default: 1)")
        ->type_name("X")
        ->check(number(0.0, Bound::open));
    arguments.add_flag("--orthogonal", orthogonal_, "make the attributes' directions orthogonal to each other");
    declare_output(arguments, "the directions, .npz");
    arguments.add_option("--picture", picture_, "also a .png of what each does, from -3 to 3 standard deviations")
        ->type_name("FILE");
    declare_reading(arguments, "seed of the halves that the directions are measured on");
    declare_split_default(arguments, "train");
  }

  Result run() override {
    const ResultFile file = check_arguments();
    const space::AttributeOptions options = attribute_options();
    std::vector<AttributeExpression> expressions;
    for (const std::string& text : attributes_) expressions.push_back(attribute_from(text));
    const Run run = open_run({{"-o", output_}, {"--picture", picture_}});
    if (!picture_.empty()) check_has_decoder(run);
    const bool looks_at_samples = !attributes_.empty() || principal_ > 0;
    const GeneratedData found = looks_at_samples ? samples_of(run, expressions) : GeneratedData{};
    std::vector<space::Attribute> attributes;
    space::Directions directions;
    if (looks_at_samples) {
      attributes = read_input([&] { return choose_samples(run, found.data, expressions); });
      directions = find_directions(run, found.codes, attributes, principal_, options);
    }
    if (own_.any()) {
      const space::Directions own = generator_directions(run, own_, seed_);
      directions = looks_at_samples ? space::joined(directions, own) : own;
      directions.model = own.model;
    }
    space::write_directions(file.path, directions);
    Report report = report_of(found.data, attributes, directions, found.codes);
    if (picture_.empty()) return report.result();
    const Picture picture = picture_of_directions(run, directions);
    write_png(picture_, picture.pixels);
    return report.shown(picture.shown).result();
  }

 private:
  // Samples with their codes: of the data, or generated.
  GeneratedData samples_of(const Run& run, const std::vector<AttributeExpression>& expressions) const {
    GeneratedData found;
    if (generated_ > 0) {
      std::optional<Run> classifier;
      if (!classifier_.empty()) classifier = cli::open_run(classifier_, compute_, {});
      return generated_data(run, generated_, seed_, classifier ? &*classifier : nullptr);
    }
    check_has_encoder(run);
    found.data = open_data(run);
    for (const AttributeExpression& attribute : expressions) {
      for (const std::string& list : attribute.files()) run.outputs.check_keep(list, "the list of samples");
    }
    found.codes = encode_samples(*run.model, *found.data.samples, Draw::mean, 0).z;
    return found;
  }

  ResultFile check_arguments() const {
    constexpr std::array kForms = {Form::npz};
    ResultFile file = result_file(output_, kForms, Existing::refuse);
    if (attributes_.empty() && principal_ == 0 && !own_.any()) {
      throw UsageError("directions: of what? --attribute NAME=EXPR or --principal K, or for GANs --sefa K",
                       kAttributeAdvice);
    }
    if (generated_ > 0 && !data_path_.empty())
      throw UsageError("--generated and DATA: directions are found in one or the other");
    constexpr std::array kPicture = {Form::png};
    if (!picture_.empty()) result_file_of("--picture", picture_, kPicture, Existing::refuse);
    return file;
  }

  space::AttributeOptions attribute_options() const {
    space::AttributeOptions options{.method = space::direction_method_from(method_name_), .seed = seed_};
    if (l2_ && options.method != space::DirectionMethod::logistic) {
      throw UsageError("--l2 belongs to --method logistic");
    }
    options.l2 = l2_.value_or(options.l2);
    options.orthogonal = orthogonal_ ? space::Orthogonal::symmetric : space::Orthogonal::no;
    return options;
  }

  Report report_of(const RunData& data, const std::vector<space::Attribute>& attributes,
                   const space::Directions& directions, const Tensor& codes) const {
    Report report;
    const bool has_samples = codes.defined();
    report.json = head(output_, data, has_samples ? codes.dim(0) : 0);
    report.json.update({{"method", method_name_}, {"orthogonal", orthogonal_}, {"directions", Json::array()}});
    for (int64_t a = 0; a < directions.size(); ++a) {
      const auto at = static_cast<size_t>(a);
      Json entry = {{"name", directions.names[at]}};
      if (a >= static_cast<int64_t>(attributes.size()) + principal_) {
        report.row(directions.names[at], "the generator's own");
      } else if (at >= attributes.size()) {
        const double share = variance_share(directions, a, codes);
        entry["variance_share"] = share;
        report.row(directions.names[at], fmt::format("{:.1f}% of the variance", 100.0 * share));
      } else {
        const double auroc = directions.auroc[at];
        const auto with = static_cast<int64_t>(attributes[at].positive.size());
        const auto without = static_cast<int64_t>(attributes[at].negative.size());
        entry.update({{"with", with},
                      {"without", without},
                      {"auroc", number_or_null(auroc)},
                      {"threshold", directions.thresholds[at]}});
        report.row(directions.names[at], fmt::format("AUROC {}, {} with, {} without",
                                                     std::isnan(auroc) ? "unknown" : fmt::format("{:.3f}", auroc),
                                                     grouped(with), grouped(without)));
      }
      report.json["directions"].push_back(entry);
    }
    const std::string count = counted(directions.size(), "direction");
    report.line(has_samples ? fmt::format("{}: {} of {}; AUROC of one half by directions found with the other",
                                          one_line(output_), count, one_line(data.part()))
                            : fmt::format("{}: {} of the generator itself", one_line(output_), count));
    if (!picture_.empty()) report.json["picture"] = picture_;
    return report;
  }

  std::string picture_, method_name_ = "mean";
  std::vector<std::string> attributes_;
  int64_t principal_ = 0, generated_ = 0;
  GeneratorDirections own_;
  std::string classifier_;
  std::optional<double> l2_;
  bool orthogonal_ = false;
};

}  // namespace

std::unique_ptr<Command> make_directions() { return std::make_unique<FindDirections>(); }

}  // namespace latent::cli
