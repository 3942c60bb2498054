#include <latent/run/sounds/streaming.hpp>

#include <latent/core/alone.hpp>
#include <latent/run/sounds/sounds.hpp>
#include <latent/run/sounds/wave_stream.hpp>
#include <latent/sound/stream_resampler.hpp>
#include <latent/training/stopwatch.hpp>

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

}  // namespace

StreamReport stream_sound(const Run& run, const SoundInput& input,
                          const std::function<void(std::span<const float>)>& write, const StreamOptions& options) {
  const Alone alone;  // a block takes a millisecond: helpers would take longer to wake
  WaveStream stream(*run.model);
  const int64_t rate = sound_rate(run), C = stream.channels(), hop = stream.hop();
  const auto rates = static_cast<double>(rate), hops = static_cast<double>(hop);
  const auto frames = std::max<int64_t>(1, std::llround(options.block_seconds * rates / hops));
  const auto times_of_input =
      std::max<int64_t>(1, std::llround(static_cast<double>(frames * hop * input.rate) / rates));
  StreamReport report{.block_seconds = static_cast<double>(frames) * hops / rates,
                      .bits_per_second = stream.bits_per_frame() * rates / hops};
  ModelInput source(input, rate, C);
  std::vector<float> waiting;
  int64_t blocks = 0;
  // Encodes and decodes the first `count` values that wait, and writes the first `written` of what comes out.
  const auto pass = [&](size_t count, size_t written) {
    const Stopwatch watch;
    const std::vector<float> x_hat = stream.decode(stream.encode(std::span(waiting).first(count)));
    const double took = watch.seconds();
    report.computing += took;
    if (blocks++ > 0) report.slowest_block = std::max(report.slowest_block, took);
    report.seconds += static_cast<double>(written / static_cast<size_t>(C)) / rates;
    write(std::span(x_hat).first(written));
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
  };
  const auto frame = static_cast<size_t>(hop * C);
  bool goes_on = true;
  while (goes_on && !(options.stop != nullptr && *options.stop)) {
    goes_on = source.append(times_of_input, waiting);
    if (const size_t whole = waiting.size() / frame * frame; whole > 0) pass(whole, whole);
  }
  if (const size_t rest = waiting.size(); rest > 0) {
    waiting.resize(frame, 0.0f);
    pass(frame, rest);
  }
  return report;
}

}  // namespace latent
