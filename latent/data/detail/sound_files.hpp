#pragma once
// Private to the readers of sounds: which files are sounds, and what samples they become.

#include <latent/data/detail/folder_files.hpp>
#include <latent/data/sound_options.hpp>
#include <latent/data/sources.hpp>
#include <latent/formats/sound.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace latent::data {

struct SoundFile {
  std::filesystem::path path;
  std::string name;   ///< relative to the folder that was opened
  std::string label;  ///< the folder of its class, or empty
  SoundInfo info;
  const FileBytes* opened = nullptr;  ///< its bytes, where they are in memory already
};

struct SoundFiles {
  std::vector<SoundFile> sounds;     ///< sorted by path
  std::vector<SkippedFile> skipped;  ///< named like sounds, but damaged, empty or something else
};

bool named_like_sound(const std::filesystem::path& path);
/// The sounds in a folder and below, without labels. @throws IoError; DataError without any sound
SoundFiles find_sounds(const std::filesystem::path& folder);

/// What is left open in `options` by the sounds of the training part.
SoundOptions decided(SoundOptions options, std::span<const SoundFile> sounds);
/// What a reader of many sounds has to tell.
struct SoundRemarks {
  std::vector<SkippedFile> skipped;
  std::vector<std::string> silent, clipped, cut_short;  ///< names of files
  int64_t longer = 0;                                   ///< sounds that lost their end
};

/// Sounds as samples (N, C, bands, frames) in decibels, or waves (N, C, L); a file each, or several where they are
/// sliced. Files that turn out to be damaged are left out and said.
/// @param fit  what becomes of sounds that are longer   @throws DataError if none is left
ArrayPart read_sounds(std::span<const SoundFile> files, const SoundOptions& options, SoundFit fit,
                      const std::string& path, SoundRemarks& remarks);

}  // namespace latent::data
