// latent traverse RUN -o grid.png: what each dimension of the codes does.

#include <cli/strip_command.hpp>

#include <latent/run/checks.hpp>
#include <latent/run/editing/ways.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace latent::cli {

namespace {

class Traverse : public StripCommand {
 public:
  Traverse() { steps_ = options_.steps; }

  void declare(Arguments& arguments) override {
    declare_run(arguments, "data that says which dimensions are active");
    declare_strips(arguments, "a row for each dimension");
    arguments
        .add_option("--item", options_.item,
                    "begin at the code of this sample of the part (default: at the mean of the prior)")
        ->type_name("I")
        ->check(whole_number(0));
    declare_items(arguments, "--dims", dims_text_,
                  "these dimensions, from 0, in this order (default: the active ones, the most active first)", "D");
    arguments.add_option("-n,--count", options_.most, "at most so many dimensions")
        ->type_name("N")
        ->check(whole_number(1));
    arguments
        .add_option("--range", range_text_,
                    "LOW:HIGH in standard deviations of the prior, or quantiles of the codes of DATA such as 1%:99%")
        ->type_name("RANGE")
        ->show_default();
    declare_steps(arguments, "steps from LOW to HIGH, both included");
    declare_reading(arguments);
  }

  Result run() override {
    const ResultFile file = out_.file(kStripForms);
    take_options();
    const Run run = open_run({{"-o", out_.path}});
    check_has_decoder(run);
    check_form_fits(file, run.kind());
    std::optional<RunData> data;
    if (options_.looks_at_data(run)) data = open_data(run);
    const Traversal traversal = plan_traversal(run, data ? &*data : nullptr, options_);
    tell(traversal.remarks);
    check_fits_form(file, traversal.values.numel(), "or take fewer --steps or dimensions (-n)");
    const std::string shown = write(run, decode_traversal(run, traversal), file);
    return report(data, traversal).shown(shown).result();
  }

 private:
  void take_options() {
    options_.are_quantiles = range_text_.find('%') != std::string::npos;
    const Span range = options_.are_quantiles ? parse_percent_range() : parse_span("--range", range_text_);
    options_.low = range.low;
    options_.high = range.high;
    options_.steps = steps_;
    if (!dims_text_.empty()) options_.dims = parse_list(dims_text_);
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

  Report report(const std::optional<RunData>& data, const Traversal& traversal) const {
    Report report;
    const bool from_item = options_.item >= 0;
    report.json = {{"output", out_.path},
                   {"run", path_},
                   {"range", range_text_},
                   {"steps", steps_},
                   {"from", from_item ? Json(options_.item) : Json("prior mean")},
                   {"dimensions", Json::array()}};
    for (const space::Dimension& dimension : traversal.dimensions) {
      Json entry = {{"dimension", dimension.index}};
      std::string text = "chosen without looking at data";
      if (traversal.is_measured) {
        const double variance = dimension.stddev * dimension.stddev;
        entry.update({{"kl", number_or_null(dimension.kl)}, {"variance", variance}, {"active", dimension.active}});
        text = fmt::format("variance of means {:.3f}", variance);
        if (!std::isnan(dimension.kl)) text = fmt::format("KL {:.2f} nats, {}", dimension.kl, text);
        if (!dimension.active) text += ", not active";
      }
      report.row(fmt::format("z_{}", dimension.index), text);
      report.json["dimensions"].push_back(entry);
    }
    std::string text =
        fmt::format("{}: {} from {}, {} steps of {}", one_line(out_.path),
                    counted(static_cast<int64_t>(traversal.dimensions.size()), "dimension"),
                    from_item ? fmt::format("sample {}", options_.item) : "the prior's mean", steps_, range_text_);
    if (data) {
      report.json.update({{"data", data->source}, {"split", data->split}});
      text += fmt::format("; activity on {}", one_line(data->part()));
    }
    return report.line(text);
  }

  std::string dims_text_, range_text_ = "-3:3";
  TraversalOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_traverse() { return std::make_unique<Traverse>(); }

}  // namespace latent::cli
