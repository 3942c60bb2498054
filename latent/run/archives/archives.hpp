#pragma once
// Samples to archives and back.

#include <latent/compression/codec.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/run/run_data.hpp>

#include <atomic>
#include <optional>
#include <string>

namespace latent {

struct CompressionOptions {
  bool lossy = false;                   ///< keep the codes alone
  double step = 0.25;                   ///< step of the codes, if lossy
  std::optional<int64_t> streams = {};  ///< chains of samples, if lossless; empty: by the data
};

struct CompressedSamples {
  compression::Archive archive = {};
  int64_t samples = 0, values = 0;  ///< values: of all samples
  int64_t model_bytes = 0;          ///< size of all weights, which whoever decompresses must have too
  double seconds = 0.0;             ///< seconds of coding
  std::optional<double> mse = {};   ///< squared error of 8-bit values, if lossy
  double bits_per_dim() const { return 8.0 * static_cast<double>(archive.bytes()) / static_cast<double>(values); }
};

/// @throws UsageError unless the codec can code without loss, or need not
void check_can_compress(const Run& run, const compression::Codec& codec, bool lossy);
/// @throws UsageError for samples that are no 8-bit values (or not binary where the codec is), and more of them than
///         decompressing would have memory for
CompressedSamples compress_samples(const Run& run, const compression::Codec& codec, const RunData& data,
                                   const CompressionOptions& options);

/// Writes decompressed samples in the form of `file`: .npy, .npz (as arrays of pictures usually are: (N, H, W), or
/// colours last; u8), .png or a folder.
/// @param values  (N, ...) u8   @param stop  as write_image_folder()
/// @return what a picture shows where it is not all: Picture::shown   @throws IoError, Interrupted
std::string write_decompressed(const Run& run, const Tensor& values, const ResultFile& file,
                               const std::atomic<bool>* stop = nullptr);

}  // namespace latent
