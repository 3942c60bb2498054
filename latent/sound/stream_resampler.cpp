#include <latent/sound/stream_resampler.hpp>

#include <latent/core/error.hpp>

#include <samplerate.h>

#include <fmt/core.h>

#include <cmath>
#include <new>
#include <stdexcept>

namespace latent::sound {

namespace {

struct DeleteState {
  void operator()(SRC_STATE* state) const { src_delete(state); }
};

}  // namespace

struct StreamResampler::State {
  std::unique_ptr<SRC_STATE, DeleteState> src;
  double ratio = 1.0;
  int64_t channels = 1;
};

StreamResampler::StreamResampler(int64_t from, int64_t to, int64_t channels) : state_(std::make_unique<State>()) {
  LATENT_CHECK(from >= 1 && to >= 1 && channels >= 1, "[StreamResampler] rates and channels of at least 1 expected");
  state_->ratio = static_cast<double>(to) / static_cast<double>(from);
  state_->channels = channels;
  LATENT_CHECK(src_is_valid_ratio(state_->ratio) != 0,
               "[StreamResampler] from {} to {} samples per second: a ratio of at most 256 expected", from, to);
  int error = 0;
  state_->src.reset(src_new(SRC_SINC_MEDIUM_QUALITY, static_cast<int>(channels), &error));
  if (!state_->src) throw std::bad_alloc();
}

StreamResampler::~StreamResampler() = default;

void StreamResampler::next(std::span<const float> x, More more, std::vector<float>& out) {
  constexpr long kRoom = 4096;
  const int64_t C = state_->channels;
  std::vector<float> room(static_cast<size_t>(kRoom * C));
  SRC_DATA job{};
  job.data_in = x.data();
  job.input_frames = static_cast<long>(static_cast<int64_t>(x.size()) / C);
  job.src_ratio = state_->ratio;
  job.end_of_input = more == More::ends ? 1 : 0;
  job.data_out = room.data();
  job.output_frames = kRoom;
  do {
    if (const int error = src_process(state_->src.get(), &job); error != 0) {
      throw std::runtime_error(fmt::format("resampling failed: {}", src_strerror(error)));
    }
    out.insert(out.end(), room.begin(), room.begin() + job.output_frames_gen * C);
    job.data_in += job.input_frames_used * C;
    job.input_frames -= job.input_frames_used;
  } while (job.output_frames_gen > 0 || (job.input_frames > 0 && job.input_frames_used > 0));
}

}  // namespace latent::sound
