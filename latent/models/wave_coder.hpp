#pragma once
// The two halves of network `wave`: causal convolutions along time that can go on where they stopped.

#include <latent/nn/conv1d.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace latent {

/// Causal layers in a row over (N, T, C): no value of the result depends on what comes after its place.
class WaveCoder : public nn::Layer {
 public:
  /// What the layers remember of the blocks before: the last places that they still look at. Belongs to one coder and
  /// one sequence of blocks.
  struct Memory {
    std::vector<Tensor> last;
  };

  /// A convolution (N, T, in) -> (N, T / stride, out). @param kernel  at least stride
  void push_down(int64_t in, int64_t out, int64_t kernel, int64_t stride, Activation activation, nn::Output output,
                 Rng& rng);
  /// A transposed convolution with a kernel of 2 stride: (N, T, in) -> (N, T stride, out).
  void push_up(int64_t in, int64_t out, int64_t stride, Activation activation, nn::Output output, Rng& rng);
  /// x + conv1(silu(conv3(x))).
  void push_residual(int64_t channels, Rng& rng);
  /// A straight path beside all layers, added to their result: one convolution (N, T, in) -> (N, T / hop, out) of two
  /// frames, which starts as a cosine transform of each frame and channel, lowest frequencies first, times `gain`.
  /// Called last; the layers beside it then start by adding nothing.
  /// Source: the transform is the DCT-IV; Britanak, Yip & Rao 2007, "Discrete cosine and sine transforms".
  void set_path_down(int64_t in, int64_t out, int64_t hop, double gain, Rng& rng);
  /// The way back: (N, T, in) -> (N, T hop, out), which starts as the inverse of set_path_down().
  void set_path_up(int64_t in, int64_t out, int64_t hop, double gain, Rng& rng);

  /// (N, T, C), from the beginning of sounds. T is a multiple of the product of the strides downwards.
  Tensor forward(const Tensor& x, const nn::Context& context) const override;
  /// The next block of the same sounds; what it gives together is forward() of all blocks at once, to rounding.
  /// @param x       (N, T, C), T as for forward(), above 0
  /// @param memory  empty before the first block
  Tensor next_block(const Tensor& x, Memory& memory) const;

 private:
  enum class Way : uint8_t { down, up, residual };
  struct Step {
    Way way;
    size_t layer;  // its (first) place among down_, or among up_
  };
  void start_from_nothing(const Step& last);
  Tensor step_forward(const Step& step, const Tensor& x, const nn::Context& context) const;
  Tensor step_next(const Step& step, const Tensor& x, Tensor& last) const;

  std::vector<Step> steps_;
  std::optional<Step> path_;
  std::vector<std::unique_ptr<nn::Conv1d>> down_;
  std::vector<std::unique_ptr<nn::ConvTranspose1d>> up_;
};

}  // namespace latent
