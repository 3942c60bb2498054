// latent words evaluate and convert: vectors beside what people have judged, and in the forms of other programs.

#include <cli/input.hpp>
#include <cli/messages.hpp>
#include <cli/options.hpp>
#include <cli/output.hpp>
#include <cli/report.hpp>
#include <cli/words.hpp>

#include <latent/core/names.hpp>
#include <latent/run/results/outputs.hpp>
#include <latent/run/results/paths.hpp>
#include <latent/words/evaluation.hpp>

#include <fmt/core.h>

#include <cmath>

namespace latent::cli {

namespace {

class WordsEvaluate : public Command {
 public:
  void declare(Arguments& arguments) override {
    argument_.declare(arguments);
    arguments
        .add_option("--analogies", analogies_,
                    "questions 'a b c answer' on lines, ': name' before each section, such as "
                    "word2vec's questions-words.txt")
        ->type_name("FILE")
        ->repeatable();
    arguments
        .add_option("--similarity", similarities_,
                    "lines of two words and a number, such as WordSim-353 or SimLex-999; "
                    "may be given several times")
        ->type_name("FILE")
        ->repeatable();
    arguments
        .add_option("--restrict-vocab", analogy_.restrict_vocab,
                    "analogies look at the N most frequent words alone; 0: all")
        ->type_name("N")
        ->check(whole_number(0))
        ->show_default();
    arguments.add_flag("--case", keep_case_, "tell capital from small letters");
  }

  Result run() override {
    if (analogies_.empty() && similarities_.empty())
      throw UsageError("nothing to evaluate with",
                       "--analogies FILE asks questions, --similarity FILE compares with judgements.");
    analogy_.ignore_case = !keep_case_;
    std::vector<std::vector<words::JudgedPair>> pairs;
    for (const std::string& file : similarities_)
      pairs.push_back(read_input([&] { return words::read_similarities(file); }));
    std::vector<std::vector<words::AnalogySection>> questions;
    for (const std::string& file : analogies_)
      questions.push_back(read_input([&] { return words::read_analogies(file); }));
    const words::WordVectors words = argument_.open();
    Report report;
    report.json = {
        {"run", argument_.path}, {"words", words.size()}, {"similarity", Json::array()}, {"analogies", Json::array()}};
    for (size_t i = 0; i < pairs.size(); ++i) add_similarity(report, words, similarities_[i], pairs[i]);
    for (size_t i = 0; i < questions.size(); ++i) add_analogies(report, words, analogies_[i], questions[i]);
    return report.result();
  }

 private:
  static std::string number_text(double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : "-"; }

  void add_similarity(Report& report, const words::WordVectors& words, const std::string& file,
                      const std::vector<words::JudgedPair>& pairs) const {
    const words::SimilarityResult result = words::evaluate_similarity(words, pairs, !keep_case_);
    report.json["similarity"].push_back({{"file", file},
                                         {"spearman", number_or_null(result.spearman)},
                                         {"pearson", number_or_null(result.pearson)},
                                         {"pairs", result.pairs},
                                         {"out_of_vocabulary", result.out_of_vocabulary}});
    report.row(std::filesystem::path(file).filename().string(),
               fmt::format("Spearman {}  Pearson {}  ({} of {}, {} out of vocabulary)", number_text(result.spearman),
                           number_text(result.pearson), grouped(result.pairs),
                           counted(static_cast<int64_t>(pairs.size()), "pair"), grouped(result.out_of_vocabulary)));
  }

  static Json score_json(const words::AnalogyScore& score) {
    return {{"section", score.section},
            {"accuracy", score.asked > 0 ? Json(score.accuracy()) : Json()},
            {"correct", score.correct},
            {"asked", score.asked},
            {"not_asked", score.not_asked}};
  }

  static void score_row(Report& report, const words::AnalogyScore& score) {
    const std::string share = score.asked > 0 ? fmt::format("{:5.1f}%", 100.0 * score.accuracy()) : "    -";
    report.row(score.section, fmt::format("{}  ({} of {}, {} not asked)", share, grouped(score.correct),
                                          grouped(score.asked), grouped(score.not_asked)));
  }

  void add_analogies(Report& report, const words::WordVectors& words, const std::string& file,
                     const std::vector<words::AnalogySection>& sections) const {
    const words::AnalogyResult result = words::evaluate_analogies(words, sections, analogy_);
    Json json = {{"file", file},
                 {"vocabulary", result.vocabulary},
                 {"ignore_case", analogy_.ignore_case},
                 {"sections", Json::array()}};
    for (const words::AnalogyScore& score : result.sections) {
      json["sections"].push_back(score_json(score));
      score_row(report, score);
    }
    for (const words::AnalogyScore* score : {&result.semantic, &result.syntactic, &result.total}) {
      json[score == &result.total ? "total" : score->section] = score_json(*score);
      score_row(report, *score);
    }
    const std::string rule = fmt::format(
        "the nearest word to b - a + c by cosine, without the three, among the {} most frequent words; questions with "
        "another word are not asked; {}",
        grouped(result.vocabulary), analogy_.ignore_case ? "case does not matter" : "case matters");
    json["protocol"] = rule;
    report.row("protocol", rule);
    report.json["analogies"].push_back(std::move(json));
  }

  WordsArgument argument_;
  std::vector<std::string> analogies_, similarities_;
  words::AnalogyOptions analogy_;
  bool keep_case_ = false;
};

class WordsConvert : public Command {
 public:
  void declare(Arguments& arguments) override {
    argument_.declare(arguments);
    arguments.get_option("RUN")->description("vectors in any of the forms, or a run of words");
    arguments
        .add_option("OUT", out_,
                    "file to write: .txt or .vec (word2vec text), .bin (word2vec binary, or fastText's where "
                    "there are n-grams), .npz, .safetensors (a model of latent)")
        ->required();
    std::string names;
    for (const std::string_view name : words::vector_format_names())
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    arguments.add_option("--to", form_, fmt::format("form of OUT, where its ending does not tell: {}", names))
        ->type_name("FORM");
  }

  Result run() override {
    const Outputs outputs({{"OUT", out_}});
    const std::filesystem::file_status status = status_of(out_, "OUT");
    if (std::filesystem::is_directory(status)) throw UsageError(fmt::format("OUT {}: is a folder", out_));
    if (!std::filesystem::exists(status)) check_can_create(out_, "OUT");
    outputs.check_keep(argument_.path, "the vectors");
    std::optional<words::VectorFormat> form;
    if (!form_.empty()) form = words::vector_format_from(form_);
    const words::WordVectors words = argument_.open();
    if (!form) form = words::format_by_name(out_, words);
    for (const std::string& lost : words::write_vectors(out_, words, *form)) warn(lost);
    Report report;
    report.json = {{"output", out_}, {"form", words::name_of(*form)}, {"words", words.size()}, {"dim", words.dim()}};
    report.line(fmt::format("{}: {} of {} dimensions, as {}", one_line(out_), counted(words.size(), "word"),
                            words.dim(), words::name_of(*form)));
    return report.result();
  }

 private:
  WordsArgument argument_;
  std::string out_, form_;
};

}  // namespace

std::unique_ptr<Command> make_words_evaluate() { return std::make_unique<WordsEvaluate>(); }
std::unique_ptr<Command> make_words_convert() { return std::make_unique<WordsConvert>(); }

}  // namespace latent::cli
