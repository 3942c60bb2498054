#include <latent/run/sounds/wave_stream.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/probability/fsq_posterior.hpp>

#include <cmath>

namespace latent {

WaveStream::WaveStream(const LatentModel& model) : vae_(dynamic_cast<const Vae*>(&model)) {
  const std::optional<WaveFrames> frames = vae_ ? wave_frames(vae_->parts().network->config()) : std::nullopt;
  if (!frames) {
    throw UsageError("the model is not made to stream sounds",
                     "Train one: latent train SOUNDS --preset ae-wave --out RUN");
  }
  if (vae_->parts().posterior->codebook_size() == 0 || !vae_->parts().posterior->parameters().empty()) {
    throw UsageError("the model's codes are not frames that can be streamed", "Its posterior has to be fsq.");
  }
  frames_ = *frames;
  channels_ = model.data_shape()[0];
  encoder_ = &wave_coder_of(*vae_->parts().encoder);
  decoder_ = &wave_coder_of(*vae_->parts().decoder);
}

double WaveStream::bits_per_frame() const {
  return static_cast<double>(frames_.frame_dim) *
         std::log2(static_cast<double>(vae_->parts().posterior->codebook_size()));
}

int64_t WaveStream::levels() const { return vae_->parts().posterior->codebook_size(); }

Tensor WaveStream::numbers_of(const Tensor& frames) const { return vae_->parts().posterior->code_indices(frames); }

Tensor WaveStream::frames_of(const Tensor& numbers) const { return fsq_codes(numbers, levels()); }

Tensor WaveStream::encode(std::span<const float> x) {
  const auto T = static_cast<int64_t>(x.size()) / channels_;
  LATENT_CHECK(T > 0 && T % frames_.hop == 0 && T * channels_ == static_cast<int64_t>(x.size()),
               "[WaveStream] whole frames of {} values expected, got {} of {} channels", frames_.hop, x.size(),
               channels_);
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  const Tensor h = encoder_->next_block(Tensor::from(x, Shape{1, T, channels_}), of_encoder_);
  return vae_->encode_from(h.view_as(Shape{h.dim(1), h.dim(2)}))->mean();
}

std::vector<float> WaveStream::decode(const Tensor& frames) {
  LATENT_CHECK(frames.ndim() == 2 && frames.dim(0) > 0 && frames.dim(1) == frames_.frame_dim,
               "[WaveStream] frames (F, {}) expected, got {}", frames_.frame_dim, frames.shape().str());
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  const Tensor x = decoder_->next_block(frames.view_as(Shape{1, frames.dim(0), frames.dim(1)}), of_decoder_);
  const std::span<const float> values = x.span<float>();
  return {values.begin(), values.end()};
}

}  // namespace latent
