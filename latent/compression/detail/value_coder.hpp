#pragma once
// How the values of a sample are coded, once the decoder has said what it expects.

#include <latent/compression/detail/exact_network.hpp>
#include <latent/compression/rans.hpp>
#include <latent/probability/slots.hpp>

namespace latent::compression {

static_assert(kStacksTogether == kernels::exact::kLanes);

/// p(x|z) as intervals of a stack. Rows have one element for each lane; values stand in the order of the data, (C, H,
/// W) or (D), as levels: 0 ... 255, or 0 and 255 alone. Immutable; safe from many threads, each with its own Buffers.
class ValueCoder {
 public:
  struct Buffers {
    virtual ~Buffers() = default;
  };
  virtual ~ValueCoder() = default;
  virtual std::unique_ptr<Buffers> make_buffers() const = 0;

  /// Whether only the levels 0 and 255 can be coded.
  virtual bool is_binary() const { return false; }
  /// Whether push() and pop() are there; median() always is.
  virtual bool is_lossless() const { return true; }
  /// Puts the values of each lane on its stack. @param params  rows of the decoder's output
  virtual void push(const float* params, const uint8_t* levels, const LaneStacks& stacks, Buffers& buffers) const = 0;
  /// Takes them off again.
  virtual void pop(const float* params, const LaneStacks& stacks, uint8_t* levels, Buffers& buffers) const = 0;
  /// What the decoder shows of a code: each value's median (given such values before it), or its mean where p(x|z) is
  /// not over levels.
  virtual void median(const float* params, uint8_t* levels, Buffers& buffers) const = 0;
};

/// @throws std::invalid_argument for a likelihood that cannot be coded, with advice
std::unique_ptr<ValueCoder> make_value_coder(const Likelihood& likelihood, const Shape& data_shape);

}  // namespace latent::compression
