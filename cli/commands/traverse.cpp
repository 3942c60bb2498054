// latent traverse RUN -o grid.png: what each dimension of the codes does.

#include <cli/command.hpp>
#include <cli/output.hpp>
#include <cli/strips.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/space/editing/traverse.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent::cli {

namespace {

class Traverse : public Command {
 public:
  void declare(Arguments& arguments) override {
    constexpr int64_t kMostSteps = 1000;
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data that says which dimensions are active (default: the run's own)");
    output_.declare(arguments,
                    ".png (a row for each dimension), .gif, .npy, .npz (with the codes), .csv (tables) or a folder");
    arguments
        .add_option("--item", item_, "begin at the code of this sample of the part (default: at the mean of the prior)")
        ->type_name("I")
        ->check(whole_number(0));
    arguments
        .add_option("--dims", dims_text_,
                    "these dimensions, from 0, in this order (default: the active ones, the most active first)")
        ->type_name("D")
        ->check(whole_number_list(0, std::numeric_limits<int64_t>::max()));
    arguments.add_option("-n,--count", count_, "at most so many dimensions")->type_name("N")->check(whole_number(1));
    arguments
        .add_option("--range", range_text_,
                    "LOW:HIGH in standard deviations of the prior, or quantiles of the codes of DATA such as 1%:99%")
        ->type_name("RANGE")
        ->show_default();
    arguments.add_option("--steps", steps_, "steps from LOW to HIGH, both included")
        ->type_name("N")
        ->check(whole_number(2, kMostSteps))
        ->show_default();
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::gif, Form::npy, Form::npz, Form::csv, Form::folder};
    const ResultFile file = output_.file(kForms);
    quantiles_ = range_text_.find('%') != std::string::npos;
    marks_ = spaced(quantiles_ ? parse_percent_range() : parse_span("--range", range_text_), steps_);
    const Run run = open_run(path_, compute_, {{"-o", output_.path}});
    if (!run.model->has_decoder()) throw UsageError(fmt::format("{}: the model has no decoder", path_));
    check_form_fits(file, run.kind());
    const bool looks_at_data = run.model->has_encoder() && (dims_text_.empty() || item_ >= 0 || quantiles_);
    if (!run.model->has_encoder() && (item_ >= 0 || quantiles_)) {
      throw UsageError(fmt::format("{}: the model has no encoder, which --item and quantiles need", path_));
    }
    RunData data;
    Codes codes;
    if (looks_at_data) {
      data = open_data(run, data_path_, data_, split_);
      if (item_ >= 0) check_items(data, {item_});
      codes = encode_samples(*run.model, *data.samples, Draw::mean, 0);
    }
    const std::vector<space::Dimension> dimensions = choose_dimensions(run, codes);
    check_fits_form(file, static_cast<int64_t>(dimensions.size()) * steps_, "or take fewer --steps or dimensions (-n)");
    const Prior prior = prior_of(*run.model);
    Tensor values = Tensor::empty({static_cast<int64_t>(dimensions.size()), steps_});
    for (size_t k = 0; k < dimensions.size(); ++k) {
      const std::vector<double> row =
          quantiles_ ? quantiles_of(codes.z, dimensions[k].index) : around_prior(prior, dimensions[k].index);
      std::ranges::transform(row, values.data<float>() + static_cast<int64_t>(k) * steps_,
                             [](double value) { return static_cast<float>(value); });
    }
    const Strips strips = decode_strips(run, codes, prior, dimensions, values);
    const std::string shown = write_strips(run, strips, file);
    Result result = report(data, dimensions, codes);
    add_shown(result, shown);
    return result;
  }

 private:
  // Of each dimension, from many draws, whatever the prior is; a standard normal one is known.
  struct Prior {
    std::vector<double> mean, stddev;
  };

  static Prior prior_of(const LatentModel& model) {
    constexpr int64_t kDraws = 10'000;
    const NoGrad no_grad;
    Rng rng(0);
    const Tensor draws = model.sample_prior(kDraws, rng);
    Prior prior;
    constexpr double kErrors = 5.0;  // standard errors within which a prior passes for a standard normal one
    const double tolerance = kErrors / std::sqrt(static_cast<double>(kDraws));
    for (int64_t d = 0; d < draws.dim(1); ++d) {
      double sum = 0.0, squares = 0.0;
      for (int64_t i = 0; i < kDraws; ++i) {
        const double value = draws.data<float>()[i * draws.dim(1) + d];
        sum += value;
        squares += value * value;
      }
      const double mean = sum / kDraws, stddev = std::sqrt(std::max(squares / kDraws - mean * mean, 0.0));
      const bool standard = std::abs(mean) < tolerance && std::abs(stddev - 1.0) < tolerance;
      prior.mean.push_back(standard ? 0.0 : mean);
      prior.stddev.push_back(standard ? 1.0 : stddev);
    }
    return prior;
  }

  Span parse_percent_range() const {
    std::string numbers = range_text_;
    std::erase(numbers, '%');
    const bool both = std::ranges::count(range_text_, '%') == 2 && range_text_.ends_with('%') &&
                      range_text_.find("%:") != std::string::npos;
    const Span range = both ? parse_span("--range", numbers) : Span{-1.0, 0.0};
    if (range.low < 0.0 || range.high > 100.0) {
      throw UsageError(
          fmt::format("--range: expected quantiles from 0% to 100% such as 1%:99%, got '{}'", range_text_));
    }
    return range;
  }

  std::vector<space::Dimension> choose_dimensions(const Run& run, const Codes& codes) const {
    const int64_t D = run.model->latent_dim();
    std::vector<space::Dimension> all;
    if (codes.z.defined()) {
      all = space::rank_dimensions(codes.z, codes.stddev);
    } else {
      for (int64_t d = 0; d < D; ++d) all.push_back({.index = d, .kl = std::nan(""), .active = true});
    }
    std::vector<space::Dimension> chosen;
    if (dims_text_.empty()) {
      std::ranges::copy_if(all, std::back_inserter(chosen), &space::Dimension::active);
      if (chosen.empty()) {
        constexpr size_t kShown = 5;
        chosen.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, all.size())));
        warn("no dimension is active: the codes hardly depend on the data (posterior collapse)");
      }
    }
    for (const int64_t d : dims_text_.empty() ? std::vector<int64_t>{} : parse_list(dims_text_)) {
      if (d >= D) throw UsageError(fmt::format("--dims: dimension {} of {}, numbered from 0", d, D));
      chosen.push_back(*std::ranges::find(all, d, &space::Dimension::index));
    }
    if (count_ > 0 && count_ < static_cast<int64_t>(chosen.size())) chosen.resize(static_cast<size_t>(count_));
    return chosen;
  }

  std::vector<double> around_prior(const Prior& prior, int64_t dimension) const {
    const auto d = static_cast<size_t>(dimension);
    std::vector<double> values = marks_;
    for (double& value : values) value = prior.mean[d] + prior.stddev[d] * value;
    return values;
  }

  std::vector<double> quantiles_of(const Tensor& codes, int64_t dimension) const {
    std::vector<double> column;
    for (int64_t i = 0; i < codes.dim(0); ++i) column.push_back(codes.data<float>()[i * codes.dim(1) + dimension]);
    std::sort(column.begin(), column.end());
    std::vector<double> values;
    for (const double p : marks_) values.push_back(space::quantile(column, p / 100.0));
    return values;
  }

  Strips decode_strips(const Run& run, const Codes& codes, const Prior& prior,
                       const std::vector<space::Dimension>& dimensions, const Tensor& values) const {
    const int64_t D = run.model->latent_dim();
    Tensor from = Tensor::empty({D});
    if (item_ >= 0) {
      from.copy_from(codes.z.rows(item_, item_ + 1).view_as({D}));
    } else {
      std::ranges::transform(prior.mean, from.data<float>(), [](double value) { return static_cast<float>(value); });
    }
    Strips strips{.x_hat = {}, .codes = {}, .steps = steps_, .strip_names = {}, .step_names = {}};
    std::vector<int64_t> numbers;
    for (const space::Dimension& dimension : dimensions) {
      numbers.push_back(dimension.index);
      strips.strip_names.push_back(fmt::format("z_{}", dimension.index));
      if (!std::isnan(dimension.kl)) strips.strip_names.back() += fmt::format("  KL {:.2f}", dimension.kl);
    }
    for (const double value : marks_) {
      strips.step_names.push_back(quantiles_ ? fmt::format("{:.3g}%", value) : signed_text(value));
    }
    strips.codes = space::traverse(from, numbers, values);
    strips.x_hat = decode_all(*run.model, strips.codes);
    return strips;
  }

  Result report(const RunData& data, const std::vector<space::Dimension>& dimensions, const Codes& codes) const {
    Result result;
    result.json = {{"output", output_.path},
                   {"run", path_},
                   {"range", range_text_},
                   {"steps", steps_},
                   {"from", item_ >= 0 ? Json(item_) : Json("prior mean")},
                   {"dimensions", Json::array()}};
    Table table;
    for (const space::Dimension& dimension : dimensions) {
      Json entry = {{"dimension", dimension.index}};
      std::string text = "chosen without looking at data";
      if (codes.z.defined()) {
        const double variance = dimension.stddev * dimension.stddev;
        entry.update({{"kl", std::isnan(dimension.kl) ? Json() : Json(dimension.kl)},
                      {"variance", variance},
                      {"active", dimension.active}});
        text = fmt::format("variance of means {:.3f}", variance);
        if (!std::isnan(dimension.kl)) text = fmt::format("KL {:.2f} nats, {}", dimension.kl, text);
        if (!dimension.active) text += ", not active";
      }
      table.row(fmt::format("z_{}", dimension.index), text);
      result.json["dimensions"].push_back(entry);
    }
    result.text = table.str();
    result.text += fmt::format("{}: {} from {}, {} steps of {}", one_line(output_.path),
                               counted(static_cast<int64_t>(dimensions.size()), "dimension"),
                               item_ >= 0 ? fmt::format("sample {}", item_) : "the prior's mean", steps_, range_text_);
    if (codes.z.defined()) {
      result.json["data"] = data.source;
      result.json["split"] = data.split;
      result.text += fmt::format("; activity on {}", one_line(data.part()));
    }
    result.text += "\n";
    return result;
  }

  std::string path_, data_path_, split_, dims_text_, range_text_ = "-3:3";
  int64_t item_ = -1, count_ = 0, steps_ = 9;
  std::vector<double> marks_;  // of the range, one for each step: standard deviations of the prior, or percent
  bool quantiles_ = false;
  OutputOptions output_;
  DataOptions data_;
  ComputeOptions compute_;
};

}  // namespace

std::unique_ptr<Command> make_traverse() { return std::make_unique<Traverse>(); }

}  // namespace latent::cli
