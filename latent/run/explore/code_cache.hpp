#pragma once
// Codes of a whole set that are kept beside the run, so that looking at it again need not encode it again.

#include <latent/run/codes.hpp>
#include <latent/run/run_data.hpp>

#include <atomic>
#include <filesystem>
#include <functional>

namespace latent {

struct CodeCacheOptions {
  /// Called after each batch; not where codes were kept.
  std::function<void(int64_t done, int64_t total)> progress = {};
  const std::atomic<bool>* stop = nullptr;  ///< ends the work by Interrupted
  bool keep = true;                         ///< whether codes that were computed are written beside the run
};

struct KeptCodes {
  Codes codes;
  bool was_kept = false;        ///< whether they were found, rather than computed
  std::vector<Remark> remarks;  ///< why they could not be kept
};

/// encode_samples() with means. Where the run is a directory, what was computed is kept in its folder explore/, under a
/// name that follows from the samples (data::fingerprint()), with the hash of the model: what belongs to other samples
/// or other weights, or is damaged, is never taken. A directory that cannot be written to is no error.
/// @throws as encode_samples(); Interrupted if it was stopped
KeptCodes kept_codes(const Run& run, const data::Dataset& samples, const CodeCacheOptions& options = {});

/// Whether kept_codes() would find them.
bool has_kept_codes(const Run& run, const data::Dataset& samples);

/// Where kept_codes() keeps them; empty for a run that is no directory.
std::filesystem::path code_cache_path(const Run& run, const data::Dataset& samples);

}  // namespace latent
