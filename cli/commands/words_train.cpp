// latent words train TEXT... --out RUN: word vectors from text; latent words continue RUN TEXT...: more text.

#include <cli/input.hpp>
#include <cli/interrupt.hpp>
#include <cli/output.hpp>
#include <cli/messages.hpp>
#include <cli/words.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/run/results/outputs.hpp>
#include <latent/run/results/paths.hpp>
#include <latent/run/training/run_directory.hpp>

#include <fmt/core.h>

#include <optional>

namespace latent::cli {

namespace {

constexpr const char* kTextHelp =
    "files of text (plain, .gz, .xz, .bz2, .zst), folders of them, or - for standard input";

text::Corpus open_corpus(const std::vector<std::string>& names, const text::TokenizerOptions& tokenizer) {
  return read_input([&] {
    text::TextSources sources(names);
    if (const auto& skipped = sources.skipped(); !skipped.empty()) {
      warn(fmt::format("skipped {} file{} that hold{} no text: {}{}", skipped.size(), skipped.size() == 1 ? "" : "s",
                       skipped.size() == 1 ? "s" : "", skipped.front().string(), skipped.size() == 1 ? "" : ", ..."));
    }
    return text::Corpus(std::move(sources), tokenizer);
  });
}

class WordsTrain : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.add_option("TEXT", text_, kTextHelp)->required();
    arguments.add_option("--out", out_, "run directory to make")->required()->type_name("RUN");
    arguments.add_flag("--overwrite", overwrite_, "replace a run that is there already");
    flags_.declare_model(arguments);
    flags_.declare_common(arguments);
  }

  Result run() override {
    const WordsOptions options = flags_.taken();
    const Existing existing = overwrite_ ? Existing::replace : Existing::refuse;
    check_run_directory(out_, existing);
    const Outputs outputs({{"--out", out_}});
    for (const std::string& name : text_) {
      if (name != "-") outputs.check_keep(name, "the text");
    }
    const InterruptGuard guard;
    const text::Corpus corpus = open_corpus(text_, options.tokenizer);
    WordsText text;
    {
      ReadingLine line("reading", corpus.sources().bytes(), guard.stop());
      text = read_input([&] { return read_words(corpus, options, line.progress()); });
    }
    tell_text(corpus, text, options);
    const RunDirectory directory(out_, existing);
    tell(directory.remarks());
    std::unique_ptr<WordsTraining> training;
    {
      ReadingLine line("numbering words", corpus.sources().bytes(), guard.stop());
      training = std::make_unique<WordsTraining>(out_, options, corpus, std::move(text), nullptr, flags_.save_every,
                                                 line.progress());
    }
    return run_words_session(*training, out_, guard.stop());
  }

 private:
  std::vector<std::string> text_;
  std::string out_;
  bool overwrite_ = false;
  WordsFlags flags_;
};

class WordsContinue : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments
        .add_option("RUN", path_,
                    "a run of words, or vectors that another program wrote (then --out says where to go on)")
        ->required();
    arguments.add_option("TEXT", text_, kTextHelp)->required();
    arguments.add_option("--out", out_, "run directory to make (default: RUN itself)")->type_name("RUN");
    arguments.add_flag("--overwrite", overwrite_, "replace a run that is there already");
    flags_.declare_common(arguments);
  }

  Result run() override {
    const bool is_directory = std::filesystem::is_directory(status_of(path_, {}));
    if (out_.empty() && !is_directory) {
      throw UsageError(fmt::format("{}: is a file, not a run directory", path_),
                       "--out RUN says where training goes on.");
    }
    const bool in_place = out_.empty();
    if (in_place) out_ = path_;
    WordsArgument argument;
    argument.path = path_;
    const words::WordVectors start = argument.open();
    const WordsOptions options = options_for(start);
    const Existing existing = overwrite_ ? Existing::replace : Existing::refuse;
    if (!in_place) check_run_directory(out_, existing);
    const InterruptGuard guard;
    const text::Corpus corpus = open_corpus(text_, options.tokenizer);
    const words::Phrases phrases = is_directory ? read_phrases(path_) : words::Phrases();
    WordsText text;
    {
      ReadingLine line("reading", corpus.sources().bytes(), guard.stop());
      text = read_input([&] { return read_more_words(corpus, options, start, phrases, line.progress()); });
    }
    const int64_t joined = text.vocabulary.size() - start.size();
    tell_text(corpus, text, options);
    note(fmt::format("{} joined the {} that were there", counted(joined, "new word"), grouped(start.size())));
    const auto directory =
        in_place ? std::make_unique<RunDirectory>(out_) : std::make_unique<RunDirectory>(out_, existing);
    tell(directory->remarks());
    std::unique_ptr<WordsTraining> training;
    {
      ReadingLine line("numbering words", corpus.sources().bytes(), guard.stop());
      training = std::make_unique<WordsTraining>(out_, options, corpus, std::move(text), &start, flags_.save_every,
                                                 line.progress());
    }
    Result result = run_words_session(*training, out_, guard.stop());
    result.json["new_words"] = joined;
    return result;
  }

 private:
  // The options that a model of ours remembers.
  static std::optional<WordsOptions> said_by(const words::WordVectors& start) {
    try {
      return WordsOptions::from_json(start.training);
    } catch (const std::invalid_argument&) {
      return std::nullopt;
    }
  }

  // What the vectors were trained with, where they say it; what was given here counts more.
  WordsOptions options_for(const words::WordVectors& start) {
    const WordsOptions given = flags_.taken();
    WordsOptions options = said_by(start).value_or(given);
    if (!said_by(start)) {  // vectors of another program, which say little or nothing
      const nlohmann::json& said = *start.training;
      options.embedding.shift = 0.0;
      if (said.contains("method")) options.method = words_method_from(said["method"].get<std::string>());
      if (said.contains("window")) options.embedding.window = said["window"].get<int64_t>();
      if (said.contains("hierarchical_softmax"))
        options.embedding.hierarchical_softmax = said["hierarchical_softmax"].get<bool>();
    }
    if (options.method == WordsMethod::glove) {
      throw UsageError(
          fmt::format("{}: GloVe learns from counts of the whole text, which a model does not keep", path_),
          "Train on both texts together; or convert the run to .vec, from which skipgram goes on.");
    }
    words::EmbeddingOptions& embedding = options.embedding;
    embedding.dim = start.dim();
    embedding.min_n = start.ngrams ? start.ngrams->min_n : 0;
    embedding.max_n = start.ngrams ? start.ngrams->max_n : 0;
    if (start.ngrams) embedding.buckets = start.ngrams->buckets();
    embedding.epochs = given.embedding.epochs;
    embedding.lr = given.embedding.lr;
    embedding.min_lr = given.embedding.min_lr;
    embedding.seed = given.embedding.seed;
    if (!flags_.tokens.empty()) options.tokenizer.words = given.tokenizer.words;
    if (!flags_.sentences.empty()) options.tokenizer.sentences = given.tokenizer.sentences;
    options.min_count = given.min_count;
    options.max_words = given.max_words;
    options.memory = given.memory;
    return options;
  }

  std::string path_, out_;
  std::vector<std::string> text_;
  bool overwrite_ = false;
  WordsFlags flags_;
};

}  // namespace

std::unique_ptr<Command> make_words_train() { return std::make_unique<WordsTrain>(); }
std::unique_ptr<Command> make_words_continue() { return std::make_unique<WordsContinue>(); }

}  // namespace latent::cli
