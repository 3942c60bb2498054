#include <latent/run/archives/archives.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/formats/npy.hpp>
#include <latent/run/kinds/run_kind.hpp>
#include <latent/run/results/decoded.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace latent {

namespace {

// Bytes of all weights, which whoever decompresses must have too.
int64_t model_bytes(const LatentModel& model) {
  int64_t bytes = 0;
  for (const nn::NamedTensor& t : model.state()) bytes += static_cast<int64_t>(t.tensor.nbytes());
  return bytes;
}

// The samples as levels 0 ... 255: (N, ...) u8. @throws UsageError if they are no 8-bit values
Tensor levels_of(const RunData& data, bool binary) {
  const data::Dataset& samples = *data.samples;
  Tensor levels = Tensor::empty(samples.sample_shape().prepend(samples.size()), DType::u8);
  constexpr int64_t kBatch = 1024;
  constexpr float kRounding = 1e-3f;
  auto* out = levels.data<uint8_t>();
  for (int64_t begin = 0; begin < samples.size(); begin += kBatch) {
    const Tensor x = samples.range(begin, std::min(begin + kBatch, samples.size()));
    for (const float value : x.span<float>()) {
      const float level = std::round(value * 255.0f);
      if (!(level >= 0.0f && level <= 255.0f && std::abs(value * 255.0f - level) < kRounding)) {
        throw UsageError(fmt::format("{}: compress takes 8-bit values, but one is {} times 255", data.source, value),
                         "Save the data as u8 (0 to 255).");
      }
      if (binary && level != 0.0f && level != 255.0f) {
        throw UsageError(
            fmt::format("{}: the model's likelihood is of 0 and 1, but the data has values between", data.source),
            "Train with --binarize 0.5 to compress binarised data, or with --preset vae-lossless.");
      }
      *out++ = static_cast<uint8_t>(level);
    }
  }
  return levels;
}

double mean_squared_error(const Tensor& a, const Tensor& b) {
  double sum = 0.0;
  const auto* x = a.data<uint8_t>();
  const auto* y = b.data<uint8_t>();
  for (int64_t i = 0; i < a.numel(); ++i) sum += std::pow(static_cast<double>(x[i]) - static_cast<double>(y[i]), 2);
  return sum / static_cast<double>(a.numel());
}

void check_size(const compression::Codec& codec, const RunData& data, bool lossy) {
  const int64_t most = codec.most_samples(lossy ? compression::Coding::lossy : compression::Coding::lossless);
  if (data.samples->size() <= most) return;
  throw UsageError(fmt::format("{} has {}: decompress could give back {} on this machine", data.part(),
                               counted(data.samples->size(), "sample"), grouped(most)),
                   "Samples may take half of the memory: make several archives of parts of the data.");
}

// As arrays of pictures usually are: (N, H, W), or colours last.
Tensor as_stored(const Tensor& values) {
  if (values.ndim() != 4) return values;
  const int64_t N = values.dim(0), C = values.dim(1), H = values.dim(2), W = values.dim(3);
  if (C == 1) return values.view_as({N, H, W});
  Tensor stored = Tensor::empty({N, H, W, C}, DType::u8);
  const auto* from = values.data<uint8_t>();
  auto* to = stored.data<uint8_t>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    const int64_t place = i % (H * W), c = i / (H * W) % C, n = i / (H * W * C);
    to[(n * H * W + place) * C + c] = from[i];
  }
  return stored;
}

}  // namespace

void check_can_compress(const Run& run, const compression::Codec& codec, bool lossy) {
  if (!lossy && !codec.is_lossless()) {
    throw UsageError(
        fmt::format("{}: its likelihood '{}' or posterior cannot code pixels without loss", run.path.string(),
                    run.model->config()->at("likelihood").at("name").get<std::string>()),
        std::string(run_kind(run.kind()).lossless_advice()));
  }
}

CompressedSamples compress_samples(const Run& run, const compression::Codec& codec, const RunData& data,
                                   const CompressionOptions& options) {
  check_can_compress(run, codec, options.lossy);
  check_size(codec, data, options.lossy);
  const Tensor levels = levels_of(data, !options.lossy && codec.is_binary());
  const auto begin = std::chrono::steady_clock::now();
  CompressedSamples compressed{.archive = options.lossy ? codec.compress_lossy(levels, options.step)
                                                        : codec.compress(levels, options.streams.value_or(0)),
                               .samples = levels.dim(0),
                               .values = levels.numel(),
                               .model_bytes = model_bytes(*run.model)};
  compressed.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (options.lossy) compressed.mse = mean_squared_error(levels, codec.decompress(compressed.archive, data.source));
  return compressed;
}

std::string write_decompressed(const Run& run, const Tensor& values, const ResultFile& file,
                               const std::atomic<bool>* stop) {
  switch (file.form) {
    case Form::npy: write_npy(file.path, as_stored(values)); return {};
    case Form::npz: write_npz(file.path, {{"x", as_stored(values)}}); return {};
    default: break;
  }
  Tensor x = values.to(DType::f32);
  for (float& value : x.span<float>()) value /= 255.0f;
  return write_decoded(run, {.x_hat = x, .x = {}, .codes = {}}, file, stop);
}

}  // namespace latent
