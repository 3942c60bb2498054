// latent probe RUN DATA: how much of the labels, or of a number, the codes carry.

#include <cli/command.hpp>
#include <cli/commands/probe_data.hpp>
#include <cli/commands/probe_report.hpp>
#include <cli/output.hpp>

#include <latent/core/names.hpp>
#include <latent/space/editing/augment.hpp>
#include <latent/space/linear/pca.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

namespace latent::cli {

namespace {

constexpr std::array<std::string_view, 3> kProbeMethods = {"all", "linear", "knn"};
constexpr int64_t kDefaultFolds = 5;

class Probe : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", options_.path, "data to probe with (default: the run's own)");
    arguments
        .add_option("--target", options_.target,
                    "a number to predict instead of the class: a column of a table, which nothing then looks at, or a "
                    "known factor of 'shapes'")
        ->type_name("NAME");
    arguments.add_option("--method", method_, "all, linear (logistic or ridge regression) or knn (nearest neighbours)")
        ->type_name("NAME")
        ->show_default();
    arguments.add_flag("--codes-only", codes_only_,
                       "leave out the same probes on raw data and on principal components");
    arguments
        .add_option(
            "--folds", folds_,
            "cross-validate on all samples (default: train on the training part and measure on the test part, or "
            "5 folds where there is none)")
        ->type_name("K")
        ->check(whole_number(2, 1000));
    arguments.add_option("--samples", options_.most, "at most so many random training samples (default: all)")
        ->type_name("N")
        ->check(whole_number(2));
    arguments
        .add_option("-o,--output", output_, "confusion.png or .csv of the best probe on codes (numbers: predictions)")
        ->type_name("FILE");
    declare_scarce(arguments);
    data_.declare(arguments);
    declare_split(arguments, options_.split);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, options_.seed, "of folds, draws of labels and new samples");
  }

  Result run() override {
    const std::optional<ResultFile> file = check_arguments();
    const Run run = open_run(path_, compute_, {{"-o", output_}});
    if (!run.model->has_encoder()) throw UsageError(fmt::format("{}: the model has no encoder", path_));
    options_.one_part = folds_ > 0;
    const ProbeData data = open_probe_data(run, options_, data_);
    const std::vector<space::Round> rounds = rounds_of(data);
    check_memory(data, rounds);
    const Codes codes = codes_of(run, data);
    std::vector<ProbeRow> rows;
    probe_all(rows, "codes", codes.z, data, rounds);
    const std::vector<space::Augmented> added = new_codes(data, codes, rounds);
    if (augment_) {
      probe_all(rows, "codes", codes.z, data, rounds, [&](size_t r) { return extra_codes(data, added[r]); });
    }
    if (!codes_only_) probe_beside(rows, run, data, rounds, added);
    if (file) write_probe_file(*file, best_of(rows, "codes"), data.class_names, *tested(data, rounds));
    return report(data, rounds, rows);
  }

 private:
  // The samples that were measured on, round after round: all of the test part, or all of the one part there is.
  static std::shared_ptr<const data::Dataset> tested(const ProbeData& data, const std::vector<space::Round>& rounds) {
    std::vector<int64_t> rows;
    for (const space::Round& round : rounds) rows.insert(rows.end(), round.test.begin(), round.test.end());
    const bool in_test_part = data.parts.size() > 1;
    if (in_test_part) {
      for (int64_t& row : rows) row -= data.train_size;
    }
    return data::subset(data.parts[in_test_part ? 1 : 0], rows);
  }

  void declare_scarce(Arguments& arguments) {
    constexpr const char* kGroup = "Few labels";
    constexpr int64_t kMostNew = 1'000, kMostRepeats = 1'000;
    arguments
        .add_option("--labels-per-class", per_class_, "train on so many random labelled samples of each class only")
        ->type_name("N")
        ->check(whole_number(1))
        ->group(kGroup);
    Option* repeats = arguments.add_option("--repeats", repeats_, "draws of these samples (default: 10)")
                          ->type_name("N")
                          ->check(whole_number(1, kMostRepeats))
                          ->group(kGroup);
    repeats->needs(arguments.get_option("--labels-per-class"));
    Option* augment = arguments
                          .add_flag("--augment", augment_,
                                    "also train with new samples near the training ones, and say what they change")
                          ->group(kGroup);
    arguments.add_option("--new", new_, "new samples for each training one (default: 10)")
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
  std::optional<ResultFile> check_arguments() const {
    if (std::find(kProbeMethods.begin(), kProbeMethods.end(), method_) == kProbeMethods.end()) {
      unknown_name("method", method_, kProbeMethods);
    }
    static_cast<void>(space::augment_method_from(augment_method_));
    if (!options_.target.empty() && per_class_ > 0) throw UsageError("--labels-per-class needs classes, not --target");
    if (!options_.target.empty() && augment_) throw UsageError("--augment needs classes, not --target");
    if (folds_ > 0 && per_class_ > 0) throw UsageError("--folds and --labels-per-class exclude each other");
    if (output_.empty()) return std::nullopt;
    constexpr std::array kForms = {Form::png, Form::csv};
    return result_file(output_, kForms, Existing::replace);
  }

  std::vector<space::Round> rounds_of(const ProbeData& data) const {
    if (per_class_ > 0) {
      return space::scarce_rounds(data.target, data.train_rows(), data.test_rows(),
                                  {.per_class = per_class_, .repeats = repeats_, .seed = options_.seed});
    }
    if (data.test_size > 0) return {{data.train_rows(), data.test_rows()}};
    if (folds_ > data.size()) {
      throw UsageError(fmt::format("--folds: {} asked for, but {} is all there is", folds_, data.train_part));
    }
    const int64_t folds = folds_ > 0 ? folds_ : std::min(kDefaultFolds, data.size());
    return space::cross_validation_rounds(data.target, folds, options_.seed);
  }

  void check_memory(const ProbeData& data, const std::vector<space::Round>& rounds) const {
    if (!augment_) return;
    const int64_t values = data.parts.front()->sample_shape().numel();
    for (const space::Round& round : rounds) {
      const auto count = static_cast<int64_t>(round.train.size());
      if (count * new_ <= kMostValues / values) continue;
      throw UsageError(fmt::format("--augment: {} new samples for each of {} are too many", new_, count),
                       "Take fewer (--new), or train on fewer samples (--samples, --labels-per-class).");
    }
  }

  std::vector<space::Augmented> new_codes(const ProbeData& data, const Codes& codes,
                                          const std::vector<space::Round>& rounds) const {
    constexpr uint64_t kStream = 0x6e6577;  // "new"
    std::vector<space::Augmented> added;
    for (size_t r = 0; augment_ && r < rounds.size(); ++r) {
      const std::vector<int64_t>& train = rounds[r].train;
      Rng rng = Rng(options_.seed).fork(kStream).fork(r);
      added.push_back(space::augment(
          rows_of(codes.z, train), rows_of(codes.stddev, train), data.target.at(train).labels,
          {.count = new_ * static_cast<int64_t>(train.size()), .method = space::augment_method_from(augment_method_)},
          rng));
    }
    return added;
  }

  static Tensor rows_of(const Tensor& x, const std::vector<int64_t>& indices) {
    Tensor rows = Tensor::empty({static_cast<int64_t>(indices.size()), x.dim(1)});
    for (size_t i = 0; i < indices.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      rows.rows(at, at + 1).copy_from(x.rows(indices[i], indices[i] + 1));
    }
    return rows;
  }

  static space::ExtraRows extra_codes(const ProbeData& data, const space::Augmented& added) {
    return {added.codes, {added.labels, data.target.classes, {}}};
  }

  // The same on principal components of equal size and on the samples as they are.
  void probe_beside(std::vector<ProbeRow>& rows, const Run& run, const ProbeData& data,
                    const std::vector<space::Round>& rounds, const std::vector<space::Augmented>& added) const {
    const Tensor raw = raw_rows(data);
    const Tensor train = raw.rows(0, data.train_size);
    const int64_t dims = std::min({run.model->latent_dim(), train.dim(0), train.dim(1)});
    probe_all(rows, "pca", space::fit_pca(train, {.dims = dims, .seed = options_.seed}).project(raw), data, rounds);
    probe_all(rows, "raw", raw, data, rounds);
    if (!augment_ || !run.model->has_decoder()) return;
    probe_all(rows, "raw", raw, data, rounds, [&](size_t r) {
      const space::ExtraRows extra = extra_codes(data, added[r]);
      return space::ExtraRows{decode_all(*run.model, extra.x).view_as({extra.x.dim(0), raw.dim(1)}), extra.target};
    });
  }

  void probe_all(std::vector<ProbeRow>& rows, const std::string& on, const Tensor& x, const ProbeData& data,
                 const std::vector<space::Round>& rounds, const space::MakeExtra& extra = {}) const {
    for (const space::ProbeKind kind : {space::ProbeKind::linear, space::ProbeKind::knn}) {
      if (method_ != "all" && (method_ == "linear") != (kind == space::ProbeKind::linear)) continue;
      ProbeRow row{on, x.dim(1), std::string(name_of(kind, data.target)), static_cast<bool>(extra), {}};
      row.score = space::probe(kind, x, data.target, rounds, options_.seed, extra);
      note(progress_text(row));
      rows.push_back(std::move(row));
    }
  }

  std::string protocol(const ProbeData& data, const std::vector<space::Round>& rounds) const {
    if (per_class_ > 0) {
      return fmt::format("{} of up to {} per class from {}, measured on {}", counted(repeats_, "draw"),
                         counted(per_class_, "label"), data.train_part,
                         data.test_part.empty() ? "the others" : data.test_part);
    }
    if (data.test_size > 0) return fmt::format("trained on {}, measured on {}", data.train_part, data.test_part);
    return fmt::format("{}-fold cross-validation on {}", rounds.size(), data.train_part);
  }

  Result report(const ProbeData& data, const std::vector<space::Round>& rounds,
                const std::vector<ProbeRow>& rows) const {
    ProbeSummary summary{.run = path_,
                         .data = data.source,
                         .target = options_.target,
                         .is_left_out = data.target_column.has_value(),
                         .class_names = data.class_names,
                         .protocol = protocol(data, rounds),
                         .output = output_,
                         .seed = options_.seed,
                         .train_samples = static_cast<int64_t>(rounds.front().train.size()),
                         .test_samples = static_cast<int64_t>(rounds.front().test.size()),
                         .new_samples = augment_ ? new_ * static_cast<int64_t>(rounds.front().train.size()) : 0,
                         .augment_method = augment_ ? augment_method_ : std::string()};
    return probe_result(summary, rows);
  }

  std::string path_, output_;
  std::string method_ = "all", augment_method_ = "posterior";
  ProbeDataOptions options_;
  bool codes_only_ = false, augment_ = false;
  int64_t folds_ = 0, per_class_ = 0, repeats_ = 10, new_ = 10;
  DataOptions data_;
  ComputeOptions compute_;
};

}  // namespace

std::unique_ptr<Command> make_probe() { return std::make_unique<Probe>(); }

}  // namespace latent::cli
