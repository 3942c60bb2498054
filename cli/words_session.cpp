#include <cli/words.hpp>

#include <cli/input.hpp>
#include <cli/interrupt.hpp>
#include <cli/messages.hpp>
#include <cli/options.hpp>
#include <cli/output.hpp>
#include <cli/progress.hpp>
#include <cli/report.hpp>

#include <latent/training/run_files.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::cli {

namespace {

constexpr auto kWordsRedraw = std::chrono::milliseconds(100);

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
