#include <latent/run/sounds/streaming.hpp>

#include <latent/compression/codec.hpp>
#include <latent/core/alone.hpp>
#include <latent/core/error.hpp>
#include <latent/run/sounds/sounds.hpp>
#include <latent/run/sounds/wave_codes.hpp>
#include <latent/run/sounds/wave_stream.hpp>
#include <latent/sound/stream_resampler.hpp>
#include <latent/training/stopwatch.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace latent {

namespace {

// Values of all channels at one time as those of `to` channels: the mean as one, one as two, the first two of more.
void append_mixed(std::span<const float> values, int64_t from, int64_t to, std::vector<float>& mixed) {
  for (size_t at = 0; at < values.size(); at += static_cast<size_t>(from)) {
    const auto time = values.subspan(at, static_cast<size_t>(from));
    if (to == from) {
      mixed.insert(mixed.end(), time.begin(), time.end());
    } else if (to == 1) {
      double sum = 0.0;
      for (const float value : time) sum += static_cast<double>(value);
      mixed.push_back(static_cast<float>(sum / static_cast<double>(from)));
    } else {
      for (int64_t c = 0; c < to; ++c) mixed.push_back(time[static_cast<size_t>(std::min(c, from - 1))]);
    }
  }
}

// Input at the model's rate, with its channels.
class ModelInput {
 public:
  ModelInput(const SoundInput& input, int64_t rate, int64_t channels) : input_(input), channels_(channels) {
    if (input.rate != rate) resampler_.emplace(input.rate, rate, channels);
  }
  // Appends what the next `times` of the input become; false where it has ended.
  bool append(int64_t times, std::vector<float>& values) {
    room_.resize(static_cast<size_t>(times * input_.channels));
    const int64_t count = input_.read(room_);
    mixed_.clear();
    append_mixed(std::span(room_).first(static_cast<size_t>(count * input_.channels)), input_.channels, channels_,
                 mixed_);
    const bool goes_on = count == times;
    using More = sound::StreamResampler::More;
    if (resampler_) {
      resampler_->next(mixed_, goes_on ? More::follows : More::ends, values);
    } else {
      values.insert(values.end(), mixed_.begin(), mixed_.end());
    }
    return goes_on;
  }

 private:
  const SoundInput& input_;
  int64_t channels_;
  std::optional<sound::StreamResampler> resampler_;
  std::vector<float> room_, mixed_;
};

// Whole frames of a sound at the model's rate, block by block.
class BlockLoop {
 public:
  BlockLoop(const Run& run, const WaveStream& stream, const StreamOptions& options)
      : options_(options), rate_(sound_rate(run)), channels_(stream.channels()), hop_(stream.hop()) {
    const auto rate = static_cast<double>(rate_), hop = static_cast<double>(hop_);
    frames_ = std::max<int64_t>(1, std::llround(options.block_seconds * rate / hop));
    report_.block_seconds = static_cast<double>(frames_) * hop / rate;
    report_.bits_per_second = stream.bits_per_frame() * rate / hop;
  }

  int64_t rate() const { return rate_; }
  int64_t frames() const { return frames_; }  // of a block
  bool is_stopped() const { return options_.stop != nullptr && *options_.stop; }
  const StreamReport& report() const { return report_; }
  // Calls `compute` and adds up its time, and that of the sound it was for.
  template <class Compute>
  auto timed(int64_t times, const Compute& compute) {
    const Stopwatch watch;
    auto result = compute();
    const double took = watch.seconds();
    report_.computing += took;
    if (blocks_++ > 0) report_.slowest_block = std::max(report_.slowest_block, took);
    report_.seconds += static_cast<double>(times) / static_cast<double>(rate_);
    return result;
  }
  // @param pass  called with the values of whole frames, and of how many times they are sound: the last frame is filled
  // up with zeros
  template <class Pass>
  void read(const SoundInput& input, const Pass& pass);

 private:
  StreamOptions options_;
  int64_t rate_, channels_, hop_, frames_ = 1, blocks_ = 0;
  StreamReport report_;
};

template <class Pass>
void BlockLoop::read(const SoundInput& input, const Pass& pass) {
  const auto times_of_input =
      std::max<int64_t>(1, std::llround(static_cast<double>(frames_ * hop_ * input.rate) / static_cast<double>(rate_)));
  ModelInput source(input, rate_, channels_);
  std::vector<float> waiting;
  const auto frame = static_cast<size_t>(hop_ * channels_);
  bool goes_on = true;
  while (goes_on && !is_stopped()) {
    goes_on = source.append(times_of_input, waiting);
    const size_t whole = waiting.size() / frame * frame;
    if (whole == 0) continue;
    pass(std::span<const float>(waiting).first(whole), static_cast<int64_t>(whole) / channels_);
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(whole));
  }
  if (waiting.empty()) return;
  const auto rest = static_cast<int64_t>(waiting.size()) / channels_;
  waiting.resize(frame, 0.0f);
  pass(std::span<const float>(waiting), rest);
}

}  // namespace

StreamReport stream_sound(const Run& run, const SoundInput& input,
                          const std::function<void(std::span<const float>)>& write, const StreamOptions& options) {
  const Alone alone;  // a block takes a millisecond: helpers would take longer to wake
  WaveStream stream(*run.model);
  BlockLoop loop(run, stream, options);
  loop.read(input, [&](std::span<const float> values, int64_t times) {
    const std::vector<float> x_hat = loop.timed(times, [&] { return stream.decode(stream.encode(values)); });
    write(std::span(x_hat).first(static_cast<size_t>(times * stream.channels())));
  });
  return loop.report();
}

EncodedSound encode_sound(const Run& run, const SoundInput& input, const std::filesystem::path& path,
                          const StreamOptions& options) {
  const Alone alone;
  WaveStream stream(*run.model);
  BlockLoop loop(run, stream, options);
  WaveCodesWriter writer(path, {.model = compression::model_hash(*run.model),
                                .rate = loop.rate(),
                                .channels = stream.channels(),
                                .hop = stream.hop(),
                                .frame_dim = stream.frame_dim(),
                                .levels = stream.levels()});
  int64_t all = 0;
  loop.read(input, [&](std::span<const float> values, int64_t times) {
    writer.write(loop.timed(times, [&] { return stream.numbers_of(stream.encode(values)); }));
    all += times;
  });
  if (all == 0) return {};  // no file of nothing
  return {loop.report(), writer.finish(all)};
}

StreamReport decode_sound(const Run& run, const std::filesystem::path& path,
                          const std::function<void(std::span<const float>)>& write, const StreamOptions& options) {
  const Alone alone;
  WaveStream stream(*run.model);
  WaveCodesReader reader(path);
  const WaveCodesHeader& header = reader.header();
  if (header.model != compression::model_hash(*run.model) || header.frame_dim != stream.frame_dim() ||
      header.levels != stream.levels() || header.hop != stream.hop() || header.channels != stream.channels()) {
    throw DataError(path.string(), fmt::format("codes of another model than {}, or of its weights before it was "
                                               "trained further",
                                               run.path.string()));
  }
  BlockLoop loop(run, stream, options);
  int64_t left = header.times;
  while (left > 0 && !loop.is_stopped()) {
    const Tensor numbers = reader.read(loop.frames());
    const int64_t times = std::min(left, numbers.dim(0) * stream.hop());
    const std::vector<float> x_hat = loop.timed(times, [&] { return stream.decode(stream.frames_of(numbers)); });
    write(std::span(x_hat).first(static_cast<size_t>(times * stream.channels())));
    left -= times;
  }
  return loop.report();
}

}  // namespace latent
