// latent arithmetic RUN DATA "A - B + C" -o result.png: sums of codes, decoded.

#include <cli/report.hpp>
#include <cli/run_command.hpp>
#include <cli/words.hpp>

#include <latent/formats/csv_writer.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/editing/sums.hpp>
#include <latent/run/results/decoded.hpp>
#include <latent/run/words/word_sums.hpp>
#include <latent/words/queries.hpp>

#include <fmt/core.h>

#include <array>
#include <utility>

namespace latent::cli {

namespace {

class Arithmetic : public RunCommand {
 public:
  void declare(Arguments& arguments) override {
    declare_run(arguments, "data with the samples and classes");
    arguments.add_option(
        "EXPRESSION", expression_,
        "samples (12 or #12), mean codes of classes (label:sneaker) or of other samples (column=age>60, ids=0-99), "
        "files (photo.png) and numbers as factors, with + - * / and parentheses: '0.5 * (#3 + #5) - label:bag'");
    arguments
        .add_option("--path", path_name_, "linear, or spherical (directions are added, the length is a typical one)")
        ->type_name("NAME")
        ->show_default();
    arguments
        .add_option(
            "-o,--output", output_,
            ".png (operands and result), .npy, .npz (with the code) or .csv (tables); of words .csv or .npy, or "
            "nothing")
        ->type_name("OUT");
    declare_reading(arguments);
  }

  Result run() override {
    if (is_words_file(path_)) return sum_words();
    if (output_.empty()) throw UsageError("arithmetic: --output is required", "see: latent arithmetic --help");
    // Where two arguments are given, the second is the expression: the data is the run's own.
    if (expression_.empty()) std::swap(expression_, data_path_);
    if (expression_.empty()) throw UsageError("arithmetic: EXPRESSION is required", "For example: '#3 - #5 + #7'");
    constexpr std::array kForms = {Form::png, Form::npy, Form::npz, Form::csv, Form::wav};
    const ResultFile file = result_file(output_, kForms, Existing::refuse);
    const space::Path path = space::path_from(path_name_);
    const SumExpression expression = sum_from(expression_);
    const Run run = open_run({{"-o", output_}});
    check_has_both_halves(run, "arithmetic with samples");
    check_form_fits(file, run.kind());
    const RunData data = open_data(run);
    const CodeSum sum = sum_codes(run, data, expression, path, [&](const std::string& name) {
      return cli::open_data(run, name, data_, std::string(data::name_of(data::Split::all)));
    });
    return report(data, sum).shown(written(run, data, sum, file)).result();
  }

 private:
  // Words are no pictures: the answer is the words near the sum.
  Result sum_words() {
    constexpr std::array kForms = {Form::csv, Form::npy};
    constexpr int64_t kNear = 10;
    if (expression_.empty()) std::swap(expression_, data_path_);
    if (expression_.empty())
      throw UsageError("arithmetic: EXPRESSION is required", "For example: 'king - man + woman'");
    if (!data_path_.empty()) throw UsageError(fmt::format("{}: a run of words has no other data", data_path_));
    const std::vector<WordTerm> terms = word_sum_from(expression_);
    std::optional<ResultFile> file;
    if (!output_.empty()) file = result_file(output_, kForms, Existing::refuse);
    WordsArgument argument;
    argument.path = path_;
    const words::WordQueries queries(argument.open());
    const words::WordVectors& words = queries.words();
    const std::vector<float> sum = sum_of_words(words, terms);
    std::vector<int32_t> asked;
    for (const WordTerm& term : terms) {
      if (const auto id = words.vocabulary.find(term.word)) asked.push_back(*id);
    }
    const auto near = queries.nearest(sum, kNear, asked);
    Report report;
    report.json = {
        {"output", text_or_null(output_)}, {"run", path_}, {"expression", expression_}, {"nearest", Json::array()}};
    for (const words::NearWord& word : near) {
      report.json["nearest"].push_back({{"word", words.vocabulary.word(word.id)}, {"cosine", word.cosine}});
      report.row(one_line(words.vocabulary.word(word.id)), fmt::format("{:.4f}", word.cosine));
    }
    if (file) write_words(words, near, sum, *file);
    return report.result();
  }

  static void write_words(const words::WordVectors& words, const std::vector<words::NearWord>& near,
                          const std::vector<float>& sum, const ResultFile& file) {
    if (file.form == Form::npy) return write_npy(file.path, Tensor::from(sum, {1, words.dim()}));
    replace_file(file.path, [&](Sink& sink) {
      CsvWriter writer(sink);
      writer.name("word").name("cosine").end_row();
      for (const words::NearWord& word : near)
        writer.cell(std::string(words.vocabulary.word(word.id))).cell(word.cosine).end_row();
    });
  }

  static std::string written(const Run& run, const RunData& data, const CodeSum& sum, const ResultFile& file) {
    if (file.form != Form::png) return write_decoded(run, {.x_hat = sum.x_hat, .x = {}, .codes = sum.z}, file);
    const Picture picture = picture_of_sum(run, data, sum);
    write_png(file.path, picture.pixels);
    return picture.shown;
  }

  Report report(const RunData& data, const CodeSum& sum) const {
    Report report;
    report.json = {
        {"output", output_},         {"run", path_},       {"data", data.source},       {"split", data.split},
        {"expression", expression_}, {"path", path_name_}, {"operands", Json::array()}, {"nearest", Json()}};
    std::string text;
    for (const SumTerm& term : sum.terms) {
      if (!term.note.empty()) note(term.note);
      report.json["operands"].push_back({{"name", term.name}, {"factor", term.factor}});
      text += (text.empty() ? "" : " ") + term.text();
    }
    report.line(fmt::format("{}: {} ({})", one_line(output_), one_line(text), path_name_));
    if (!sum.nearest) return report;
    const auto [index, distance] = *sum.nearest;
    report.json["nearest"] = {{"item", index}, {"distance", distance}};
    std::string sample = fmt::format("#{}", index);
    if (const auto labels = data.samples->labels(); !labels.empty()) {
      const std::string& name = data.samples->class_names()[static_cast<size_t>(labels[static_cast<size_t>(index)])];
      report.json["nearest"]["class"] = name;
      sample += fmt::format(" ({})", one_line(name));
    }
    return report.line(
        fmt::format("nearest sample: {} of {}, at a distance of {:.3g}", sample, one_line(data.part()), distance));
  }

  std::string expression_, path_name_ = "linear";
};

}  // namespace

std::unique_ptr<Command> make_arithmetic() { return std::make_unique<Arithmetic>(); }

}  // namespace latent::cli
