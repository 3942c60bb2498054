// latent edit RUN DATA --item I --direction NAME --amount -3:3 -o strip.png: samples with more or less of something.

#include <cli/input.hpp>
#include <cli/strip_command.hpp>

#include <latent/formats/image.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/editing/edits.hpp>
#include <latent/run/editing/steps.hpp>

#include <fmt/format.h>

#include <optional>
#include <sstream>

namespace latent::cli {

namespace {

// "a,b," gives a and b.
std::vector<std::string> between_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

double parse_amount(std::string_view option, const std::string& text) {
  if (const auto value = parse_finite(text)) return *value;
  throw UsageError(fmt::format("{}: expected a number of standard deviations, got '{}'", option, one_line(text)));
}

class Edit : public StripCommand {
 public:
  Edit() { steps_ = 7; }

  void declare(Arguments& arguments) override {
    declare_run(arguments, "data with the samples");
    declare_items(arguments, "--item", items_text_,
                  "number of the sample to edit in the part, from 0; several (0,3,5) give a strip each", "I")
        ->required();
    arguments
        .add_option("--directions", directions_path_,
                    "file of `latent directions` (default: directions.npz in the run directory, or else here)")
        ->type_name("FILE");
    arguments.add_option("--direction", direction_names_, "name of a direction; several (a,b) are gone along together")
        ->type_name("NAME");
    arguments
        .add_option("--amount", amount_text_, "how far, in standard deviations: LOW:HIGH for a strip, or one number")
        ->type_name("AMOUNT")
        ->show_default();
    arguments.add_option("--set", set_text_, "NAME=AMOUNT[,NAME=AMOUNT]: fixed edits, alone or beside --direction")
        ->type_name("NAME=AMOUNT");
    declare_steps(arguments, "steps from LOW to HIGH, both included");
    declare_strips(arguments, "strips");
    declare_reading(arguments);
  }

  Result run() override {
    const ResultFile file = out_.file(kStripForms);
    const std::vector<int64_t> items = parse_list(items_text_);
    const Run run = open_run({{"-o", out_.path}});
    check_has_both_halves(run, "editing samples");
    check_form_fits(file, run.kind());
    const std::filesystem::path path =
        directions_path_.empty() ? directions_path(run) : std::filesystem::path(directions_path_);
    run.outputs.check_keep(path.string(), "the file of directions");
    const space::Directions directions = read_input([&] { return read_directions_of(run, path); });
    const Moves moves = parse_moves(directions);
    check_fits_form(file, static_cast<int64_t>(items.size() * moves.size()), "or take fewer --steps");
    const RunData data = open_data(run);
    EditedSamples edited = edit_samples(run, data, directions, items, moves);
    std::string shown;
    if (file.form == Form::png && !is_strip()) {
      const Picture picture = picture_before_and_after(run, data, edited);
      write_png(file.path, picture.pixels);
      shown = picture.shown;
    } else {
      if (is_strip()) name_steps(edited.strips);
      shown = write(run, edited.strips, file);
    }
    Report report = report_of(data, directions, moves, edited);
    report.json["directions"] = path.string();
    return report.line(fmt::format("along directions of {}", one_line(path.string()))).shown(shown).result();
  }

 private:
  bool is_strip() const { return !direction_names_.empty() && amount_text_.find(':') != std::string::npos; }

  std::vector<double> strip_amounts() const {
    const Span span = parse_span("--amount", amount_text_);
    return linspace(span.low, span.high, steps_);
  }

  void name_steps(Strips& strips) const {
    for (const double amount : strip_amounts()) strips.step_names.push_back(signed_text(amount));
  }

  // For each step the amount along each direction.
  Moves parse_moves(const space::Directions& directions) const {
    if (direction_names_.empty() && set_text_.empty()) {
      throw UsageError("edit: along what? --direction NAME or --set NAME=AMOUNT",
                       fmt::format("Known directions: {}.", fmt::join(directions.names, ", ")));
    }
    std::vector<double> fixed(static_cast<size_t>(directions.size()));
    for (const std::string& part : between_commas(set_text_)) {
      const size_t equals = part.find('=');
      if (equals == std::string::npos) {
        throw UsageError(fmt::format("--set: expected NAME=AMOUNT, got '{}'", one_line(part)));
      }
      fixed[static_cast<size_t>(directions.find(part.substr(0, equals)))] +=
          parse_amount("--set", part.substr(equals + 1));
    }
    if (direction_names_.empty()) return {fixed};
    const std::vector<double> amounts =
        is_strip() ? strip_amounts() : std::vector{parse_amount("--amount", amount_text_)};
    Moves moves(amounts.size(), fixed);
    for (size_t step = 0; step < amounts.size(); ++step) {
      for (const std::string& name : between_commas(direction_names_)) {
        moves[step][static_cast<size_t>(directions.find(name))] += amounts[step];
      }
    }
    return moves;
  }

  Report report_of(const RunData& data, const space::Directions& directions, const Moves& moves,
                   const EditedSamples& edited) const {
    Report report;
    const std::vector<int64_t> along = used_directions(moves);
    report.json = {{"output", out_.path},   {"run", path_},           {"data", data.source},   {"split", data.split},
                   {"items", edited.items}, {"took", Json::object()}, {"edits", Json::array()}};
    constexpr int64_t kMostLines = 60;
    for (int64_t row = 0; row < edited.asked.dim(0); ++row) {
      const std::vector<double>& amounts = moves[static_cast<size_t>(row) % moves.size()];
      const std::string line =
          edit_text(data, directions, amounts, along, edited, row, report.json["edits"].emplace_back());
      if (edited.asked.dim(0) <= kMostLines) report.line(line);  // --json has them all
    }
    for (const int64_t a : along) {
      const std::string& name = directions.names[static_cast<size_t>(a)];
      const std::optional<double> took = edited.share_that_took(a);
      report.json["took"][name] = took ? Json(*took) : Json();
      if (!took) continue;
      report.line(
          fmt::format("{}: {:.0f}% of the edit is there when the result is encoded again", name, 100.0 * *took));
    }
    return report.line(fmt::format("{}: {} of {}", one_line(out_.path),
                                   counted(static_cast<int64_t>(edited.items.size()), "edited sample"),
                                   one_line(data.part())));
  }

  // One edited sample: its line of text; `json` gets the same.
  static std::string edit_text(const RunData& data, const space::Directions& directions,
                               const std::vector<double>& amounts, const std::vector<int64_t>& along,
                               const EditedSamples& edited, int64_t row, Json& json) {
    const auto at = static_cast<size_t>(row);
    const int64_t item = edited.items[at / static_cast<size_t>(edited.strips.steps)];
    json = {{"item", item}, {"directions", Json::object()}};
    std::string line = fmt::format("#{}", item);
    for (const int64_t number : along) {
      const auto a = static_cast<size_t>(number);
      const int64_t place = row * directions.size() + number;
      const double asked = edited.asked.data<double>()[place], again = edited.again.data<double>()[place];
      const bool has = again > directions.thresholds[a];
      json["directions"][directions.names[a]] = {
          {"amount", amounts[a]}, {"score", asked}, {"score_again", again}, {"has_attribute", has}};
      line += fmt::format("  {} {:+.2f}: score {:+.2f}, encoded again {:+.2f} ({})", directions.names[a], amounts[a],
                          asked, again, has ? "has it" : "has it not");
    }
    if (!edited.votes.empty()) {
      const Vote& vote = edited.votes[at];
      const std::string name = data.samples->class_names()[static_cast<size_t>(vote.label)];
      json.update({{"class", name}, {"class_votes", vote.votes}, {"class_voters", vote.voters}});
      line += fmt::format("  {} ({} of {} nearest)", one_line(name), vote.votes, vote.voters);
    }
    return line;
  }

  std::string items_text_, directions_path_, direction_names_, amount_text_ = "-3:3", set_text_;
};

}  // namespace

std::unique_ptr<Command> make_edit() { return std::make_unique<Edit>(); }

}  // namespace latent::cli
