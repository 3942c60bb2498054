#pragma once
// Private to the readers of sound: what libsndfile reads through.

#include <sndfile.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace latent::detail {

/// Fills `out` with the bytes of a file from `offset` on. False if there are not so many.
using ReadAt = std::function<bool(uint64_t offset, std::span<std::byte> out)>;

struct CloseSound {
  void operator()(SNDFILE* file) const { sf_close(file); }
};
using OpenedSound = std::unique_ptr<SNDFILE, CloseSound>;

/// A sound file as libsndfile is shown it: all bytes, but of a WAV only the chunks that its samples depend on. What
/// else it holds (titles, cues, pictures) says nothing here, and libsndfile 1.2.0 never comes back from some of it if
/// it is damaged. Stays where it is while the sound is open.
class SoundBytes {
 public:
  /// @param size  of the file
  SoundBytes(uint64_t size, ReadAt read);
  SoundBytes(const SoundBytes&) = delete;
  SoundBytes& operator=(const SoundBytes&) = delete;

  /// Null where libsndfile refuses; sf_strerror(nullptr) then says why.
  OpenedSound open(SF_INFO& info);
  /// As SF_VIRTUAL_IO has them.
  sf_count_t size() const { return static_cast<sf_count_t>(head_.size() + rest_size_); }
  sf_count_t seek(sf_count_t offset, int whence);
  sf_count_t read(std::span<std::byte> out);
  sf_count_t place() const { return at_; }
  /// Whether a WAV ends before its samples do, by its header. Lengths that programs write which do not know them yet
  /// (0, or near 2^31 or 2^32) say nothing.
  bool is_cut_short() const { return is_cut_short_; }

 private:
  bool take_wav(uint64_t size);

  ReadAt read_;
  std::vector<std::byte> head_;  // of a WAV, up to the header of the chunk `data`
  uint64_t rest_begin_ = 0, rest_size_ = 0;
  sf_count_t at_ = 0;
  bool is_cut_short_ = false;
};

}  // namespace latent::detail
