#pragma once
// The record of one operation, and the walk back. For authors of operations; users call backward() in backward.hpp.

#include <latent/core/tensor.hpp>

#include <array>
#include <functional>

namespace latent {

/// Gradients of an operation's inputs, in their order; undefined where an input needs none.
constexpr int kMaxInputs = 6;
using Gradients = std::array<Tensor, kMaxInputs>;

/// Takes the gradients of the operation's outputs (undefined where nothing flowed back) and returns those of its
/// inputs. A gradient has its tensor's shape; its type may be another floating type (bf16 beside f32), see
/// docs/design.md.
using BackwardFn = std::function<Gradients(std::span<const Tensor> output_grads)>;

struct GradNode {
  std::array<Tensor, kMaxInputs> inputs;  // undefined where no gradient is needed
  int num_inputs = 0;
  std::array<Shape, 4> output_shapes;
  int num_outputs = 1;
  uint64_t sequence = 0;  // later operations have larger numbers
  const char* name = "";
  BackwardFn backward;
};

/// Whether an operation on `inputs` must record its way back: recording is on, and one of them requires a gradient.
bool should_record(std::initializer_list<const Tensor*> inputs);

/// Ties `outputs` to `inputs` by `backward`. The closure must not hold an output itself (hold output.detach()).
void record(const char* name, std::initializer_list<Tensor*> outputs, std::initializer_list<const Tensor*> inputs,
            BackwardFn backward);

}  // namespace latent
