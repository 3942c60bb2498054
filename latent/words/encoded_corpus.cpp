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
    : memory_(static_cast<size_t>(std::max<int64_t>(memory, 0))), folder_(std::move(folder)) {}

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
  if (!file_) file_.emplace(folder_ / "text", Temporary::Kind::file);
  auto bytes = std::as_bytes(std::span(ids_));
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_->fd(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw IoError(folder_.string(), "cannot write the encoded text", errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  if (ids_.capacity() > 4 * kLeastBuffer) ids_ = {};
  ids_.clear();
}

EncodedCorpus CorpusWriter::finish() {
  if (last_ != kSentenceEnd) append(std::span(&kSentenceEnd, 1));
  EncodedCorpus corpus;
  corpus.words_ = words_;
  corpus.sentences_ = sentences_;
  corpus.raw_words_ = raw_words_;
  if (file_) {
    spill();
    corpus.file_ = MappedFile::open(file_->path());
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
