#include <cli/words.hpp>

#include <cli/input.hpp>
#include <cli/interrupt.hpp>
#include <cli/messages.hpp>
#include <cli/options.hpp>
#include <cli/output.hpp>
#include <cli/progress.hpp>
#include <cli/report.hpp>
#include <cli/train_flags.hpp>

#include <latent/models/model_file.hpp>
#include <latent/models/word_embedding.hpp>
#include <latent/run/results/paths.hpp>
#include <latent/run/training/run_directory.hpp>
#include <latent/training/run_files.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace latent::cli {

namespace {

constexpr auto kWordsRedraw = std::chrono::milliseconds(100);
constexpr int64_t kMostValue = std::numeric_limits<int32_t>::max();

void draw_line(std::string line) {
  line.resize(std::min(line.size(), static_cast<size_t>(terminal_width() - 1)));
  draw(fmt::format("\r\033[K{}", line));
}

std::string progress_text(const WordsProgress& progress, double loss, std::string_view unit) {
  std::string text = fmt::format("{} {}/s  {} left", grouped(std::llround(progress.per_second)), unit,
                                 duration(progress.seconds_left));
  if (loss > 0.0) text += fmt::format("  loss {:.4f}", loss);
  return text + fmt::format("  lr {:.5f}", progress.lr);
}

// A bar on a terminal, and a line for each epoch everywhere.
class WordsBar {
 public:
  explicit WordsBar(const WordsTraining& training)
      : training_(training), epochs_(training.options().embedding.epochs), epoch_(training.epochs_done()) {}
  WordsBar(const WordsBar&) = delete;
  WordsBar& operator=(const WordsBar&) = delete;
  ~WordsBar() { erase(); }

  void show(const WordsProgress& progress) {
    const int64_t epoch = progress.epoch;
    if (epoch > epoch_) {
      erase();
      say(fmt::format("epoch {}/{}  {}\n", epoch, epochs_,
                      progress_text(progress, training_.loss(), training_.options().unit())));
    }
    epoch_ = epoch;
    if (!stderr_is_terminal() || epoch >= epochs_) return;
    draw_line(fmt::format("epoch {}/{} [{}]  {}", epoch + 1, epochs_, progress_bar(progress.share),
                          progress_text(progress, training_.loss(), training_.options().unit())));
    drawn_ = true;
  }

 private:
  void erase() {
    if (drawn_) draw("\r\033[K");
    drawn_ = false;
  }
  const WordsTraining& training_;
  int64_t epochs_, epoch_ = 0;
  bool drawn_ = false;
};

}  // namespace

void WordsArgument::declare(Arguments& arguments) {
  arguments
      .add_option(
          "RUN", path,
          "a run of words, its model file, or vectors that another program wrote: word2vec text or binary, GloVe "
          "text, fastText .vec or .bin, .npz")
      ->required();
  arguments.add_option("--first", first, "take the first N words alone, which are the most frequent (default: all)")
      ->type_name("N")
      ->check(whole_number(1));
}

words::WordVectors WordsArgument::open() const {
  std::filesystem::path file = path;
  if (std::filesystem::is_directory(status_of(path, {}))) {
    const RunFiles files{path};
    file = files.model();
    if (!std::filesystem::exists(status_of(file, {}))) {
      if (!std::filesystem::exists(status_of(files.checkpoint(), {})))
        throw UsageError(fmt::format("{}: is not a run directory (no {} in it)", path, file.filename().string()));
      throw UsageError(fmt::format("{}: its training has not ended", path),
                       fmt::format("latent resume {} goes on.", path));
    }
  }
  words::LoadedVectors loaded = read_input([&] { return words::read_vectors(file, {.first = first}); });
  for (const std::string& warning : loaded.warnings) warn(fmt::format("{}: {}", path, warning));
  return std::move(loaded.words);
}

bool is_words_file(const std::string& path) {
  try {
    return summarize_model(path).config.value("model", "") == "words";
  } catch (const std::exception&) {
    return false;
  }
}

void declare_words(Arguments& arguments, std::optional<int64_t>& count, const char* text) {
  arguments.add_option("--words", count, text)->type_name("N")->check(whole_number(1));
}

RunData most_frequent(const latent::Run& run, RunData data, std::optional<int64_t> count) {
  if (!count) return data;
  if (!is_words(*run.model)) {
    throw UsageError(fmt::format("--words: {} is no run of words", run.path.string()));
  }
  std::vector<int64_t> first(static_cast<size_t>(std::min(*count, data.samples->size())));
  std::iota(first.begin(), first.end(), int64_t{0});
  data.samples = data::subset(data.samples, std::move(first));
  return data;
}

void WordsFlags::declare_common(Arguments& arguments) {
  arguments
      .add_option("--tokens", tokens,
                  "what a word is: whitespace (what stands between spaces) or unicode (letters "
                  "and digits, without punctuation)")
      ->type_name("RULE")
      ->group("Text");
  arguments
      .add_option("--sentences", sentences,
                  "what a sentence is: lines, or auto (up to a full stop; lines may break "
                  "anywhere)")
      ->type_name("RULE")
      ->group("Text");
  arguments.add_option("--min-count", options.min_count, "leave out words that are met less often")
      ->type_name("N")
      ->check(whole_number(1, kMostValue))
      ->group("Text")
      ->show_default();
  arguments.add_option("--max-words", options.max_words, "keep the N most frequent words (default: all)")
      ->type_name("N")
      ->check(whole_number(1, kMostValue))
      ->group("Text");
  arguments
      .add_option("--memory", memory,
                  "what training may take, such as 2G: checked before it starts (default: what "
                  "the system allows)")
      ->type_name("BYTES");
  arguments
      .add_option("--epochs,--iter", epochs,
                  "times that the text, or of glove the pairs, are gone through (default: 5; of glove 15)")
      ->type_name("N")
      ->check(whole_number(1, 1'000'000));
  arguments.add_option("--lr,--alpha", lr, "learning rate at the beginning (default: 0.025; of cbow and glove 0.05)")
      ->type_name("RATE")
      ->check(number(0.0, Bound::open));
  arguments
      .add_option("--min-lr,--min-alpha", options.embedding.min_lr, "learning rate at the end; it falls in a line")
      ->type_name("RATE")
      ->check(number(0.0, Bound::closed))
      ->show_default();
  arguments
      .add_option("--threads", threads, "threads to compute with; the result does not depend on them (default: all)")
      ->type_name("N")
      ->check(whole_number(1, kMostValue));
  declare_save_every(arguments, save_every);
  declare_seed(arguments, options.embedding.seed, "seed of first vectors, windows and noise");
}

void WordsFlags::declare_model(Arguments& arguments) {
  words::EmbeddingOptions& embedding = options.embedding;
  const auto whole = [&](const char* names, auto& value, const char* text, int64_t low, int64_t high) {
    arguments.add_option(names, value, text)
        ->type_name("N")
        ->check(whole_number(low, high))
        ->group("Model")
        ->show_default();
  };
  arguments
      .add_option(
          "--method", method,
          "skipgram (a word predicts its neighbours), cbow (they predict the word) or glove (from counts of pairs)")
      ->type_name("NAME")
      ->group("Model")
      ->show_default();
  whole("--dim,--size,--vector-size", embedding.dim, "numbers of a vector", 1, 4096);
  arguments.add_option("--window,--ws", window, "neighbours on each side, at most (default: 5; of glove 10)")
      ->type_name("N")
      ->check(whole_number(1, 100))
      ->group("Model");
  arguments
      .add_option("--x-max", options.x_max,
                  "glove: pairs that are met less often weigh less (default: 10; from 100 million words on, 100)")
      ->type_name("COUNT")
      ->check(number(0.0, Bound::open))
      ->group("Model");
  arguments
      .add_option("--weight-power", options.alpha,
                  "glove: ... by their share of --x-max to this power (the paper's alpha)")
      ->type_name("POWER")
      ->check(number(0.0, Bound::closed, 1.0, Bound::closed))
      ->group("Model")
      ->show_default();
  whole("--negative,--neg", embedding.negative, "draws of noise for each pair", 1, 100);
  arguments
      .add_option("--shift", embedding.shift,
                  "taken off the products of vectors that tell neighbours from noise (default: log of --negative, plus "
                  "1, for texts up to 4 million words, falling to 0, word2vec's, at 10 million)")
      ->type_name("NUMBER")
      ->check(number(-20.0, Bound::closed, 20.0, Bound::closed))
      ->group("Model");
  arguments.add_flag("--hs", embedding.hierarchical_softmax, "hierarchical softmax in place of draws of noise");
  arguments
      .add_option("--sample", embedding.sample,
                  "words with a larger share of the text are left out now and then; 0: none")
      ->type_name("SHARE")
      ->check(number(0.0, Bound::closed))
      ->group("Model")
      ->show_default();
  arguments.add_option("--ns-exponent", embedding.ns_exponent, "noise is drawn by count to this power")
      ->type_name("POWER")
      ->check(number(-1.0, Bound::closed, 1.0, Bound::closed))
      ->group("Model")
      ->show_default();
  whole("--min-n,--minn", embedding.min_n,
        "characters of the shortest n-grams, where --max-n is given (default then: 3)", 0, 100);
  whole("--max-n,--maxn", embedding.max_n, "characters of the longest n-grams, as in fastText (6 is usual); 0: none", 0,
        100);
  whole("--buckets,--bucket", embedding.buckets, "rows that n-grams share", 1, 1'000'000'000);
  arguments.add_flag("--lowercase", options.tokenizer.lowercase, "make all letters small");
  arguments
      .add_option("--phrases", options.phrases.passes,
                  "join words that often stand together (new_york): passes over "
                  "the text, each of which may double the length")
      ->type_name("N")
      ->check(whole_number(0, 10))
      ->group("Text")
      ->show_default();
  arguments
      .add_option("--phrase-threshold", options.phrases.threshold,
                  "score from which words are joined, as in word2phrase")
      ->type_name("SCORE")
      ->check(number(0.0, Bound::closed))
      ->group("Text")
      ->show_default();
}

WordsOptions WordsFlags::taken() {
  if (threads) {
    ComputeOptions compute;
    compute.threads = threads;
    compute.apply();
  }
  words::EmbeddingOptions& embedding = options.embedding;
  options.method = words_method_from(method);
  if (!tokens.empty()) options.tokenizer.words = text::word_rule_from(tokens);
  if (!sentences.empty()) options.tokenizer.sentences = text::sentence_rule_from(sentences);
  if (lr) embedding.lr = *lr;
  const bool is_glove = options.method == WordsMethod::glove;
  embedding.epochs = epochs.value_or(is_glove ? 15 : 5);
  embedding.window = window.value_or(is_glove ? 10 : 5);
  if (is_glove && (embedding.hierarchical_softmax || embedding.max_n > 0))
    throw UsageError("--method glove has neither n-grams nor hierarchical softmax", "--method skipgram has both.");
  if (embedding.shift && (is_glove || embedding.hierarchical_softmax))
    throw UsageError("--shift belongs to draws of noise, which neither --hs nor --method glove has");
  if (embedding.max_n > 0 && embedding.min_n == 0) embedding.min_n = std::min(3, embedding.max_n);
  if (embedding.max_n == 0 && embedding.min_n > 0)
    throw UsageError("--min-n without --max-n", "--max-n 6 takes n-grams of up to six characters.");
  if (embedding.min_n > embedding.max_n)
    throw UsageError(fmt::format("--min-n {} is more than --max-n {}", embedding.min_n, embedding.max_n));
  if (!memory.empty()) options.memory = parse_bytes(memory);
  options.check();
  return options;
}

ReadingLine::~ReadingLine() {
  if (drawn_) draw("\r\033[K");
}

words::ReadingProgress ReadingLine::progress() {
  return [this](const text::CorpusPass& so_far) {
    if (stderr_is_terminal() && Clock::now() - last_drawn_ >= kWordsRedraw) {
      last_drawn_ = Clock::now();
      const double share = bytes_ > 0 ? static_cast<double>(so_far.bytes) / static_cast<double>(bytes_) : 1.0;
      draw_line(fmt::format("{} [{}]  {}", what_, progress_bar(share), counted(so_far.words, "word")));
      drawn_ = true;
    }
    return !stop_;
  };
}

void tell_text(const text::Corpus& corpus, const WordsText& text, const WordsOptions& options) {
  const auto& files = corpus.sources().files();
  const std::string name = files.size() == 1 ? files[0].name : counted(static_cast<int64_t>(files.size()), "file");
  tell(text.remarks);
  if (const auto passes = text.phrases.pairs(); !passes.empty()) {
    size_t pairs = 0;
    for (const auto& pass : passes) pairs += pass.size();
    note(fmt::format("{} joined to phrases, such as {}_{}", counted(static_cast<int64_t>(pairs), "pair"),
                     passes[0][0].first, passes[0][0].second));
  }
  note(fmt::format("{}: {}, {} different; {} are in the vocabulary", name, counted(text.counted.pass.words, "word"),
                   grouped(text.counted.different_words), grouped(text.vocabulary.size())));
  note(words_memory(options, text.vocabulary).text());
}

Result run_words_session(WordsTraining& training, const std::string& directory, const std::atomic<bool>& stop) {
  bool is_done = training.is_done();
  if (!is_done) {
    WordsBar bar(training);
    is_done = training.run([&](const WordsProgress& progress) { bar.show(progress); }, stop);
  }
  Report report;
  report.json = {{"run", directory},
                 {"outcome", is_done ? "finished" : "interrupted"},
                 {"words", training.words()},
                 {"seconds", training.seconds()}};
  report.row("run", directory);
  report.row("outcome",
             fmt::format("{}, {} of training", is_done ? "finished" : "interrupted", duration(training.seconds())));
  report.json["loss"] = training.loss();
  report.row("loss", fmt::format("{:.4f}  ({})", training.loss(),
                                 training.options().method == WordsMethod::glove ? "mean over the pairs"
                                                                                 : "nats for each word predicted"));
  if (!is_done) {
    note(fmt::format("saved; continue with: latent resume {}", directory));
    return report.result(kInterrupted);
  }
  const words::WordVectors trained = training.finish();
  const std::string model = RunFiles{directory}.model().string();
  report.both("model", model, model);
  report.json["dim"] = trained.dim();
  const std::string example(trained.vocabulary.word(std::min<int64_t>(trained.size() - 1, trained.size() / 100)));
  note("next, try:");
  say(fmt::format("  latent words nearest {0} {1}\n  latent map {0} --words 2000 -o map.png\n", directory, example));
  return report.result();
}

Result resume_words(const std::string& directory, std::optional<int> threads, double save_every) {
  if (threads) {
    ComputeOptions compute;
    compute.threads = threads;
    compute.apply();
  }
  const InterruptGuard guard;
  const std::unique_ptr<WordsTraining> training =
      read_input([&] { return std::make_unique<WordsTraining>(directory, save_every); });
  note(fmt::format("continuing {}: {}", directory, counted(training->words(), "word")));
  return run_words_session(*training, directory, guard.stop());
}

}  // namespace latent::cli
