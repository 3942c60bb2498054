// latent probe RUN DATA: how much of the labels, or of a number, the codes carry.

#include <cli/commands/probe_report.hpp>
#include <cli/input.hpp>
#include <cli/run_command.hpp>

#include <latent/core/names.hpp>
#include <latent/run/checks.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace latent::cli {

namespace {

constexpr std::array<std::string_view, 3> kProbeMethods = {"all", "linear", "knn"};

class Probe : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data to probe with");
    arguments
        .add_option("--target", options_.data.target,
                    "a number to predict instead of the class: a column of a table, which nothing then looks at, or a "
                    "known factor of 'shapes'")
        ->type_name("NAME");
    arguments.add_option("--method", method_, "all, linear (logistic or ridge regression) or knn (nearest neighbours)")
        ->type_name("NAME")
        ->show_default();
    arguments.add_flag("--codes-only", options_.codes_only,
                       "leave out the same probes on raw data and on principal components");
    arguments
        .add_option(
            "--folds", options_.folds,
            "cross-validate on all samples (default: train on the training part and measure on the test part, or "
            "5 folds where there is none)")
        ->type_name("K")
        ->check(whole_number(2, 1000));
    arguments.add_option("--samples", options_.data.most, "at most so many random training samples (default: all)")
        ->type_name("N")
        ->check(whole_number(2));
    arguments
        .add_option("-o,--output", output_, "confusion.png or .csv of the best probe on codes (numbers: predictions)")
        ->type_name("FILE");
    declare_scarce(arguments);
    declare_reading(arguments, "seed of folds, draws of labels and new samples");
  }

  Result run() override {
    take_options();
    std::optional<ResultFile> file;
    constexpr std::array kForms = {Form::png, Form::csv};
    if (!output_.empty()) file = result_file(output_, kForms, Existing::replace);
    const Run run = open_run({{"-o", output_}});
    check_has_encoder(run);
    const ProbeData data = open_samples(run);
    const ProbeResults results = probe_run(run, data, options_, [](const ProbeRow& row) { note(progress_text(row)); });
    if (file) write_probe_file(*file, results.best(), data, results);
    return probe_result({.run = path_,
                         .target = options_.data.target,
                         .output = output_,
                         .augment_method = augment_method_,
                         .seed = seed_},
                        data, results);
  }

 private:
  void declare_scarce(Arguments& arguments) {
    constexpr const char* kGroup = "Few labels";
    constexpr int64_t kMostNew = 1'000, kMostRepeats = 1'000;
    arguments
        .add_option("--labels-per-class", options_.per_class,
                    "train on so many random labelled samples of each class only")
        ->type_name("N")
        ->check(whole_number(1))
        ->group(kGroup);
    Option* repeats = arguments.add_option("--repeats", options_.repeats, "draws of these samples (default: 10)")
                          ->type_name("N")
                          ->check(whole_number(1, kMostRepeats))
                          ->group(kGroup);
    repeats->needs(arguments.get_option("--labels-per-class"));
    Option* augment = arguments
                          .add_flag("--augment", augment_,
                                    "also train with new samples near the training ones, and say what they change")
                          ->group(kGroup);
    arguments.add_option("--new", options_.new_samples, "new samples for each training one (default: 10)")
        ->type_name("N")
        ->check(whole_number(1, kMostNew))
        ->needs(augment)
        ->group(kGroup);
    arguments
        .add_option("--augment-method", augment_method_,
                    "posterior (draws from q(z|x); default) or neighbors (between samples of a class)")
        ->type_name("NAME")
        ->needs(augment)
        ->group(kGroup);
  }

  // What can be known to be wrong before the model is read.
  void take_options() {
    if (std::find(kProbeMethods.begin(), kProbeMethods.end(), method_) == kProbeMethods.end()) {
      unknown_name("method", method_, kProbeMethods);
    }
    if (method_ != "all") options_.kind = method_ == "knn" ? space::ProbeKind::knn : space::ProbeKind::linear;
    const space::AugmentMethod method = space::augment_method_from(augment_method_);
    if (augment_) options_.augment = method;
    options_.data.split = split_;
    options_.data.one_part = options_.folds > 0;
    options_.data.seed = seed_;
    options_.check();
  }

  ProbeData open_samples(const Run& run) const {
    const RunSource source = open_source(run, data_path_, data_);
    ProbeData data = read_input([&] { return open_probe_data(run, source, options_.data); });
    tell(data.remarks);
    return data;
  }

  std::string method_ = "all", augment_method_ = "posterior";
  bool augment_ = false;
  ProbeOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_probe() { return std::make_unique<Probe>(); }

}  // namespace latent::cli
