#include <latent/compression/codec.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/formats/checksum.hpp>
#include <latent/compression/detail/codec_parts.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/threads.hpp>
#include <latent/formats/file.hpp>
#include <latent/models/vae.hpp>

#include <algorithm>
#include <atomic>
#include <limits>

namespace latent::compression {

namespace exact = kernels::exact;

namespace {

constexpr auto kLanes = static_cast<size_t>(exact::kLanes);

const Vae& vae_of(const LatentModel& model) {
  const auto* vae = dynamic_cast<const Vae*>(&model);
  LATENT_CHECK(vae != nullptr, "[compress] a model of kind '{}' cannot compress: a VAE is needed", model.kind());
  return *vae;
}

Tensor tensor_named(const nn::Module& module, std::string_view name) {
  for (const nn::NamedTensor& t : module.state()) {
    if (t.name == name) return t.tensor;
  }
  throw std::invalid_argument(fmt::format("[compress] the posterior has no {}", name));
}

std::span<const std::byte> bytes_of(const Tensor& t) { return {static_cast<const std::byte*>(t.raw()), t.nbytes()}; }

// Streams cost initial bits each; a multiple of the lanes keeps the lanes full.
int64_t streams_for(int64_t samples) {
  constexpr int64_t kSamplesPerStream = 64, kMost = 64;
  return std::clamp<int64_t>(samples / kSamplesPerStream, 1, kMost);
}

// The samples that the lanes from `first` on code in a step: sample step * streams + stream of each stream.
std::array<int64_t, kLanes> samples_of_step(int64_t step, int64_t streams, int64_t first, int64_t samples) {
  std::array<int64_t, kLanes> of_lanes{};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const int64_t stream = first + static_cast<int64_t>(lane);
    const int64_t sample = step * streams + stream;
    of_lanes[lane] = stream < streams && sample < samples ? sample : -1;
  }
  return of_lanes;
}

// Groups of lanes that `streams` make: what a thread works on.
int64_t groups_of(int64_t streams) { return (streams + exact::kLanes - 1) / exact::kLanes; }

// How far the slots of a posterior are turned. The bits that choose a code are those of the sample before: of its code,
// which is no fair draw of the prior if the model is not perfect, and so neither would the next one be of its
// posterior. Source of the mixing: Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators"
// (SplitMix64).
uint32_t turn_of(int64_t sample, size_t dimension) {
  uint64_t z = (static_cast<uint64_t>(sample) << 24) + dimension + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<uint32_t>(z >> 32);
}

LaneStacks stacks_of(std::span<const int64_t> samples, std::vector<RansStack>& stacks, int64_t first) {
  LaneStacks of_lanes{};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (samples[lane] >= 0) of_lanes[lane] = &stacks[static_cast<size_t>(first) + lane];
  }
  return of_lanes;
}

}  // namespace

uint64_t model_hash(const LatentModel& model) {
  // What new codes are drawn from has no part in compression, and archives outlive a change of it.
  nlohmann::json of_codec = *model.config();
  of_codec.erase("sampler");
  const std::string config = of_codec.dump();
  uint64_t hash = xxh64(std::as_bytes(std::span(config)));
  for (const nn::NamedTensor& t : model.state()) {
    if (t.name.starts_with("sampler.")) continue;
    const std::string name = fmt::format("{} {} {}", t.name, name_of(t.tensor.dtype()), t.tensor.shape().str());
    hash = xxh64(bytes_of(t.tensor), xxh64(std::as_bytes(std::span(name)), hash));
  }
  return hash;
}

size_t default_limit() { return default_unpack_limit(); }

Codec::Codec(const LatentModel& model) : model_(model) {
  const DenormalMode ieee(Denormals::kept);
  const Vae& vae = vae_of(model);
  const Vae::Parts& parts = vae.parts();
  has_density_ = vae.has_likelihood();
  LATENT_CHECK(!has_density_ || parts.prior->is_standard_normal(), "[compress] codes need prior 'normal', got '{}'",
               parts.prior->config()->at("name").get<std::string>());
  const auto posterior = parts.posterior->config()->at("name").get<std::string>();
  LATENT_CHECK(posterior == "gaussian" || posterior == "none",
               "[compress] posterior 'gaussian' is needed (or 'none', for --lossy), got '{}'", posterior);
  latent_dim_ = model.latent_dim();
  numel_ = model.data_shape().numel();
  encoder_ = std::make_unique<ExactNetwork>(*parts.encoder, model.data_shape());
  encoder_->push_linear(tensor_named(*parts.posterior, "weight"), tensor_named(*parts.posterior, "bias"));
  decoder_ = std::make_unique<ExactNetwork>(*parts.decoder, Shape{latent_dim_});
  values_ = make_value_coder(*parts.likelihood, model.data_shape());
  hash_ = model_hash(model);
}

Codec::~Codec() = default;

int64_t Codec::most_samples(Coding coding, size_t limit) const {
  const int64_t codes = coding == Coding::lossy ? static_cast<int64_t>(sizeof(int32_t)) * latent_dim_ : 0;
  const int64_t bytes = numel_ + codes;  // of a sample
  return static_cast<int64_t>(std::min<uint64_t>(limit, std::numeric_limits<int64_t>::max())) / bytes;
}

bool Codec::is_lossless() const { return has_density_ && values_->is_lossless(); }

bool Codec::is_binary() const { return values_->is_binary(); }

Codec::Group::Group(const Codec& codec)
    : levels(static_cast<size_t>(codec.numel_) * kLanes),
      x(levels.size()),
      z(static_cast<size_t>(codec.latent_dim_) * kLanes),
      bins(z.size()),
      value_buffers(codec.values_->make_buffers()) {}

void Codec::Group::load(const uint8_t* values, std::span<const int64_t> samples) {
  const size_t numel = levels.size() / kLanes;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (samples[lane] < 0) continue;
    const uint8_t* sample = values + static_cast<size_t>(samples[lane]) * numel;
    for (size_t i = 0; i < numel; ++i) levels[i * kLanes + lane] = sample[i];
  }
}

void Codec::Group::store(uint8_t* values, std::span<const int64_t> samples) const {
  const size_t numel = levels.size() / kLanes;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (samples[lane] < 0) continue;
    uint8_t* sample = values + static_cast<size_t>(samples[lane]) * numel;
    for (size_t i = 0; i < numel; ++i) sample[i] = levels[i * kLanes + lane];
  }
}

const float* Codec::Group::encode(const ExactNetwork& encoder) {
  for (size_t i = 0; i < levels.size(); ++i) x[i] = static_cast<float>(levels[i]) / 255.0f;
  return encoder.run(x.data(), encoder_buffers);
}

void Codec::check_values(const Tensor& values) const {
  LATENT_CHECK(values.dtype() == DType::u8 && values.ndim() >= 2 && values.shape().tail() == model_.data_shape() &&
                   values.dim(0) >= 1,
               "[compress] values (N, ...) u8 with N >= 1: expected samples of shape {}, got {} {}",
               model_.data_shape().str(), values.shape().str(), name_of(values.dtype()));
}

// Draws a code with bits of the stack, then puts on it the sample given the code, and the code under the prior: what
// was taken comes back when the code is decoded.
void Codec::encode_step(Group& group, std::span<const int64_t> samples, const LaneStacks& stacks) const {
  const float* stats = group.encode(*encoder_);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (stacks[lane] == nullptr) continue;
    for (size_t d = 0; d < static_cast<size_t>(latent_dim_); ++d) {
      const double mu = posterior_mu(stats[d * kLanes + lane]);
      const double sigma = posterior_sigma(stats[(d + static_cast<size_t>(latent_dim_)) * kLanes + lane]);
      const uint32_t turn = turn_of(samples[lane], d);
      const int32_t bin = bins_.find(mu, sigma, stacks[lane]->peek(LatentBins::kPosteriorBits, turn));
      stacks[lane]->pop(bins_.posterior(mu, sigma, bin), LatentBins::kPosteriorBits, turn);
      group.bins[d * kLanes + lane] = bin;
      group.z[d * kLanes + lane] = bins_.centre(bin);
    }
  }
  const float* params = decoder_->run(group.z.data(), group.decoder_buffers);
  values_->push(params, group.levels.data(), stacks, *group.value_buffers);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (stacks[lane] == nullptr) continue;
    for (auto d = static_cast<size_t>(latent_dim_); d-- > 0;) {
      stacks[lane]->push({static_cast<uint32_t>(group.bins[d * kLanes + lane]), 1}, LatentBins::kPriorBits);
    }
  }
}

// encode_step() backwards.
void Codec::decode_step(Group& group, std::span<const int64_t> samples, const LaneStacks& stacks) const {
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (stacks[lane] == nullptr) continue;
    for (size_t d = 0; d < static_cast<size_t>(latent_dim_); ++d) {
      const uint32_t bin = stacks[lane]->peek(LatentBins::kPriorBits);
      stacks[lane]->pop({bin, 1}, LatentBins::kPriorBits);
      group.bins[d * kLanes + lane] = static_cast<int32_t>(bin);
      group.z[d * kLanes + lane] = bins_.centre(static_cast<int32_t>(bin));
    }
  }
  const float* params = decoder_->run(group.z.data(), group.decoder_buffers);
  values_->pop(params, stacks, group.levels.data(), *group.value_buffers);
  const float* stats = group.encode(*encoder_);
  for (size_t lane = 0; lane < kLanes; ++lane) {
    if (stacks[lane] == nullptr) continue;
    for (auto d = static_cast<size_t>(latent_dim_); d-- > 0;) {
      const double mu = posterior_mu(stats[d * kLanes + lane]);
      const double sigma = posterior_sigma(stats[(d + static_cast<size_t>(latent_dim_)) * kLanes + lane]);
      const Interval interval = bins_.posterior(mu, sigma, group.bins[d * kLanes + lane]);
      stacks[lane]->push(interval, LatentBins::kPosteriorBits, turn_of(samples[lane], d));
    }
  }
}

Archive Codec::compress(const Tensor& values, int64_t streams) const {
  check_values(values);
  const DenormalMode ieee(Denormals::kept);
  LATENT_CHECK(is_lossless(),
               "[compress] lossless coding needs a posterior and a likelihood over levels: use preset "
               "vae-lossless, likelihood logistic-mixture, or bernoulli for binary data");
  const int64_t N = values.dim(0);
  const auto* levels = values.data<uint8_t>();
  if (is_binary()) {
    const bool binary = std::all_of(levels, levels + values.numel(), [](uint8_t v) { return v == 0 || v == 255; });
    LATENT_CHECK(binary, "[compress] likelihood 'bernoulli' codes values of 0 and 255 alone; these have others");
  }
  const int64_t S = streams > 0 ? std::min(streams, N) : streams_for(N);
  std::vector<RansStack> stacks;
  for (int64_t s = 0; s < S; ++s) stacks.push_back(RansStack::primed(static_cast<uint64_t>(s)));
  // Every group of streams is coded by itself, from its first sample to its last.
  parallel_for(groups_of(S), 1, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin * exact::kLanes; first < end * exact::kLanes; first += exact::kLanes) {
      Group group(*this);
      for (int64_t step = 0; step * S < N; ++step) {
        const auto samples = samples_of_step(step, S, first, N);
        group.load(levels, samples);
        encode_step(group, samples, stacks_of(samples, stacks, first));
      }
    }
  });
  Archive archive;
  archive.model = hash_;
  archive.sample_shape = model_.data_shape();
  archive.count = N;
  archive.levels = is_binary() ? 2 : 256;
  archive.values_checksum = xxh64(bytes_of(values));
  for (const RansStack& stack : stacks) {
    archive.initial_words += stack.initial_words();
    archive.streams.push_back(stack.to_words());
  }
  return archive;
}

Tensor Codec::decompress(const Archive& archive, const std::string& path, size_t limit) const {
  if (archive.model != hash_) {
    throw DataError(path,
                    fmt::format("made by another model: it needs {:016x}, this one is {:016x}", archive.model, hash_));
  }
  if (archive.sample_shape != model_.data_shape()) {
    throw DataError(path, fmt::format("samples of shape {}, the model's are {}", archive.sample_shape.str(),
                                      model_.data_shape().str()));
  }
  if (archive.count > most_samples(archive.coding, limit)) {
    throw DataError(path, fmt::format("{} samples of {} values and codes of {} are more than the {} bytes allowed",
                                      archive.count, numel_, latent_dim_, limit));
  }
  const DenormalMode ieee(Denormals::kept);
  return archive.coding == Coding::lossless ? decompress_lossless(archive, path) : decompress_lossy(archive, path);
}

Tensor Codec::decompress_lossless(const Archive& archive, const std::string& path) const {
  const int64_t N = archive.count, S = static_cast<int64_t>(archive.streams.size());
  if (!is_lossless() || archive.levels != (is_binary() ? 2u : 256u) || S > N || !archive.numbers.empty()) {
    throw DataError(path, "its contents do not fit its model");
  }
  std::vector<RansStack> stacks;
  for (const auto& words : archive.streams) {
    const auto stack = RansStack::from_words(words);
    if (!stack) throw DataError(path, "a stream that no encoder leaves behind");
    stacks.push_back(*stack);
  }
  Tensor values = Tensor::empty(model_.data_shape().prepend(N), DType::u8);
  auto* levels = values.data<uint8_t>();
  std::atomic<bool> is_whole{true};
  parallel_for(groups_of(S), 1, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin * exact::kLanes; first < end * exact::kLanes; first += exact::kLanes) {
      Group group(*this);
      for (int64_t step = (N - 1) / S; step >= 0 && is_whole; --step) {
        const auto samples = samples_of_step(step, S, first, N);
        const LaneStacks of_lanes = stacks_of(samples, stacks, first);
        decode_step(group, samples, of_lanes);
        group.store(levels, samples);
        for (const RansStack* stack : of_lanes) {
          if (stack != nullptr && stack->overdrawn()) is_whole = false;
        }
      }
    }
  });
  uint64_t initial_words = 0;
  for (size_t s = 0; s < stacks.size(); ++s) {
    is_whole = is_whole && stacks[s].is_back_to(s);
    initial_words += stacks[s].size_in_words();
  }
  if (!is_whole || initial_words != archive.initial_words)
    throw DataError(path, "its streams do not decode to what was encoded");
  if (xxh64(bytes_of(values)) != archive.values_checksum) {
    throw DataError(path, "the decoded values are not those that were encoded: their checksum differs");
  }
  return values;
}

}  // namespace latent::compression
