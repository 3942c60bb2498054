#include <latent/run/words/words_training.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/core/finite.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/safetensors.hpp>
#include <latent/models/model_file.hpp>
#include <latent/run/words/detail/words_learner.hpp>
#include <latent/training/run_files.hpp>
#include <latent/words/model_words.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>

namespace latent {

namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr const char* kTextFile = "text.ids";
constexpr const char* kFormat = "latent-words-checkpoint";
constexpr int64_t kLines = 50;  // of metrics.jsonl

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

nlohmann::json facts_of(const text::Corpus& corpus, const WordsText& text) {
  nlohmann::json sources = nlohmann::json::array();
  constexpr size_t kMostNamed = 20;
  for (const auto& file : corpus.sources().files()) {
    if (sources.size() < kMostNamed) sources.push_back(file.name);
  }
  return {{"sources", sources},
          {"files", corpus.sources().files().size()},
          {"bytes", corpus.sources().bytes()},
          {"words", text.counted.pass.words},
          {"different_words", text.counted.different_words}};
}

std::string text_in(const std::map<std::string, std::string>& metadata, const std::string& key,
                    const std::string& path) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) throw DataError(path, fmt::format("no '{}' in its metadata", key));
  return found->second;
}

}  // namespace

bool is_words_checkpoint(const fs::path& checkpoint) {
  std::error_code error;
  if (!fs::is_regular_file(checkpoint, error)) return false;
  try {
    const auto file = MappedFile::open(checkpoint);
    const auto header = read_safetensors_header(file->bytes(), file->path());
    const auto format = header.metadata.find("format");
    return format != header.metadata.end() && format->second == kFormat;
  } catch (const std::runtime_error&) {
    return false;  // who reads it as another checkpoint says what is wrong with it
  }
}

WordsTraining::WordsTraining(fs::path directory, const WordsOptions& options, const text::Corpus& corpus,
                             WordsText text, const words::WordVectors* start, double save_seconds,
                             const words::ReadingProgress& progress)
    : directory_(std::move(directory)),
      options_(options),
      vocabulary_(text.vocabulary),
      phrases_(text.phrases),
      facts_(facts_of(corpus, text)),
      save_seconds_(save_seconds) {
  if (options_.x_max == 0.0) options_.x_max = WordsOptions::x_max_for(text.counted.pass.words);
  std::error_code ignored;
  const bool goes_on = fs::exists(RunFiles{directory_}.checkpoint(), ignored);
  try {
    begin(corpus, start, progress);
  } catch (...) {
    if (!goes_on) fs::remove(directory_ / kTextFile, ignored);
    throw;
  }
}

// What lies in the directory already is removed once there is a checkpoint of what takes its place.
void WordsTraining::begin(const text::Corpus& corpus, const words::WordVectors* start,
                          const words::ReadingProgress& progress) {
  corpus_ = words::encode_text(corpus, vocabulary_, phrases_, words::CorpusWriter(directory_ / kTextFile), progress);
  if (corpus_.words() == 0) throw DataError(directory_.string(), "no word of the text is in the vocabulary");
  options_.embedding.shift = options_.embedding.shift_for(corpus_.words());
  nlohmann::json facts = *facts_;
  facts["words_in_vocabulary"] = corpus_.words();
  facts["sentences"] = corpus_.sentences();
  facts_ = std::move(facts);
  learner_ = make_learner(options_, vocabulary_, corpus_, directory_, start);
  write_phrases(directory_, phrases_);
  save_checkpoint();
  std::error_code ignored;
  fs::remove(RunFiles{directory_}.model(), ignored);
  for (const char* picture : RunFiles::kPictures) fs::remove(directory_ / picture, ignored);
  begin_log();
}

WordsTraining::WordsTraining(fs::path directory, double save_seconds)
    : directory_(std::move(directory)), save_seconds_(save_seconds) {
  const fs::path path = RunFiles{directory_}.checkpoint();
  const Safetensors file = read_safetensors(path);
  try {
    if (text_in(file.metadata, "format", file.path) != kFormat)
      throw DataError(file.path, "not of a training of words");
    const auto state = nlohmann::json::parse(text_in(file.metadata, "state", file.path));
    options_ = WordsOptions::from_json(state.at("options"));
    facts_ = state.at("facts");
    vocabulary_ =
        words::Vocabulary::from_tensors(file.at("words.bytes"), file.at("words.ends"), file.at("words.counts"));
    phrases_ = read_phrases(directory_);
    corpus_ =
        words::EncodedCorpus::open(directory_ / kTextFile, vocabulary_.size(), facts_->at("words").get<int64_t>());
    if (corpus_.words() != facts_->at("words_in_vocabulary") || corpus_.sentences() != facts_->at("sentences"))
      throw DataError(file.path, fmt::format("{} belongs to another training", kTextFile));
    learner_ = restored_learner(options_, vocabulary_, corpus_, directory_, file);
    learner_->go_to(state.at("position").get<int64_t>());
    seconds_ = state.at("seconds").get<double>();
    loss_sum_ = state.at("loss_sum").get<double>();
    last_loss_ = state.at("last_loss").get<double>();
    loss_steps_ = state.at("loss_steps").get<int64_t>();
    lines_ = state.at("lines").get<int64_t>();
    log_bytes_ = state.at("log_bytes").get<uint64_t>();
  } catch (const nlohmann::json::exception&) {
    throw DataError(file.path, "its metadata is not what this program writes there");
  } catch (const std::invalid_argument& error) {
    throw DataError(file.path, fmt::format("it cannot be used: {}", error.what()));
  }
  begin_log();
}

WordsTraining::~WordsTraining() = default;

// Lines that a killed training wrote after its last checkpoint are written again.
void WordsTraining::begin_log() {
  const fs::path path = RunFiles{directory_}.metrics();
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) throw IoError(path.string(), "cannot open", errno);
  const int failed = ::ftruncate(fd, static_cast<off_t>(log_bytes_)) != 0 ? errno : 0;
  ::close(fd);
  if (failed != 0) throw IoError(path.string(), "cannot cut", failed);
}

void WordsTraining::log_line(bool is_last) {
  const LearnerProgress at = learner_->progress();
  const int64_t due = at.total > 0 ? at.done * kLines / at.total : kLines;
  if (loss_steps_ == 0 || (due <= lines_ && !is_last)) return;
  lines_ = due;
  last_loss_ = loss_sum_ / static_cast<double>(loss_steps_);
  loss_sum_ = 0.0;
  loss_steps_ = 0;
  const std::string unit(options_.unit());
  const nlohmann::ordered_json line = {
      {"epoch", std::min(at.epoch + 1, options_.embedding.epochs)},
      {unit, at.done},
      {"lr", at.lr},
      {"loss", last_loss_},
      {unit + "_per_second", seconds_ > 0.0 ? std::round(static_cast<double>(at.done) / seconds_) : 0.0},
      {"seconds", seconds_}};
  const std::string text = line.dump() + "\n";
  const fs::path path = RunFiles{directory_}.metrics();
  std::ofstream log(path, std::ios::binary | std::ios::app);
  log << text;
  if (!log.flush()) throw IoError(path.string(), "cannot write", errno != 0 ? errno : EIO);
  log_bytes_ += text.size();
}

void WordsTraining::save_checkpoint() {
  const nlohmann::json state = {{"options", *options_.to_json()},
                                {"facts", *facts_},
                                {"position", learner_->position()},
                                {"seconds", seconds_},
                                {"loss_sum", loss_sum_},
                                {"last_loss", last_loss_},
                                {"loss_steps", loss_steps_},
                                {"lines", lines_},
                                {"log_bytes", log_bytes_}};
  std::vector<std::pair<std::string, Tensor>> tensors = learner_->tensors();
  tensors.emplace_back("words.ends", vocabulary_.ends());
  tensors.emplace_back("words.counts", vocabulary_.counts());
  tensors.emplace_back("words.bytes", vocabulary_.bytes());
  write_safetensors(
      RunFiles{directory_}.checkpoint(), tensors,
      {{"format", kFormat}, {"state", state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)}});
}

int64_t WordsTraining::epochs_done() const { return learner_->progress().epoch; }

bool WordsTraining::is_done() const { return learner_->position() == learner_->positions(); }

bool WordsTraining::run(const std::function<void(const WordsProgress&)>& observer, const std::atomic<bool>& stop) {
  constexpr double kObserverSeconds = 0.2, kLeastShareOfTraining = 20.0;
  const Clock::time_point begin = Clock::now();
  const double seconds_before = seconds_;
  const int64_t done_before = learner_->progress().done;
  Clock::time_point saved = begin, observed = begin;
  double saving = 0.0;  // what the last checkpoint took
  bool go_on = true;
  int64_t epoch = learner_->progress().epoch;
  while (go_on && !stop) {
    go_on = learner_->step();
    seconds_ = seconds_before + seconds_since(begin);
    const LearnerProgress at = learner_->progress();
    if (go_on) {
      loss_sum_ += at.loss;
      ++loss_steps_;
      log_line(false);
    }
    if (seconds_since(observed) >= kObserverSeconds || at.epoch != epoch || !go_on) {
      observed = Clock::now();
      epoch = at.epoch;
      const double speed = static_cast<double>(at.done - done_before) / std::max(seconds_since(begin), 1e-9);
      observer({at.epoch, at.total > 0 ? static_cast<double>(at.done) / static_cast<double>(at.total) : 1.0, at.lr,
                speed, speed > 0.0 ? static_cast<double>(at.total - at.done) / speed : 0.0});
    }
    // Large tables take seconds to save: no more than a twentieth of the time goes there.
    if (go_on && seconds_since(saved) >= std::max(save_seconds_, kLeastShareOfTraining * saving)) {
      const Clock::time_point from = Clock::now();
      save_checkpoint();
      saved = Clock::now();
      saving = seconds_since(from);
    }
  }
  if (!go_on) log_line(true);
  if (go_on) save_checkpoint();
  return !go_on;
}

words::WordVectors WordsTraining::finish() {
  words::WordVectors trained = learner_->take();
  learner_.reset();
  corpus_ = {};
  trained.training = options_.to_json();
  if (count_not_finite(trained.vectors) > 0) {
    throw std::runtime_error("the vectors are not finite any more: training diverged; a smaller --lr helps");
  }
  save_model(RunFiles{directory_}.model(), *words::model_of(trained),
             nlohmann::json{{"words", *trained.training}, {"text", *facts_}});
  std::error_code ignored;
  for (const fs::path& file : {RunFiles{directory_}.checkpoint(), directory_ / kTextFile}) fs::remove(file, ignored);
  return trained;
}

}  // namespace latent
