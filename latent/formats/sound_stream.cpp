#include <latent/formats/sound_stream.hpp>

#include <latent/core/error.hpp>
#include <latent/formats/detail/sound_bytes.hpp>
#include <latent/formats/pcm.hpp>
#include <latent/formats/temporary.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace latent {

namespace {

// A file descriptor that closes itself.
struct OwnedDescriptor {
  explicit OwnedDescriptor(int of) : fd(of) {}
  ~OwnedDescriptor() {
    if (fd >= 0) ::close(fd);
  }
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  int fd;
};

// Reads all of `out`. False where the file ends before.
bool fills(int fd, uint64_t offset, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t count = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    offset += static_cast<uint64_t>(count);
    out = out.subspan(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace

struct SoundReader::File {
  explicit File(const std::filesystem::path& of)
      : path(of.string()), descriptor(::open(of.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor.fd < 0) throw IoError(path, "open", errno);
    struct stat status {};
    const bool is_file = fstat(descriptor.fd, &status) == 0 && S_ISREG(status.st_mode);
    if (is_file) {
      bytes.emplace(static_cast<uint64_t>(status.st_size),
                    [fd = descriptor.fd](uint64_t offset, std::span<std::byte> out) { return fills(fd, offset, out); });
      sound = bytes->open(info);
    } else {
      sound.reset(sf_open_fd(descriptor.fd, SFM_READ, &info, SF_FALSE));
    }
    if (!sound) throw DataError(path, fmt::format("no sound file that can be read ({})", sf_strerror(nullptr)));
    knows_length = is_file && info.frames < SF_COUNT_MAX;
    if (info.channels < 1 || info.channels > kMostSoundChannels || info.samplerate < 1) {
      throw DataError(path, fmt::format("a sound of {} channels and {} samples per second; 1 to {} channels are read",
                                        info.channels, info.samplerate, kMostSoundChannels));
    }
  }
  std::string path;
  OwnedDescriptor descriptor;
  SF_INFO info{};
  std::optional<detail::SoundBytes> bytes;  // of a file; a pipe is read by libsndfile itself
  detail::OpenedSound sound;
  int64_t at = 0;             // times that were read
  bool knows_length = false;  // a pipe's header was written before anyone knew how long the sound would be
};

SoundReader::SoundReader(const std::filesystem::path& path) : file_(std::make_unique<File>(path)) {}
SoundReader::~SoundReader() = default;
int64_t SoundReader::rate() const { return file_->info.samplerate; }
int64_t SoundReader::channels() const { return file_->info.channels; }

int64_t SoundReader::read(std::span<float> out) {
  const auto wanted = static_cast<int64_t>(out.size()) / channels();
  const auto count = static_cast<int64_t>(sf_readf_float(file_->sound.get(), out.data(), wanted));
  const auto values = out.first(static_cast<size_t>(count * channels()));
  const auto bad = std::ranges::find_if_not(values, [](float v) { return std::isfinite(v); });
  if (bad != values.end()) {
    throw DataError(file_->path,
                    fmt::format("sample {} is NaN or infinite", file_->at + (bad - values.begin()) / channels()));
  }
  file_->at += count;
  if (count < wanted && file_->knows_length && file_->at < static_cast<int64_t>(file_->info.frames)) {
    throw DataError(file_->path, fmt::format("damaged: it ends after {} of {} samples", file_->at,
                                             static_cast<int64_t>(file_->info.frames)));
  }
  return count;
}

struct SoundWriter::File {
  File(const std::filesystem::path& of, int64_t rate, int64_t channels)
      : path(of.string()), temporary(of, Temporary::Kind::file) {
    info.samplerate = static_cast<int>(rate);
    info.channels = static_cast<int>(channels);
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    sound.reset(sf_open_fd(temporary.fd(), SFM_WRITE, &info, SF_FALSE));
    if (!sound) throw IoError(path, "write", errno);
  }
  std::string path;
  Temporary temporary;
  SF_INFO info{};
  detail::OpenedSound sound;  // closed before the temporary is
  int64_t values = 0, clipped = 0;
  std::vector<short> whole;
};

SoundWriter::SoundWriter(const std::filesystem::path& path, int64_t rate, int64_t channels) {
  LATENT_CHECK(channels >= 1 && channels <= kMostSoundChannels && rate >= 1 && rate < (int64_t{1} << 31),
               "[SoundWriter] 1 to {} channels and a rate of at least 1 expected, got {} and {}", kMostSoundChannels,
               channels, rate);
  file_ = std::make_unique<File>(path, rate, channels);
}
SoundWriter::~SoundWriter() = default;
int64_t SoundWriter::clipped() const { return file_->clipped; }

void SoundWriter::write(std::span<const float> values) {
  constexpr int64_t kMostValues = ((int64_t{1} << 32) - 4096) / 2;
  File& file = *file_;
  if (file.values + static_cast<int64_t>(values.size()) > kMostValues) {
    throw DataError(file.path, "a WAV holds 4 GB at most, and the sound is longer");
  }
  file.whole.resize(values.size());
  std::ranges::transform(values, file.whole.begin(), [&](float value) {
    const Pcm16 whole = to_pcm16(value);
    file.clipped += whole.clipped ? 1 : 0;
    return whole.value;
  });
  const auto written = sf_write_short(file.sound.get(), file.whole.data(), static_cast<sf_count_t>(values.size()));
  if (written != static_cast<sf_count_t>(values.size())) throw IoError(file.path, "write", errno);
  file.values += static_cast<int64_t>(values.size());
}

void SoundWriter::finish() {
  File& file = *file_;
  if (sf_close(file.sound.release()) != 0) throw IoError(file.path, "write", errno);
  file.temporary.move_to_target();
}

}  // namespace latent
