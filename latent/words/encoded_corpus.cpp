#include <latent/words/encoded_corpus.hpp>

#include <latent/core/error.hpp>
#include <latent/formats/file.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace latent::words {

namespace {
// Ids that wait for one write to the file.
constexpr size_t kLeastBuffer = size_t{1} << 14;
}  // namespace

CorpusWriter::CorpusWriter(int64_t memory, std::filesystem::path folder)
    : memory_(static_cast<size_t>(std::max<int64_t>(memory, 0))), target_(std::move(folder) / "text") {}

CorpusWriter::CorpusWriter(std::filesystem::path file) : memory_(0), target_(std::move(file)), stays_(true) {}

CorpusWriter::~CorpusWriter() = default;

void CorpusWriter::append(std::span<const int32_t> ids) {
  for (const int32_t id : ids) {
    if (id == kSentenceEnd) {
      if (last_ == kSentenceEnd) continue;  // a sentence without words
      ++sentences_;
    } else {
      ++words_;
    }
    ids_.push_back(last_ = id);
  }
  // A vector that grows holds up to twice what it needs, and both copies for a moment.
  const size_t limit = file_ ? kLeastBuffer : std::max(kLeastBuffer, memory_ / (3 * sizeof(int32_t)));
  if (ids_.size() > limit) spill();
}

void CorpusWriter::spill() {
  if (!file_) file_.emplace(target_, Temporary::Kind::file);
  auto bytes = std::as_bytes(std::span(ids_));
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_->fd(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw IoError(target_.parent_path().string(), "cannot keep the text as numbers", errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  if (ids_.capacity() > 4 * kLeastBuffer) ids_ = {};
  ids_.clear();
}

EncodedCorpus EncodedCorpus::open(const std::filesystem::path& path, int64_t vocabulary, int64_t raw_words) {
  EncodedCorpus corpus;
  corpus.file_ = MappedFile::open(path);
  corpus.raw_words_ = raw_words;
  const auto bytes = corpus.file_->bytes();
  if (bytes.size() % sizeof(int32_t) != 0) throw DataError(path.string(), "not a text as numbers of words: truncated");
  corpus.ids_ = {reinterpret_cast<const int32_t*>(bytes.data()), bytes.size() / sizeof(int32_t)};
  for (const int32_t id : corpus.ids_) {
    if (id < kSentenceEnd || id >= vocabulary) {
      throw DataError(path.string(), fmt::format("not a text as numbers of words: {} among {}", id, vocabulary));
    }
    ++(id == kSentenceEnd ? corpus.sentences_ : corpus.words_);
  }
  corpus.file_->check_whole();
  return corpus;
}

EncodedCorpus CorpusWriter::finish() {
  if (last_ != kSentenceEnd) append(std::span(&kSentenceEnd, 1));
  EncodedCorpus corpus;
  corpus.words_ = words_;
  corpus.sentences_ = sentences_;
  corpus.raw_words_ = raw_words_;
  if (file_ || stays_) {
    spill();
    if (stays_) file_->move_to_target();
    corpus.file_ = MappedFile::open(stays_ ? target_ : file_->path());
    const auto bytes = corpus.file_->bytes();
    corpus.ids_ = {reinterpret_cast<const int32_t*>(bytes.data()), bytes.size() / sizeof(int32_t)};
    file_.reset();  // the name goes, the mapping stays
  } else {
    ids_.shrink_to_fit();
    corpus.memory_ = std::make_shared<const std::vector<int32_t>>(std::move(ids_));
    corpus.ids_ = *corpus.memory_;
  }
  return corpus;
}

}  // namespace latent::words
