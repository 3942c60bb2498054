#pragma once
// Optimizers: one fused pass over weight, gradient and moments, which also refreshes the bf16 copy of a weight.

#include <latent/nn/module.hpp>
#include <latent/nn/optimization.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latent {

std::span<const std::string_view> optimizer_names();
/// @throws std::invalid_argument for an unknown name (with the nearest valid one) or values out of range
void check_optimizer(const OptimizerOptions& options);

/// Updates parameters by their grad(). PyTorch's formulas: same numbers up to rounding.
/// Parameters are f32 or f64; a gradient has its parameter's type, or bf16 beside f32. Not safe from several threads.
/// Source: Kingma & Ba 2015, arXiv:1412.6980; Loshchilov & Hutter 2019, arXiv:1711.05101.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One update with learning rate `lr`; gradients are first multiplied by `grad_scale` (clipping).
  /// Parameters without a gradient stay. Gradients are cleared.
  virtual void step(double lr, double grad_scale = 1.0) = 0;
  /// Named state tensors ("exp_avg.encoder.0.weight"), sharing the optimizer's memory: what a checkpoint holds.
  virtual std::vector<nn::NamedTensor> state() const = 0;
  /// Updates done so far; Adam's bias correction depends on it.
  virtual int64_t steps() const = 0;
  virtual void set_steps(int64_t steps) = 0;
  const std::vector<nn::NamedTensor>& parameters() const { return parameters_; }

 protected:
  explicit Optimizer(std::vector<nn::NamedTensor> parameters) : parameters_(std::move(parameters)) {}
  std::vector<nn::NamedTensor> parameters_;
};

/// @throws std::invalid_argument for an unknown name (with the nearest valid one) or values out of range
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, std::vector<nn::NamedTensor> parameters);

/// sqrt(sum of squares) over the gradients of all parameters; not finite if any gradient is not.
/// The same bits whatever the number of threads.
double gradient_norm(std::span<const nn::NamedTensor> parameters);

}  // namespace latent
