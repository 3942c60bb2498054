#include <latent/run/denoising/denoising.hpp>

#include <latent/autograd/shaping.hpp>
#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/data/image_quality.hpp>
#include <latent/models/denoise.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/results/decoded.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent {

namespace {

QualitySummary summary_of(std::vector<double> values) {
  const auto all = static_cast<int64_t>(values.size());
  std::erase_if(values, [](double value) { return std::isinf(value); });
  QualitySummary summary{.mean = {}, .median = {}, .equal = all - static_cast<int64_t>(values.size())};
  if (values.empty()) return summary;
  summary.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  summary.median = values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
  return summary;
}

// Root mean squared error of each sample.
std::vector<double> rmse(const Tensor& x_hat, const Tensor& x) {
  std::vector<double> errors = data::psnr(x_hat, x);
  for (double& value : errors) value = std::pow(10.0, value / -20.0);
  return errors;
}

// PSNR and SSIM are for values in [0, 1].
void check_unit_range(const Tensor& clean) {
  const auto [low, high] = std::minmax_element(clean.span<float>().begin(), clean.span<float>().end());
  if (*low >= 0.0f && *high <= 1.0f) return;
  throw UsageError(
      fmt::format("the clean copy has values in [{:.4g}, {:.4g}]: PSNR and SSIM need them in [0, 1]", *low, *high));
}

void measure_images(CleanedSamples& s) {
  s.protocol =
      "mean and median over images, of PSNR over those that differ from their clean copy; PSNR for a peak of 1; "
      "SSIM with windows of 7x7, uniform";
  s.figures.push_back(
      {"psnr", "PSNR", " dB", summary_of(data::psnr(s.noisy, s.clean)), summary_of(data::psnr(s.x_hat, s.clean))});
  if (std::min(s.clean.dim(2), s.clean.dim(3)) < data::kSsimWindow) {
    s.remarks.push_back({fmt::format("no SSIM: its windows of {0}x{0} do not fit into {1}x{2}", data::kSsimWindow,
                                     s.clean.dim(2), s.clean.dim(3))});
    return;
  }
  s.figures.push_back(
      {"ssim", "SSIM", "", summary_of(data::ssim(s.noisy, s.clean)), summary_of(data::ssim(s.x_hat, s.clean))});
}

void measure_rows(CleanedSamples& s) {
  s.protocol = "mean and median over samples; errors in the units of the model (standardised columns)";
  s.figures.push_back(
      {"rmse", "error (rms)", "", summary_of(rmse(s.noisy, s.clean)), summary_of(rmse(s.x_hat, s.clean)), false});
}

// "20.32 dB before, 18.81 dB after"
std::string change_text(const QualityFigure& figure) {
  const auto value = [&](const QualitySummary& s) {
    return s.mean ? fmt::format("{:.{}f}{}", *s.mean, figure.digits(), figure.unit) : std::string("equal");
  };
  return fmt::format("{} before, {} after", value(figure.before), value(figure.after));
}

// What may be wrong, where cleaning made things worse.
std::string advice_for(const Run& run, const data::Corruption& corruption) {
  const data::Corruption trained = run.corruption();
  if (trained.empty()) {
    return "the model was not trained to clean: train with --corrupt and the damage that it will meet (for images, "
           "--preset dae-conv)";
  }
  if (!corruption.empty() && !(corruption == trained)) {
    return fmt::format("it was trained on {}: train with --corrupt {}, or with a range of strengths", trained.str(),
                       corruption.str());
  }
  if (!run.model->has_skips() && run.kind().is_spatial) {
    return "all that it returns goes through a code, which holds no fine detail: --preset dae-conv has skip "
           "connections that keep it";
  }
  return "it may need more training (--epochs), or damage like that of the data";
}

}  // namespace

bool QualityFigure::is_worse() const {
  if (!before.mean || !after.mean) return before.equal > 0 && !before.mean && after.mean;
  return higher_is_better ? *after.mean < *before.mean : *after.mean > *before.mean;
}

DamagedSamples damaged(const RunData& data, const data::Corruption& corruption, uint64_t seed) {
  return {.data = data,
          .noisy = data::corrupted(data.samples, corruption, seed),
          .clean = data.samples,
          .corruption = corruption};
}

DamagedSamples found_damaged(const RunData& data, const std::optional<RunData>& clean) {
  DamagedSamples samples{.data = data, .noisy = data.samples, .clean = nullptr, .corruption = {}};
  if (!clean) return samples;
  if (clean->samples->size() != data.samples->size()) {
    throw UsageError(fmt::format("--clean: {} has {}, but {} has {}", clean->part(),
                                 counted(clean->samples->size(), "sample"), data.part(), grouped(data.samples->size())),
                     "The clean copy has the same samples in the same order.");
  }
  samples.clean = clean->samples;
  return samples;
}

void check_can_denoise(const Run& run, const std::optional<int64_t>& num_samples) {
  check_has_both_halves(run, "cleaning");
  if (!num_samples || run.model->has_likelihood()) return;
  throw UsageError(
      fmt::format("--samples {}: {} is of kind '{}', which has one code for each sample, nothing to draw from",
                  *num_samples, run.path.string(), run.model->kind()),
      "Leave --samples out.");
}

CleanedSamples clean_samples(const Run& run, const DamagedSamples& samples, const DenoisingOptions& options) {
  check_can_denoise(run, options.num_samples);
  const bool are_pixels = run.kind().are_pixels;
  const int64_t count = std::min(options.count, samples.noisy->size());
  CleanedSamples cleaned{.noisy = samples.noisy->range(0, count)};
  if (samples.clean) cleaned.clean = samples.clean->range(0, count);
  if (samples.clean && are_pixels) check_unit_range(cleaned.clean);
  cleaned.x_hat =
      denoise(*run.model, cleaned.noisy, {.num_samples = options.num_samples.value_or(0), .seed = options.seed});
  if (are_pixels) {
    for (float& value : cleaned.x_hat.span<float>()) value = std::clamp(value, 0.0f, 1.0f);
  }
  if (!samples.clean) return cleaned;
  are_pixels ? measure_images(cleaned) : measure_rows(cleaned);
  const QualityFigure& first = cleaned.figures.front();
  cleaned.is_worse = first.is_worse();
  if (cleaned.is_worse) {
    cleaned.remarks.push_back({fmt::format("the result is further from the clean copy than its input was ({} {}); {}",
                                           first.text, change_text(first), advice_for(run, samples.corruption)),
                               true});
  }
  return cleaned;
}

std::string write_cleaned(const Run& run, const DamagedSamples& samples, const CleanedSamples& cleaned,
                          const std::vector<int64_t>& items, const ResultFile& file, const std::atomic<bool>* stop) {
  const auto chosen = data::subset(samples.noisy, items);
  const int64_t count = cleaned.noisy.dim(0);
  const bool is_archive = file.form == Form::npz;
  Decoded decoded{.x_hat = gather_rows(cleaned.x_hat, items),
                  .x = gather_rows(cleaned.noisy, items),
                  .codes = {},
                  .samples = chosen.get(),
                  .damaged = true};
  if (is_archive) decoded.stored = chosen->stored_range(0, count);
  if (samples.clean) decoded.clean = gather_rows(cleaned.clean, items);
  if (samples.clean && is_archive) decoded.stored_clean = samples.clean->stored_range(0, count);
  return write_decoded(run, decoded, file, stop);
}

}  // namespace latent
