#include <latent/formats/checksum.hpp>
#include <latent/compression/detail/codec_parts.hpp>
#include <latent/compression/exact_math.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/error.hpp>
#include <latent/core/threads.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent::compression {

namespace exact = kernels::exact;

namespace {

constexpr auto kLanes = static_cast<size_t>(exact::kLanes);
constexpr int kBits = 24;
constexpr double kMostNumbers = 1 << 20;  // whole numbers that a dimension's codes may take

// The whole numbers low ... high with the shares of a normal distribution.
class NormalNumbers {
 public:
  static constexpr size_t kParameters = 4;

  /// @param parameters  mean, deviation, low, high, as an archive has them
  explicit NormalNumbers(std::span<const double> parameters)
      : mean_(parameters[0]),
        deviation_(parameters[1]),
        low_(static_cast<int32_t>(parameters[2])),
        high_(static_cast<int32_t>(parameters[3])) {}
  static bool fit(std::span<const double> parameters) {
    const double low = parameters[2], high = parameters[3];
    return parameters[1] > 0.0 && std::floor(low) == low && std::floor(high) == high && low <= high &&
           low >= -kMostNumbers && high <= kMostNumbers;
  }

  Interval interval(int32_t number) const {
    const uint32_t start = below(number);
    return {start, below(number + 1) - start};
  }
  int32_t find(uint32_t slot) const {
    int32_t low = low_, high = high_ + 1;  // below(low) <= slot < below(high)
    while (high - low > 1) {
      const int32_t middle = low + (high - low) / 2;
      (below(middle) <= slot ? low : high) = middle;
    }
    return low;
  }

 private:
  uint32_t below(int32_t number) const {
    constexpr uint32_t kAll = uint32_t{1} << kBits;
    if (number <= low_) return 0;
    if (number > high_) return kAll;
    constexpr uint32_t kLeast = 2;  // as in LatentBins
    const uint32_t kept = kLeast * static_cast<uint32_t>(high_ - low_ + 1);
    const double share = exact_normal_cdf((number - 0.5 - mean_) / deviation_);
    return static_cast<uint32_t>(share * (kAll - kept)) + kLeast * static_cast<uint32_t>(number - low_);
  }

  double mean_, deviation_;
  int32_t low_, high_;
};

// Mean, deviation, lowest and highest of a column of codes (N, D).
std::array<double, NormalNumbers::kParameters> fitted(const Tensor& codes, int64_t d) {
  const int64_t N = codes.dim(0), D = codes.dim(1);
  const auto* numbers = codes.data<int32_t>();
  double mean = 0.0, squares = 0.0;
  int32_t low = numbers[d], high = numbers[d];
  for (int64_t n = 0; n < N; ++n) {
    mean += numbers[n * D + d];
    low = std::min(low, numbers[n * D + d]);
    high = std::max(high, numbers[n * D + d]);
  }
  mean /= static_cast<double>(N);
  for (int64_t n = 0; n < N; ++n) {
    const double difference = numbers[n * D + d] - mean;
    squares += difference * difference;
  }
  constexpr double kLeastVariance = 1.0 / 12.0;  // of rounding to whole numbers
  const double deviation = std::sqrt(squares / static_cast<double>(N) + kLeastVariance);
  return {mean, deviation, static_cast<double>(low), static_cast<double>(high)};
}

std::array<int64_t, kLanes> samples_from(int64_t first, int64_t end) {
  std::array<int64_t, kLanes> samples{};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const int64_t sample = first + static_cast<int64_t>(lane);
    samples[lane] = sample < end ? sample : -1;
  }
  return samples;
}

// Takes `count` numbers off, each of its dimension, and hands them to `keep`. @return whether exactly these were there
template <class Keep>
bool pop_numbers(RansStack stack, std::span<const NormalNumbers> dimensions, int64_t count, const Keep& keep) {
  for (int64_t i = 0; i < count && !stack.overdrawn(); ++i) {
    const NormalNumbers& dimension = dimensions[static_cast<size_t>(i) % dimensions.size()];
    const int32_t number = dimension.find(stack.peek(kBits));
    stack.pop(dimension.interval(number), kBits);
    keep(i, number);
  }
  return stack.is_empty();
}

uint64_t checksum_of(const Tensor& codes) {
  return xxh64({static_cast<const std::byte*>(codes.raw()), codes.nbytes()});
}

}  // namespace

// Posterior means as whole numbers of steps: (N, D) i32.
Tensor Codec::quantised_codes(const Tensor& values, double step) const {
  const int64_t N = values.dim(0), D = latent_dim_;
  Tensor codes = Tensor::empty({N, D}, DType::i32);
  auto* numbers = codes.data<int32_t>();
  const auto* levels = values.data<uint8_t>();
  parallel_for(N, exact::kLanes, [&](int64_t begin, int64_t end) {
    Group group(*this);
    for (int64_t first = begin; first < end; first += exact::kLanes) {
      const auto samples = samples_from(first, end);
      group.load(levels, samples);
      const float* mu = group.encode(*encoder_);
      for (size_t lane = 0; lane < kLanes; ++lane) {
        for (int64_t d = 0; d < D && samples[lane] >= 0; ++d) {
          const double steps = std::floor(posterior_mu(mu[static_cast<size_t>(d) * kLanes + lane]) / step + 0.5);
          numbers[samples[lane] * D + d] = static_cast<int32_t>(std::clamp(steps, -kMostNumbers, kMostNumbers));
        }
      }
    }
  });
  return codes;
}

// What the decoder shows of codes (N, D) of whole steps.
Tensor Codec::medians(const Tensor& codes, double step) const {
  const int64_t N = codes.dim(0), D = latent_dim_;
  Tensor values = Tensor::empty(model_.data_shape().prepend(N), DType::u8);
  auto* levels = values.data<uint8_t>();
  const auto* numbers = codes.data<int32_t>();
  parallel_for(N, exact::kLanes, [&](int64_t begin, int64_t end) {
    Group group(*this);
    for (int64_t first = begin; first < end; first += exact::kLanes) {
      const auto samples = samples_from(first, end);
      for (size_t lane = 0; lane < kLanes; ++lane) {
        for (int64_t d = 0; d < D && samples[lane] >= 0; ++d) {
          group.z[static_cast<size_t>(d) * kLanes + lane] = static_cast<float>(numbers[samples[lane] * D + d] * step);
        }
      }
      const float* params = decoder_->run(group.z.data(), group.decoder_buffers);
      values_->median(params, group.levels.data(), *group.value_buffers);
      group.store(levels, samples);
    }
  });
  return values;
}

Archive Codec::compress_lossy(const Tensor& values, double step) const {
  check_values(values);
  const DenormalMode ieee(Denormals::kept);
  LATENT_CHECK(step >= 1e-4 && step <= 1e4, "[compress] step: expected 1e-4 to 1e4, got {}", step);
  const Tensor codes = quantised_codes(values, step);
  const int64_t D = latent_dim_;
  Archive archive;
  archive.coding = Coding::lossy;
  archive.model = hash_;
  archive.sample_shape = model_.data_shape();
  archive.count = values.dim(0);
  archive.values_checksum = checksum_of(codes);
  archive.numbers = {step};
  std::vector<NormalNumbers> dimensions;
  for (int64_t d = 0; d < D; ++d) {
    const auto parameters = fitted(codes, d);
    archive.numbers.insert(archive.numbers.end(), parameters.begin(), parameters.end());
    dimensions.emplace_back(parameters);
  }
  RansStack stack = RansStack::empty();
  const auto* numbers = codes.data<int32_t>();
  for (int64_t i = codes.numel(); i-- > 0;) {
    stack.push(dimensions[static_cast<size_t>(i % D)].interval(numbers[i]), kBits);
  }
  archive.streams = {stack.to_words()};
  return archive;
}

Tensor Codec::decompress_lossy(const Archive& archive, const std::string& path) const {
  const auto D = static_cast<size_t>(latent_dim_);
  const std::span<const double> parameters(archive.numbers);
  const bool fits = archive.streams.size() == 1 && parameters.size() == 1 + D * NormalNumbers::kParameters &&
                    archive.levels == 256 && archive.initial_words == 0;
  if (!fits || !(parameters[0] >= 1e-4 && parameters[0] <= 1e4)) {
    throw DataError(path, "its contents do not fit its model");
  }
  std::vector<NormalNumbers> dimensions;
  for (size_t d = 0; d < D; ++d) {
    const auto of_one = parameters.subspan(1 + d * NormalNumbers::kParameters, NormalNumbers::kParameters);
    if (!NormalNumbers::fit(of_one)) throw DataError(path, "a distribution of codes that cannot be");
    dimensions.emplace_back(of_one);
  }
  const auto stack = RansStack::from_words(archive.streams[0]);
  if (!stack) throw DataError(path, "a stream that no encoder leaves behind");
  const auto refuse = [&] { throw DataError(path, "its streams do not decode to what was encoded"); };
  // Once without keeping them: what a header claims is believed, and memory taken for it, when the stream holds it.
  const int64_t count = archive.count * latent_dim_;
  if (!pop_numbers(*stack, dimensions, count, [](int64_t, int32_t) {})) refuse();
  Tensor codes = Tensor::empty({archive.count, latent_dim_}, DType::i32);
  auto* numbers = codes.data<int32_t>();
  pop_numbers(*stack, dimensions, count, [numbers](int64_t i, int32_t number) { numbers[i] = number; });
  if (checksum_of(codes) != archive.values_checksum) refuse();
  return medians(codes, parameters[0]);
}

}  // namespace latent::compression
