// latent denoise RUN DATA -o OUT: damaged data, cleaned; and how much cleaner it is, where the clean copy is known.

#include <cli/command.hpp>
#include <cli/decoded.hpp>
#include <cli/output.hpp>

#include <latent/data/image_quality.hpp>
#include <latent/data/stratified.hpp>
#include <latent/models/denoise.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

namespace latent::cli {

namespace {

constexpr int64_t kShownSamples = 32;

/// Noisy samples, and the clean ones behind them where they are known.
struct Pairs {
  RunData data;
  std::shared_ptr<const data::Dataset> noisy, clean;
  data::Corruption corruption;  ///< how `noisy` came from `clean`; empty if it was found so
};

/// Of the samples whose figure is finite: PSNR is infinite where an image equals its clean copy.
struct Summary {
  std::optional<double> mean, median;  ///< nothing where all are equal
  int64_t equal = 0;                   ///< those left out
};

Summary summary_of(std::vector<double> values) {
  const auto all = static_cast<int64_t>(values.size());
  std::erase_if(values, [](double value) { return std::isinf(value); });
  Summary summary{.mean = {}, .median = {}, .equal = all - static_cast<int64_t>(values.size())};
  if (values.empty()) return summary;
  summary.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  summary.median = values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
  return summary;
}

/// A figure before and after cleaning.
struct Figure {
  const char* name;  ///< "psnr"
  const char* text;  ///< what people read
  const char* unit;
  Summary before, after;
  bool higher_is_better = true;

  bool is_worse() const {
    if (!before.mean || !after.mean) return before.equal > 0 && !before.mean && after.mean;
    return higher_is_better ? *after.mean < *before.mean : *after.mean > *before.mean;
  }
  /// "20.32 dB before, 18.81 dB after"
  std::string change() const {
    const auto value = [this](const Summary& s) {
      return s.mean ? fmt::format("{:.{}f}{}", *s.mean, *unit != '\0' ? 2 : 4, unit) : std::string("equal");
    };
    return fmt::format("{} before, {} after", value(before), value(after));
  }
};

/// Root mean squared error of each sample.
std::vector<double> rmse(const Tensor& x_hat, const Tensor& x) {
  std::vector<double> errors = data::psnr(x_hat, x);
  for (double& value : errors) value = std::pow(10.0, value / -20.0);
  return errors;
}

class Denoise : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data to clean (default: the run's own, damaged as in training)");
    output_.declare(arguments,
                    ".png (damaged samples above cleaned ones, above the clean copy), .npy, .npz, .csv (tables) or a "
                    "folder");
    arguments.add_option("--clean", clean_path_, "the clean copy of DATA, in its order: tells how much was won")
        ->type_name("DATA");
    arguments
        .add_option("--corrupt", corrupt_, "damage DATA first, to see how well it is cleaned: gaussian:0.3, mask:0.25")
        ->type_name("SPEC");
    arguments
        .add_option("--samples", num_samples_, "average what so many draws of the code decode to (default: its mean)")
        ->type_name("K")
        ->check(whole_number(1, 1'000'000));
    arguments
        .add_option(
            "-n,--count", count_,
            "how many, from the first on (default: all; a .png shows 32 of them, 500 rows of a table, drawn by --seed "
            "of all classes alike)")
        ->type_name("N")
        ->check(whole_number(1));
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
    declare_seed(arguments, seed_, "of --corrupt and --samples");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv, Form::folder};
    const ResultFile file = output_.file(kForms);
    const data::Corruption asked = corrupt_.empty() ? data::Corruption() : parse_corruption(corrupt_);
    if (!asked.empty() && !clean_path_.empty()) {
      throw UsageError("--corrupt takes DATA for the clean copy: --clean cannot name another one");
    }
    const Run run = open_run(path_, compute_, {{"-o", output_.path}});
    check_can_denoise(run);
    check_form_fits(file, run.kind());
    const Pairs pairs = open_pairs(run, asked);
    const int64_t count = std::min(count_.value_or(pairs.noisy->size()), pairs.noisy->size());
    const std::vector<int64_t> items = items_to_write(run, *pairs.noisy, count, file);

    const Tensor noisy = pairs.noisy->range(0, count);
    const Tensor clean = pairs.clean ? pairs.clean->range(0, count) : Tensor();
    check_range(run, clean);
    Tensor x_hat = denoise(*run.model, noisy, {.num_samples = num_samples_.value_or(0), .seed = seed_});
    if (run.kind() == data::Kind::images) {
      for (float& value : x_hat.span<float>()) value = std::clamp(value, 0.0f, 1.0f);
    }
    const std::vector<Figure> figures = measure(run, noisy, x_hat, clean);
    const bool is_worse = !figures.empty() && figures[0].is_worse();
    if (is_worse) {
      warn(fmt::format("the result is further from the clean copy than its input was ({} {}); {}", figures[0].text,
                       figures[0].change(), advice(run, pairs)));
    }
    const auto samples = data::subset(pairs.noisy, items);
    const auto stored = [&](const data::Dataset* set) {
      return set && file.form == Form::npz ? set->stored_range(0, count) : Tensor();
    };
    const std::string shown = write_decoded(run,
                                            {.x_hat = rows_of(x_hat, items),
                                             .x = rows_of(noisy, items),
                                             .codes = {},
                                             .clean = rows_of(clean, items),
                                             .samples = samples.get(),
                                             .stored = stored(samples.get()),
                                             .stored_clean = stored(pairs.clean.get()),
                                             .damaged = true},
                                            file);
    Result result = report(pairs, count, figures);
    if (file.form == Form::png) result.json["items"] = items;
    add_shown(result, shown);
    result.json["by"] = run.model->has_skips() && !num_samples_ ? "skip connections" : "the code";
    if (!figures.empty()) result.json["worse"] = is_worse;
    return result;
  }

 private:
  // Numbers of the samples that are written: the first `count`, or of those as many as a picture shows.
  std::vector<int64_t> items_to_write(const Run& run, const data::Dataset& noisy, int64_t count,
                                      const ResultFile& file) const {
    std::vector<int64_t> first(static_cast<size_t>(count));
    std::iota(first.begin(), first.end(), int64_t{0});
    if (file.form != Form::png) {
      check_fits_form(file, count, "or take fewer (-n)");
      return first;
    }
    const View view = view_of(run, noisy.range(0, std::min(kShownSamples, count)));
    const int64_t usual = usual_count(view, noisy.sample_shape(), kShownSamples);
    const int64_t shown = std::min(count_.value_or(usual), count);
    check_fits_form(file, shown, "or take fewer (-n)");
    if (shown == count) return first;
    return data::stratified_sample(noisy, shown, Rng(seed_));
  }

  static Tensor rows_of(const Tensor& x, const std::vector<int64_t>& items) {
    if (!x.defined()) return x;
    Tensor rows = Tensor::empty(x.shape().tail().prepend(static_cast<int64_t>(items.size())));
    for (size_t i = 0; i < items.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      rows.rows(at, at + 1).copy_from(x.rows(items[i], items[i] + 1));
    }
    return rows;
  }

  void check_can_denoise(const Run& run) const {
    if (!run.model->has_encoder() || !run.model->has_decoder()) {
      throw UsageError(fmt::format("{}: cleaning needs an encoder and a decoder", path_));
    }
    if (num_samples_ && !run.model->has_likelihood()) {
      throw UsageError(fmt::format("--samples {}: {} is of kind '{}', which has one code for each sample, nothing to "
                                   "draw from",
                                   *num_samples_, path_, run.model->kind()),
                       "Leave --samples out.");
    }
  }

  Pairs open_pairs(const Run& run, const data::Corruption& asked) const {
    Pairs pairs;
    pairs.corruption = asked;
    if (data_path_.empty() && corrupt_.empty()) {
      pairs.corruption = run.corruption();
      if (pairs.corruption.empty()) {
        throw UsageError(fmt::format("{}: what is to be cleaned?", path_),
                         "Name damaged data, or have the run's own damaged: --corrupt gaussian:0.3.");
      }
      if (!clean_path_.empty()) throw UsageError("--clean needs the damaged DATA that it is the clean copy of");
    }
    pairs.data = open_data(run, data_path_, data_, split_);
    if (!pairs.corruption.empty()) {
      pairs.clean = pairs.data.samples;
      pairs.noisy = data::corrupted(pairs.clean, pairs.corruption, seed_);
      return pairs;
    }
    pairs.noisy = pairs.data.samples;
    if (clean_path_.empty()) return pairs;
    const RunData clean =
        open_data(run, clean_path_, data_, pairs.data.split);  // the same part, even of the run's own data
    if (clean.samples->size() != pairs.noisy->size()) {
      throw UsageError(
          fmt::format("--clean: {} has {}, but {} has {}", clean.part(), counted(clean.samples->size(), "sample"),
                      pairs.data.part(), grouped(pairs.noisy->size())),
          "The clean copy has the same samples in the same order.");
    }
    pairs.clean = clean.samples;
    return pairs;
  }

  // PSNR and SSIM are for values in [0, 1].
  static void check_range(const Run& run, const Tensor& clean) {
    if (!clean.defined() || run.kind() != data::Kind::images) return;
    const auto [low, high] = std::minmax_element(clean.span<float>().begin(), clean.span<float>().end());
    if (*low >= 0.0f && *high <= 1.0f) return;
    throw UsageError(
        fmt::format("the clean copy has values in [{:.4g}, {:.4g}]: PSNR and SSIM need them in [0, 1]", *low, *high));
  }

  static std::vector<Figure> measure(const Run& run, const Tensor& noisy, const Tensor& x_hat, const Tensor& clean) {
    if (!clean.defined()) return {};
    if (run.kind() != data::Kind::images) {
      return {{"rmse", "error (rms)", "", summary_of(rmse(noisy, clean)), summary_of(rmse(x_hat, clean)), false}};
    }
    std::vector<Figure> figures = {
        {"psnr", "PSNR", " dB", summary_of(data::psnr(noisy, clean)), summary_of(data::psnr(x_hat, clean))}};
    if (std::min(clean.dim(2), clean.dim(3)) < data::kSsimWindow) {
      note(fmt::format("no SSIM: its windows of {0}x{0} do not fit into {1}x{2}", data::kSsimWindow, clean.dim(2),
                       clean.dim(3)));
      return figures;
    }
    figures.push_back({"ssim", "SSIM", "", summary_of(data::ssim(noisy, clean)), summary_of(data::ssim(x_hat, clean))});
    return figures;
  }

  // What may be wrong, where cleaning made things worse.
  static std::string advice(const Run& run, const Pairs& pairs) {
    const data::Corruption trained = run.corruption();
    if (trained.empty()) {
      return "the model was not trained to clean: train with --corrupt and the damage that it will meet (for images, "
             "--preset dae-conv)";
    }
    if (!pairs.corruption.empty() && !(pairs.corruption == trained)) {
      return fmt::format("it was trained on {}: train with --corrupt {}, or with a range of strengths", trained.str(),
                         pairs.corruption.str());
    }
    if (!run.model->has_skips() && run.kind() == data::Kind::images) {
      return "all that it returns goes through a code, which holds no fine detail: --preset dae-conv has skip "
             "connections that keep it";
    }
    return "it may need more training (--epochs), or damage like that of the data";
  }

  // What the figures mean.
  static std::string protocol(const std::vector<Figure>& figures) {
    if (std::string_view(figures[0].name) == "rmse") {
      return "mean and median over samples; errors in the units of the model (standardised columns)";
    }
    return "mean and median over images, of PSNR over those that differ from their clean copy; PSNR for a peak of 1; "
           "SSIM with windows of 7x7, uniform";
  }

  Result report(const Pairs& pairs, int64_t count, const std::vector<Figure>& figures) const {
    Result result;
    result.json = {{"output", output_.path},
                   {"run", path_},
                   {"data", pairs.data.source},
                   {"split", pairs.data.split},
                   {"samples", count},
                   {"corrupt", pairs.corruption.str()},
                   {"clean", clean_path_.empty() ? Json() : Json(clean_path_)},
                   {"draws", num_samples_ ? Json(*num_samples_) : Json()},
                   {"seed", seed_}};
    const std::string damage = pairs.corruption.empty() ? "" : fmt::format(", damaged by {}", pairs.corruption.str());
    Table table;
    table.row("output", output_.path);
    table.row("cleaned", fmt::format("{} of {}{}", counted(count, "sample"), pairs.data.part(), damage));
    const auto json_of = [](const Figure& figure, const Summary& s) {
      Json json = {{"mean", s.mean ? Json(*s.mean) : Json()}, {"median", s.median ? Json(*s.median) : Json()}};
      if (std::string_view(figure.name) == "psnr") json["equal"] = s.equal;
      return json;
    };
    const auto text_of = [](const Figure& f, const Summary& s) {
      if (!s.mean) return std::string("all images equal their clean copies");
      std::string text =
          fmt::format("mean {0:.{3}f}{2}, median {1:.{3}f}{2}", *s.mean, *s.median, f.unit, *f.unit != '\0' ? 2 : 4);
      return s.equal == 0 ? text : text + fmt::format(", without {} that are equal", grouped(s.equal));
    };
    for (const Figure& figure : figures) {
      result.json[figure.name] = {{"before", json_of(figure, figure.before)}, {"after", json_of(figure, figure.after)}};
      table.row(fmt::format("{} before", figure.text), text_of(figure, figure.before));
      table.row(fmt::format("{} after", figure.text), text_of(figure, figure.after));
    }
    if (!figures.empty()) {
      result.json["protocol"] = protocol(figures);
      table.row("protocol", protocol(figures));
    }
    result.text = table.str();
    return result;
  }

  std::string path_, data_path_, clean_path_, split_, corrupt_;
  std::optional<int64_t> count_, num_samples_;
  OutputOptions output_;
  DataOptions data_;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_denoise() { return std::make_unique<Denoise>(); }

}  // namespace latent::cli
