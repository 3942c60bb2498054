// latent augment RUN DATA -n 1000 -o folder/: new samples near those that are there, with their labels.

#include <cli/command.hpp>
#include <cli/generated.hpp>
#include <cli/labelled_data.hpp>
#include <cli/output.hpp>
#include <cli/strips.hpp>

#include <latent/core/shuffle.hpp>
#include <latent/data/class_number.hpp>
#include <latent/formats/image.hpp>
#include <latent/space/editing/augment.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace latent::cli {

namespace {

class Augment : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data to make more of (default: the run's own)");
    arguments.add_option("-n,--count", options_.count, "new samples")
        ->type_name("N")
        ->check(whole_number(1, 1 << 30))
        ->show_default();
    output_.declare(
        arguments,
        "a folder (images; a folder in it for each class), .png (a grid), .npz (x, y, codes, sources) or .csv "
        "(tables, with a column 'label')");
    arguments
        .add_option("--method", method_name_,
                    "posterior (draws from q(z|x)) or neighbors (between a sample and a near one of its class)")
        ->type_name("NAME")
        ->show_default();
    arguments.add_option("--spread", spread_, "posterior: factor of its standard deviation (default: 1)")
        ->type_name("X")
        ->check(number(0.0, Bound::open));
    arguments.add_option("--neighbors", neighbors_, "neighbors: how many of the nearest may be taken (default: 5)")
        ->type_name("K")
        ->check(whole_number(1));
    arguments
        .add_option("--balance", balance_name_,
                    "proportional (classes keep their shares; default) or equal (as many of each)")
        ->type_name("NAME");
    arguments.add_option("--class", classes_, "of these classes only, by name or number, between commas")
        ->type_name("NAME");
    arguments.add_option("--items", items_, "near these samples only: numbers in the part, from 0, between commas")
        ->type_name("I")
        ->check(whole_number_list(0, std::numeric_limits<int64_t>::max()));
    generated_.declare(arguments);
    data_.declare(arguments);
    declare_split(arguments, split_);
    arguments.get_option("--split")->description("part of the data: train, validation, test or all")->show_default();
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "of the draws: the same seed gives the same samples");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npz, Form::csv, Form::folder};
    const ResultFile file = output_.file(kForms);
    check_fits_form(file, options_.count, "or make fewer (-n)");
    take_options();
    const Run run = open_run(path_, compute_, {{"-o", output_.path}});
    check_has_both_halves(run, "augmentation");
    check_form_fits(file, run.kind());
    const RunData data = open_data(run, data_path_, data_, split_);
    if (!balance_name_.empty() && data.samples->labels().empty()) {
      throw UsageError(fmt::format("--balance: {} has no labels", data.part()));
    }
    const std::vector<int64_t> rows = given_rows(data);
    const auto given = data::subset(data.samples, rows);
    const Codes codes = encode_samples(*run.model, *given, Draw::mean, 0);
    Rng rng(seed_);
    space::Augmented made = space::augment(codes.z, codes.stddev, given->labels(), options_, rng);
    for (auto* of : {&made.sources, &made.partners}) {
      for (int64_t& row : *of) row = rows[static_cast<size_t>(row)];  // numbers in the data, not among the given ones
    }
    const Tensor x_hat = generated_.make(run, made.codes, seed_);
    const std::string shown = write(run, data, made, x_hat, *given, file);
    Result result = report(run, data, made, static_cast<int64_t>(rows.size()));
    add_shown(result, shown);
    return result;
  }

 private:
  // An option of the other method would do nothing.
  void take_options() {
    options_.method = space::augment_method_from(method_name_);
    const bool draws = options_.method == space::AugmentMethod::posterior;
    if (spread_ && !draws) throw UsageError("--spread belongs to --method posterior");
    if (neighbors_ && draws) throw UsageError("--neighbors belongs to --method neighbors");
    options_.spread = spread_.value_or(options_.spread);
    options_.neighbors = neighbors_.value_or(options_.neighbors);
    if (!balance_name_.empty()) options_.balance = space::balance_from(balance_name_);
  }

  // The samples that --items and --class leave, ascending.
  std::vector<int64_t> given_rows(const RunData& data) const {
    std::set<int64_t> items;
    if (!items_.empty()) {
      const std::vector<int64_t> list = parse_list(items_);
      check_items(data, list);
      items.insert(list.begin(), list.end());
    }
    const std::set<int64_t> classes = given_classes(data);
    const std::span<const int64_t> labels = data.samples->labels();
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < data.samples->size(); ++row) {
      if (!items.empty() && !items.contains(row)) continue;
      if (!classes.empty() && !classes.contains(labels[static_cast<size_t>(row)])) continue;
      rows.push_back(row);
    }
    if (rows.empty()) throw UsageError(fmt::format("{} has no sample that --class and --items leave", data.part()));
    return rows;
  }

  std::set<int64_t> given_classes(const RunData& data) const {
    std::set<int64_t> classes;
    if (classes_.empty()) return classes;
    if (data.samples->labels().empty()) throw UsageError(fmt::format("--class: {} has no labels", data.part()));
    std::stringstream stream(classes_);
    for (std::string name; std::getline(stream, name, ',');) {
      try {
        classes.insert(data::class_number(name, data.samples->class_names()));
      } catch (const std::invalid_argument& error) {
        throw UsageError(fmt::format("--class: {}", error.what()));
      }
    }
    return classes;
  }

  std::string write(const Run& run, const RunData& data, const space::Augmented& made, const Tensor& x_hat,
                    const data::Dataset& given, const ResultFile& file) const {
    if (file.form == Form::png) return write_picture(run, x_hat, given, file);
    const LabelledData labelled{.x = file.form == Form::folder ? for_pictures(run, x_hat) : to_units(run, x_hat),
                                .codes = made.codes,
                                .labels = made.labels,
                                .class_names = data.samples->class_names(),
                                .column_names = data.samples->column_names(),
                                .sources = made.sources,
                                .given = data.samples.get()};
    switch (file.form) {
      case Form::folder: write_labelled_folder(file.path, labelled); break;
      case Form::csv: write_labelled_csv(file.path, labelled); break;
      default: write_labelled_npz(file.path, labelled); break;
    }
    return {};
  }

  std::string write_picture(const Run& run, const Tensor& x_hat, const data::Dataset& given,
                            const ResultFile& file) const {
    // Few samples stand in rows of ten, so that those of one class or source are easily made to share a row.
    constexpr int64_t kFew = 100, kRow = 10;
    const int64_t columns = x_hat.dim(0) <= kFew ? std::min(kRow, x_hat.dim(0)) : 0;
    const View view = view_of(run, x_hat);
    Decoded decoded{.x_hat = x_hat, .x = {}, .codes = {}, .columns = columns, .view = view};
    if (view.look == Look::columns) {
      const int64_t rows = std::min(given.size(), 4 * usual_count(view, given.sample_shape(), 4));
      std::vector<int64_t> beside(static_cast<size_t>(rows));
      Shuffle(given.size(), Rng(seed_)).read(0, beside);
      decoded.beside = given.batch(beside);
    }
    return write_decoded(run, decoded, file);
  }

  Result report(const Run& run, const RunData& data, const space::Augmented& made, int64_t given) const {
    Result result;
    result.json = {{"output", output_.path},    {"run", path_},   {"data", data.source},    {"split", data.split},
                   {"samples", options_.count}, {"given", given}, {"method", method_name_}, {"seed", seed_}};
    result.json["values"] = generated_.name(run);
    if (made.partners.empty()) {
      result.json["spread"] = options_.spread;
    } else {
      result.json["neighbors"] = options_.neighbors;
    }
    Table table;
    if (!made.labels.empty()) {
      std::map<int64_t, int64_t> counts;
      for (const int64_t label : made.labels) ++counts[label];
      Json classes = Json::object();
      for (const auto& [label, count] : counts) {
        const std::string& name = data.samples->class_names()[static_cast<size_t>(label)];
        classes[name] = count;
        table.row(one_line(name), grouped(count));
      }
      result.json["balance"] = space::name_of(options_.balance);
      result.json["classes"] = classes;
    }
    result.text = table.str() + fmt::format("{}: {} near {} of {} ({}, seed {}), {}\n", one_line(output_.path),
                                            counted(options_.count, "new sample"), grouped(given),
                                            one_line(data.part()), method_name_, seed_, generated_.text(run));
    return result;
  }

  std::string path_, data_path_, split_ = "train", method_name_ = "posterior";
  std::string balance_name_, classes_, items_;
  std::optional<double> spread_;
  std::optional<int64_t> neighbors_;
  space::AugmentOptions options_;
  OutputOptions output_;
  GeneratedOptions generated_;
  DataOptions data_;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_augment() { return std::make_unique<Augment>(); }

}  // namespace latent::cli
