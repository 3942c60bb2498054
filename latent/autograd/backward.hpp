#pragma once
// Reverse-mode automatic differentiation: every operation in latent/autograd/ computes at once and remembers the way
// back.

#include <latent/core/tensor.hpp>

#include <functional>
#include <span>

namespace latent {

/// Adds d loss / d leaf to the grad() of every leaf that `loss` was computed from, then forgets the way back (what was
/// saved for it is freed). The first contribution to a leaf without a gradient is moved, not added.
/// @param loss  one element that requires a gradient; no part of its way back may be forgotten already, as in PyTorch
/// @throws std::invalid_argument for another one; nothing is changed then
void backward(const Tensor& loss);

/// d loss / d leaf and nothing else: no grad() changes. Forgets the way back, as backward() does.
/// @param leaf  requires a gradient and was not computed from anything
/// @return its shape and type; zeros where the loss does not depend on it
/// @throws std::invalid_argument as backward(), and for a `leaf` that is none; nothing is changed then
Tensor gradient_of(const Tensor& loss, const Tensor& leaf);

/// While one lives, operations of this thread record nothing. Nests.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool previous_;
};

/// Largest difference between the gradients of `function` and central differences, over all elements of all inputs,
/// relative to max(1, |gradient|). Public, because whoever adds an operation must check it.
/// @param function  maps f64 inputs to one element
/// @param inputs    f64 leaves; their elements are moved by +-step and put back
/// @return below 1e-6 for a correct smooth function of moderate size
/// @throws std::invalid_argument unless all inputs are f64
double gradient_error(const std::function<Tensor(std::span<const Tensor>)>& function, std::vector<Tensor> inputs,
                      double step = 1e-5);

}  // namespace latent
