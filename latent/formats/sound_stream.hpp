#pragma once
// Sound files of any length, read and written block by block.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace latent {

/// Reads a sound file from its beginning; holds a block, never the file. One thread at a time.
class SoundReader {
 public:
  /// @throws IoError for what cannot be opened; DataError for what is no sound file, or has more than 64 channels
  explicit SoundReader(const std::filesystem::path& path);
  ~SoundReader();
  SoundReader(const SoundReader&) = delete;
  SoundReader& operator=(const SoundReader&) = delete;

  int64_t rate() const;  ///< samples per second
  int64_t channels() const;
  /// The next values, those of all channels at one time beside each other.
  /// @param out  room for some times, out.size() / channels()   @return how many times there were; fewer only at the
  /// end
  /// @throws DataError for NaN and infinity, and where a file (not a pipe) ends before its header says
  int64_t read(std::span<float> out);

 private:
  struct File;
  std::unique_ptr<File> file_;
};

/// Writes a WAV of 16-bit values, which is not there before finish(). One thread at a time.
class SoundWriter {
 public:
  /// @throws IoError; std::invalid_argument unless 1 <= channels <= 64 and rate >= 1
  SoundWriter(const std::filesystem::path& path, int64_t rate, int64_t channels);
  ~SoundWriter();
  SoundWriter(const SoundWriter&) = delete;
  SoundWriter& operator=(const SoundWriter&) = delete;

  /// @param values  as SoundReader::read() gives them; beyond [-1, 1] they are clipped
  /// @throws IoError; DataError for more than 4 GB, which no WAV holds
  void write(std::span<const float> values);
  /// Values that were clipped so far.
  int64_t clipped() const;
  /// The file is whole and in its place. Last call. @throws IoError
  void finish();

 private:
  struct File;
  std::unique_ptr<File> file_;
};

}  // namespace latent
