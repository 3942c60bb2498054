#pragma once
// Cleaning damaged samples, and how much was won where the clean ones are known.

#include <latent/data/corrupt.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/run/run_data.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latent {

/// Damaged samples, and the clean ones behind them where they are known.
struct DamagedSamples {
  RunData data = {};  ///< what was opened
  std::shared_ptr<const data::Dataset> noisy = {}, clean = {};
  data::Corruption corruption = {};  ///< how `noisy` came from `clean`; empty if it was found so
};
/// Clean samples, damaged now.
DamagedSamples damaged(const RunData& data, const data::Corruption& corruption, uint64_t seed);
/// Samples that were found damaged, beside their clean copies in the same order.
/// @throws UsageError if there are more of the one than of the other
DamagedSamples found_damaged(const RunData& data, const std::optional<RunData>& clean);

/// Over the samples whose figure is finite: PSNR is infinite where an image equals its clean copy.
struct QualitySummary {
  std::optional<double> mean = {}, median = {};  ///< nothing where all are equal
  int64_t equal = 0;                             ///< those left out
};
/// A figure before and after cleaning.
struct QualityFigure {
  std::string name = {};  ///< "psnr", "ssim" or "rmse"
  std::string text = {};  ///< what people read
  std::string unit = {};  ///< " dB", or empty
  QualitySummary before = {}, after = {};
  bool higher_is_better = true;

  bool is_worse() const;
  int digits() const { return unit.empty() ? 4 : 2; }
};

struct DenoisingOptions {
  std::optional<int64_t> num_samples = {};  ///< draws of the code that are averaged; empty: its mean
  int64_t count = 0;                        ///< samples to clean, from the first on; all if there are not more
  uint64_t seed = 0;
};

struct CleanedSamples {
  Tensor noisy = {}, x_hat = {};            ///< (N, ...) model values; images in [0, 1] where they are cleaned
  Tensor clean = {};                        ///< (N, ...); undefined where it is not known
  std::vector<QualityFigure> figures = {};  ///< where the clean copy is known: PSNR and SSIM of images, else RMSE
  std::string protocol = {};                ///< what the figures mean; empty without
  bool is_worse = false;                    ///< by the first figure
  std::vector<Remark> remarks = {};         ///< what was not measured, and advice where cleaning made it worse
};

/// @throws UsageError unless the model has both halves, and a likelihood where draws are averaged
void check_can_denoise(const Run& run, const std::optional<int64_t>& num_samples);
/// @throws as check_can_denoise(); UsageError for clean images outside [0, 1]
CleanedSamples clean_samples(const Run& run, const DamagedSamples& samples, const DenoisingOptions& options);

/// Writes some of the samples: damaged ones above cleaned ones, above clean copies; see write_decoded().
/// @param items  among those cleaned   @param stop  as write_image_folder()
/// @return what a picture shows where it is not all: Picture::shown   @throws IoError, Interrupted
std::string write_cleaned(const Run& run, const DamagedSamples& samples, const CleanedSamples& cleaned,
                          const std::vector<int64_t>& items, const ResultFile& file,
                          const std::atomic<bool>* stop = nullptr);

}  // namespace latent
