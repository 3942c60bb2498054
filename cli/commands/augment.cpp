// latent augment RUN DATA -n 1000 -o folder/: new samples near those that are there, with their labels.

#include <cli/generated.hpp>
#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/run/checks.hpp>
#include <latent/run/editing/augmenting.hpp>

#include <fmt/core.h>

#include <array>
#include <limits>
#include <map>
#include <optional>

namespace latent::cli {

namespace {

class Augment : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to make more of");
    arguments.add_option("-n,--count", options_.count, "new samples")
        ->type_name("N")
        ->check(whole_number(1, 1 << 30))
        ->show_default();
    out_.declare(arguments,
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
    arguments.add_option("--class", classes_, "new samples of these classes only, by name or number, between commas")
        ->type_name("NAME");
    arguments.add_option("--items", items_, "near these samples only: numbers in the part, from 0, between commas")
        ->type_name("I")
        ->check(whole_number_list(0, std::numeric_limits<int64_t>::max()));
    generated_.declare(arguments);
    declare_reading(arguments, "seed of the draws: the same one gives the same samples");
    declare_split_default(arguments, "train");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npz, Form::csv, Form::folder};
    const ResultFile file = out_.file(kForms);
    check_fits_form(file, options_.count, "or make fewer (-n)");
    take_options();
    const Run run = open_run({{"-o", out_.path}});
    check_has_both_halves(run, "augmentation");
    check_form_fits(file, run.kind());
    const RunData data = open_data(run);
    if (!balance_name_.empty() && data.samples->labels().empty()) {
      throw UsageError(fmt::format("--balance: {} has no labels", data.part()));
    }
    const std::vector<int64_t> items = items_.empty() ? std::vector<int64_t>{} : parse_list(items_);
    const std::vector<int64_t> rows = chosen_rows(data, classes_, items);
    const NewSamples samples = augment_samples(run, data, rows, options_, generated_.draws(run), seed_);
    const std::string shown = write_stoppable(
        file, [&](const auto* stop) { return write_new_samples(run, data, samples, file, seed_, stop); });
    return report(run, data, samples.made, static_cast<int64_t>(rows.size())).shown(shown).result();
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

  Report report(const Run& run, const RunData& data, const space::Augmented& made, int64_t given) const {
    Report report;
    report.json = head(out_.path, data, options_.count);
    report.json.update({{"given", given}, {"method", method_name_}, {"seed", seed_}, {"values", generated_.name(run)}});
    if (made.partners.empty()) {
      report.json["spread"] = options_.spread;
    } else {
      report.json["neighbors"] = options_.neighbors;
    }
    if (!made.labels.empty()) {
      std::map<int64_t, int64_t> counts;
      for (const int64_t label : made.labels) ++counts[label];
      report.json.update({{"balance", space::name_of(options_.balance)}, {"classes", Json::object()}});
      for (const auto& [label, count] : counts) {
        const std::string& name = data.samples->class_names()[static_cast<size_t>(label)];
        report.json["classes"][name] = count;
        report.row(one_line(name), grouped(count));
      }
    }
    return report.line(fmt::format("{}: {} near {} of {} ({}, seed {}), {}", one_line(out_.path),
                                   counted(options_.count, "new sample"), grouped(given), one_line(data.part()),
                                   method_name_, seed_, generated_.text(run)));
  }

  std::string method_name_ = "posterior", balance_name_, classes_, items_;
  std::optional<double> spread_;
  std::optional<int64_t> neighbors_;
  space::AugmentOptions options_;
  OutputOptions out_;
  GeneratedOptions generated_;
};

}  // namespace

std::unique_ptr<Command> make_augment() { return std::make_unique<Augment>(); }

}  // namespace latent::cli
