// latent edit RUN DATA --item I --direction NAME --amount -3:3 -o strip.png: samples with more or less of something.

#include <cli/command.hpp>
#include <cli/input.hpp>
#include <cli/output.hpp>
#include <cli/strips.hpp>

#include <latent/compression/codec.hpp>
#include <latent/formats/image.hpp>
#include <latent/space/editing/directions_file.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

namespace latent::cli {

namespace {

constexpr const char* kDefaultDirections = "directions.npz";
constexpr int64_t kVoters = 10;  // nearest samples that say what class a code is of

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

double parse_amount(std::string_view option, const std::string& text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && std::isfinite(value)) return value;
  throw UsageError(fmt::format("{}: expected a number of standard deviations, got '{}'", option, one_line(text)));
}

// What the nearest samples say of an edited one.
struct Vote {
  int64_t label = -1;
  int64_t votes = 0, voters = 0;
};

// Everything that is known of the edited samples, item by item, step by step.
struct Measured {
  Tensor asked;             // (items * steps, A) scores of the edited codes
  Tensor unedited;          // (items, A) scores of the codes before
  Tensor again;             // (items * steps, A) scores of what the edited samples are encoded to
  Tensor again_unedited;    // (items, A) the same for the decoded, but unedited samples
  std::vector<Vote> votes;  // items * steps, or empty
};

class Edit : public Command {
 public:
  void declare(Arguments& arguments) override {
    constexpr int64_t kMostSteps = 1000;
    arguments.add_option("RUN", path_, "a run directory or a model file")->required();
    arguments.add_option("DATA", data_path_, "data with the samples (default: the run's own)");
    arguments
        .add_option("--item", items_text_,
                    "number of the sample to edit in the part, from 0; several (0,3,5) give a strip each")
        ->required()
        ->type_name("I")
        ->check(whole_number_list(0, std::numeric_limits<int64_t>::max()));
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
    arguments.add_option("--steps", steps_, "steps from LOW to HIGH, both included")
        ->type_name("N")
        ->check(whole_number(2, kMostSteps))
        ->show_default();
    output_.declare(arguments, ".png (strips), .gif, .npy, .npz (with the codes), .csv (tables) or a folder");
    data_.declare(arguments);
    declare_split(arguments, split_);
    compute_.declare(arguments, "f32");
  }

  Result run() override {
    constexpr std::array kForms = {Form::png, Form::gif, Form::npy, Form::npz, Form::csv, Form::folder};
    const ResultFile file = output_.file(kForms);
    const std::vector<int64_t> items = parse_list(items_text_);
    const Run run = open_run(path_, compute_, {{"-o", output_.path}});
    check_has_both_halves(run, "editing samples");
    check_form_fits(file, run.kind());
    const std::filesystem::path directions_path = find_directions(run);
    const space::Directions directions = open_directions(run, directions_path);
    const std::vector<std::vector<double>> moves = parse_moves(directions);
    const auto steps = static_cast<int64_t>(moves.size());
    check_fits_form(file, static_cast<int64_t>(items.size()) * steps, "or take fewer --steps");
    const RunData data = open_data(run, data_path_, data_, split_);
    check_items(data, items);
    const Tensor z = encode_samples(*run.model, *data::subset(data.samples, items), Draw::mean, 0).z;
    Strips strips{
        .x_hat = {}, .codes = edited(z, directions, moves), .steps = steps, .strip_names = {}, .step_names = {}};
    strips.x_hat = decode_all(*run.model, strips.codes);
    const Measured measured = measure(run, data, directions, items, z, strips);
    std::string shown;
    if (file.form == Form::png && !is_strip()) {
      const Picture picture = before_and_after(run, data, items, z, strips.x_hat);
      write_png(file.path, picture.pixels);
      shown = picture.shown;
    } else {
      name_strips(strips, items);
      shown = write_strips(run, strips, file);
    }
    Result result = report(data, directions, items, moves, measured);
    result.json["directions"] = directions_path.string();
    result.text += fmt::format("along directions of {}\n", one_line(directions_path.string()));
    add_shown(result, shown);
    return result;
  }

 private:
  bool is_strip() const { return !direction_names_.empty() && amount_text_.find(':') != std::string::npos; }

  // The run's own directions come before those of the folder that one happens to be in.
  std::filesystem::path find_directions(const Run& run) const {
    namespace fs = std::filesystem;
    if (!directions_path_.empty()) return directions_path_;
    fs::path in_run = run.path / kDefaultDirections;
    if (fs::is_directory(run.path) && fs::exists(in_run)) return in_run;
    if (fs::exists(kDefaultDirections)) return kDefaultDirections;
    throw UsageError("--directions: there is no directions.npz, neither in the run directory nor here",
                     "Make one with: latent directions RUN DATA --attribute NAME=EXPR -o directions.npz");
  }

  space::Directions open_directions(const Run& run, const std::filesystem::path& path) const {
    run.outputs.check_keep(path.string(), "the file of directions");
    space::Directions directions = read_input([&] { return space::read_directions(path); });
    if (directions.latent_dim() != run.model->latent_dim()) {
      throw UsageError(fmt::format("{}: directions of {} dimensions, but the codes of {} have {}", path.string(),
                                   directions.latent_dim(), path_, run.model->latent_dim()));
    }
    if (directions.model && *directions.model != compression::model_hash(*run.model)) {
      throw UsageError(fmt::format("{}: directions among the codes of another model than {}, or of its weights before "
                                   "they were trained further",
                                   path.string(), path_),
                       "Find them again with latent directions.");
    }
    return directions;
  }

  // For each step the amount along each direction.
  std::vector<std::vector<double>> parse_moves(const space::Directions& directions) const {
    if (direction_names_.empty() && set_text_.empty()) {
      throw UsageError("edit: along what? --direction NAME or --set NAME=AMOUNT",
                       fmt::format("Known directions: {}.", fmt::join(directions.names, ", ")));
    }
    std::vector<double> fixed(static_cast<size_t>(directions.size()));
    for (const std::string& part : split_at_commas(set_text_)) {
      const size_t equals = part.find('=');
      if (equals == std::string::npos) {
        throw UsageError(fmt::format("--set: expected NAME=AMOUNT, got '{}'", one_line(part)));
      }
      fixed[static_cast<size_t>(directions.find(part.substr(0, equals)))] +=
          parse_amount("--set", part.substr(equals + 1));
    }
    if (direction_names_.empty()) return {fixed};
    std::vector<double> amounts;
    if (is_strip()) {
      amounts = spaced(parse_span("--amount", amount_text_), steps_);
    } else {
      amounts = {parse_amount("--amount", amount_text_)};
    }
    std::vector<std::vector<double>> moves;
    for (const double amount : amounts) {
      moves.push_back(fixed);
      for (const std::string& name : split_at_commas(direction_names_)) {
        moves.back()[static_cast<size_t>(directions.find(name))] += amount;
      }
    }
    return moves;
  }

  static Tensor edited(const Tensor& z, const space::Directions& directions,
                       const std::vector<std::vector<double>>& moves) {
    const auto steps = static_cast<int64_t>(moves.size());
    Tensor codes = Tensor::empty({z.dim(0) * steps, z.dim(1)});
    for (int64_t i = 0; i < z.dim(0); ++i) {
      for (int64_t step = 0; step < steps; ++step) {
        const int64_t at = i * steps + step;
        codes.rows(at, at + 1).copy_from(space::edit(z.rows(i, i + 1), directions, moves[static_cast<size_t>(step)]));
      }
    }
    return codes;
  }

  static Tensor encoded_again(const Run& run, const Tensor& x_hat) {
    const auto samples = data::from_tensor(x_hat, run.kind(), {});
    return encode_samples(*run.model, *samples, Draw::mean, 0).z;
  }

  static Measured measure(const Run& run, const RunData& data, const space::Directions& directions,
                          const std::vector<int64_t>& items, const Tensor& z, const Strips& strips) {
    const Tensor again = encoded_again(run, strips.x_hat);
    Measured measured{.asked = directions.scores(strips.codes),
                      .unedited = directions.scores(z),
                      .again = directions.scores(again),
                      .again_unedited = directions.scores(encoded_again(run, decode_all(*run.model, z))),
                      .votes = {}};
    if (data.samples->labels().empty() || data.samples->size() < 2) return measured;
    const Tensor codes = encode_samples(*run.model, *data.samples, Draw::mean, 0).z;
    const int64_t voters = std::min(kVoters, data.samples->size() - 1);
    const space::Neighbors found = space::nearest(again, codes, voters + 1);
    for (int64_t row = 0; row < again.dim(0); ++row) {
      const int64_t self = items[static_cast<size_t>(row / strips.steps)];
      const std::span<const int64_t> near(found.index.data<int64_t>() + row * (voters + 1),
                                          static_cast<size_t>(voters + 1));
      measured.votes.push_back(vote(near, self, voters, data.samples->labels()));
    }
    return measured;
  }

  // The most frequent class of the nearest samples but the edited one itself; of equally frequent ones the nearest.
  static Vote vote(std::span<const int64_t> near, int64_t self, int64_t voters, std::span<const int64_t> labels) {
    std::vector<int64_t> classes;
    for (const int64_t row : near) {
      if (row != self && static_cast<int64_t>(classes.size()) < voters)
        classes.push_back(labels[static_cast<size_t>(row)]);
    }
    Vote best{.voters = voters};
    for (const int64_t label : classes) {
      const int64_t votes = std::ranges::count(classes, label);
      if (votes > best.votes) best = {.label = label, .votes = votes, .voters = voters};
    }
    return best;
  }

  void name_strips(Strips& strips, const std::vector<int64_t>& items) const {
    for (const int64_t item : items) strips.strip_names.push_back(fmt::format("#{}", item));
    if (!is_strip()) return;
    for (const double amount : spaced(parse_span("--amount", amount_text_), steps_)) {
      strips.step_names.push_back(signed_text(amount));
    }
  }

  // One row for each item: the sample, the sample decoded from its code, the edited one.
  static Picture before_and_after(const Run& run, const RunData& data, const std::vector<int64_t>& items,
                                  const Tensor& z, const Tensor& x_hat) {
    constexpr int64_t kColumns = 3, kLargeImages = 96;
    const Tensor x = data.samples->batch(items), unedited = decode_all(*run.model, z);
    Tensor shown = Tensor::empty(x.shape().tail().prepend(kColumns * x.dim(0)));
    std::vector<std::string> names;
    for (int64_t i = 0; i < x.dim(0); ++i) {
      names.push_back(fmt::format("#{}", items[static_cast<size_t>(i)]));
      int64_t column = kColumns * i;
      for (const Tensor& from : {x, unedited, x_hat}) {
        shown.rows(column, column + 1).copy_from(from.rows(i, i + 1));
        ++column;
      }
    }
    const std::vector<std::string> kinds = {"sample", "decoded", "edited"};
    return picture_of_grid(run, view_of(run, x),
                           {.x = shown,
                            .columns = kColumns,
                            .meaning = SampleGrid::Meaning::rows_are_groups,
                            .row_names = names,
                            .column_names = kinds,
                            .mark_names = kinds,
                            .min_size = kLargeImages});
  }

  // Of what was asked of a direction's score, the share that is found when the edited samples are encoded again: the
  // slope of what came of it over what was asked, by least squares through 0. Moves along other directions ask
  // something of it too, unless those are orthogonal; nothing where they leave it where it was.
  static std::optional<double> share_that_took(const Measured& measured, size_t steps, size_t a) {
    constexpr double kNothing = 1e-3;  // standard deviations; scores are of f32 codes
    double asked_squares = 0.0, product = 0.0, largest = 0.0;
    const auto A = static_cast<size_t>(measured.asked.dim(1));
    const auto score = [A, a](const Tensor& scores, size_t row) { return scores.data<double>()[row * A + a]; };
    for (size_t row = 0; row < static_cast<size_t>(measured.asked.dim(0)); ++row) {
      const size_t item = row / steps;
      const double asked = score(measured.asked, row) - score(measured.unedited, item);
      largest = std::max(largest, std::abs(asked));
      asked_squares += asked * asked;
      product += asked * (score(measured.again, row) - score(measured.again_unedited, item));
    }
    if (largest < kNothing) return std::nullopt;
    return product / asked_squares;
  }

  // The directions that are gone along.
  static std::vector<size_t> used(const std::vector<std::vector<double>>& moves) {
    std::vector<size_t> found;
    for (size_t a = 0; a < moves.front().size(); ++a) {
      if (std::ranges::any_of(moves, [&](const std::vector<double>& move) { return move[a] != 0.0; }))
        found.push_back(a);
    }
    return found;
  }

  Result report(const RunData& data, const space::Directions& directions, const std::vector<int64_t>& items,
                const std::vector<std::vector<double>>& moves, const Measured& measured) const {
    Result result;
    const std::vector<size_t> along = used(moves);
    result.json = {{"output", output_.path}, {"run", path_},           {"data", data.source},   {"split", data.split},
                   {"items", items},         {"took", Json::object()}, {"edits", Json::array()}};
    std::string lines;
    for (int64_t row = 0; row < measured.asked.dim(0); ++row) {
      const auto at = static_cast<size_t>(row);
      lines += report_edit(data, directions, items[at / moves.size()], moves[at % moves.size()], along, measured, row,
                           result.json["edits"].emplace_back());
    }
    constexpr int64_t kMostLines = 60;
    if (measured.asked.dim(0) > kMostLines) lines.clear();  // --json has them all
    result.text = lines;
    for (const size_t a : along) {
      const std::optional<double> took = share_that_took(measured, moves.size(), a);
      result.json["took"][directions.names[a]] = took ? Json(*took) : Json();
      if (!took) continue;
      result.text += fmt::format("{}: {:.0f}% of the edit is there when the result is encoded again\n",
                                 directions.names[a], 100.0 * *took);
    }
    result.text += fmt::format("{}: {} of {}\n", one_line(output_.path),
                               counted(static_cast<int64_t>(items.size()), "edited sample"), one_line(data.part()));
    return result;
  }

  // One edited sample: its line of text; `json` gets the same.
  static std::string report_edit(const RunData& data, const space::Directions& directions, int64_t item,
                                 const std::vector<double>& amounts, const std::vector<size_t>& along,
                                 const Measured& measured, int64_t row, Json& json) {
    const auto A = static_cast<size_t>(directions.size()), at = static_cast<size_t>(row);
    json = {{"item", item}, {"directions", Json::object()}};
    std::string line = fmt::format("#{}", item);
    for (const size_t a : along) {
      const double asked = measured.asked.data<double>()[at * A + a], again = measured.again.data<double>()[at * A + a];
      const bool has = again > directions.thresholds[a];
      json["directions"][directions.names[a]] = {
          {"amount", amounts[a]}, {"score", asked}, {"score_again", again}, {"has_attribute", has}};
      line += fmt::format("  {} {:+.2f}: score {:+.2f}, encoded again {:+.2f} ({})", directions.names[a], amounts[a],
                          asked, again, has ? "has it" : "has it not");
    }
    if (!measured.votes.empty()) {
      const Vote& vote = measured.votes[at];
      const std::string name = data.samples->class_names()[static_cast<size_t>(vote.label)];
      json.update({{"class", name}, {"class_votes", vote.votes}, {"class_voters", vote.voters}});
      line += fmt::format("  {} ({} of {} nearest)", one_line(name), vote.votes, vote.voters);
    }
    return line + "\n";
  }

  std::string path_, data_path_, items_text_, directions_path_, direction_names_, amount_text_ = "-3:3", set_text_;
  std::string split_;
  int64_t steps_ = 7;
  OutputOptions output_;
  DataOptions data_;
  ComputeOptions compute_;
};

}  // namespace

std::unique_ptr<Command> make_edit() { return std::make_unique<Edit>(); }

}  // namespace latent::cli
