#include <latent/training/optimizer.hpp>

#include <latent/core/denormals.hpp>
#include <latent/core/error.hpp>
#include <latent/core/names.hpp>
#include <latent/kernels/optimizer.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent {

namespace {

// State tensors of one kind, one for each parameter, beginning with zeros.
std::vector<nn::NamedTensor> zeros_like(const std::string& kind, const std::vector<nn::NamedTensor>& parameters) {
  std::vector<nn::NamedTensor> state;
  state.reserve(parameters.size());
  for (const auto& [name, tensor] : parameters) {
    state.push_back({fmt::format("{}.{}", kind, name), Tensor::zeros(tensor.shape(), tensor.dtype())});
  }
  return state;
}

// The gradient in a type that the kernels take beside the weight's.
Tensor usable_gradient(const Tensor& weight) {
  const Tensor grad = weight.grad();
  const bool fits = grad.dtype() == weight.dtype() || (weight.dtype() == DType::f32 && grad.dtype() == DType::bf16);
  return fits ? grad : grad.to(weight.dtype());
}

// The parameters that have a gradient now, as the kernels see them. `keep` holds gradients that had to be converted.
std::vector<kernels::UpdatedTensor> gather(std::vector<nn::NamedTensor>& parameters,
                                           std::vector<nn::NamedTensor>& first, std::vector<nn::NamedTensor>* second,
                                           std::vector<Tensor>& keep) {
  std::vector<kernels::UpdatedTensor> updated;
  updated.reserve(parameters.size());
  for (size_t i = 0; i < parameters.size(); ++i) {
    Tensor& weight = parameters[i].tensor;
    if (!weight.grad().defined()) continue;
    keep.push_back(usable_gradient(weight));
    kernels::UpdatedTensor t;
    t.type = weight.dtype();
    t.grad_type = keep.back().dtype();
    t.weight = weight.raw();
    t.grad = keep.back().raw();
    t.first = first[i].tensor.raw();
    t.second = second == nullptr ? nullptr : (*second)[i].tensor.raw();
    if (Tensor copy = weight.bf16_copy(); copy.defined()) t.bf16_copy = copy.data<bfloat16>();
    t.size = weight.numel();
    updated.push_back(t);
  }
  return updated;
}

void clear_gradients(std::vector<nn::NamedTensor>& parameters) {
  for (auto& parameter : parameters) parameter.tensor.clear_grad();
}

class Adam : public Optimizer {
 public:
  enum class Decay : uint8_t { l2, decoupled };

  Adam(OptimizerOptions options, Decay decay, std::vector<nn::NamedTensor> parameters)
      : Optimizer(std::move(parameters)),
        options_(std::move(options)),
        decay_(decay),
        exp_avg_(zeros_like("exp_avg", parameters_)),
        exp_avg_sq_(zeros_like("exp_avg_sq", parameters_)) {}

  void step(double lr, double grad_scale) override {
    const DenormalMode denormals(Denormals::flushed);  // what moments decay into
    ++steps_;
    const auto t = static_cast<double>(steps_);
    kernels::AdamStep step;
    step.beta1 = options_.beta1;
    step.beta2 = options_.beta2;
    step.eps = options_.eps;
    step.step_size = lr / (1.0 - std::pow(options_.beta1, t));
    step.sqrt_correction2 = std::sqrt(1.0 - std::pow(options_.beta2, t));
    step.grad_scale = grad_scale;
    step.l2 = decay_ == Decay::l2 ? options_.weight_decay : 0.0;
    step.keep = decay_ == Decay::decoupled ? 1.0 - lr * options_.weight_decay : 1.0;
    std::vector<Tensor> keep;
    kernels::adam_step(gather(parameters_, exp_avg_, &exp_avg_sq_, keep), step);
    clear_gradients(parameters_);
  }

  std::vector<nn::NamedTensor> state() const override {
    std::vector<nn::NamedTensor> all = exp_avg_;
    all.insert(all.end(), exp_avg_sq_.begin(), exp_avg_sq_.end());
    return all;
  }
  int64_t steps() const override { return steps_; }
  void set_steps(int64_t steps) override { steps_ = steps; }

 private:
  OptimizerOptions options_;
  Decay decay_;
  std::vector<nn::NamedTensor> exp_avg_, exp_avg_sq_;
  int64_t steps_ = 0;
};

class Sgd : public Optimizer {
 public:
  Sgd(OptimizerOptions options, std::vector<nn::NamedTensor> parameters)
      : Optimizer(std::move(parameters)),
        options_(std::move(options)),
        momentum_(zeros_like("momentum_buffer", parameters_)) {}

  void step(double lr, double grad_scale) override {
    const DenormalMode denormals(Denormals::flushed);
    ++steps_;
    std::vector<Tensor> keep;
    const kernels::SgdStep step{lr, options_.momentum, grad_scale, options_.weight_decay};
    kernels::sgd_step(gather(parameters_, momentum_, nullptr, keep), step);
    clear_gradients(parameters_);
  }

  std::vector<nn::NamedTensor> state() const override { return momentum_; }
  int64_t steps() const override { return steps_; }
  void set_steps(int64_t steps) override { steps_ = steps; }

 private:
  OptimizerOptions options_;
  std::vector<nn::NamedTensor> momentum_;
  int64_t steps_ = 0;
};

}  // namespace

std::span<const std::string_view> optimizer_names() {
  static constexpr std::array<std::string_view, 3> kNames{"adam", "adamw", "sgd"};
  return kNames;
}

void check_optimizer(const OptimizerOptions& o) {
  const auto names = optimizer_names();
  if (std::find(names.begin(), names.end(), o.name) == names.end()) unknown_name("optimizer", o.name, names);
  LATENT_CHECK(o.lr > 0 && std::isfinite(o.lr), "[optimizer] lr: above 0, got {}", o.lr);
  LATENT_CHECK(o.beta1 >= 0 && o.beta1 < 1, "[optimizer] beta1: in [0, 1), got {}", o.beta1);
  LATENT_CHECK(o.beta2 >= 0 && o.beta2 < 1, "[optimizer] beta2: in [0, 1), got {}", o.beta2);
  LATENT_CHECK(o.eps > 0 && std::isfinite(o.eps), "[optimizer] eps: above 0, got {}", o.eps);
  LATENT_CHECK(o.momentum >= 0 && o.momentum < 1, "[optimizer] momentum: in [0, 1), got {}", o.momentum);
  LATENT_CHECK(o.weight_decay >= 0 && std::isfinite(o.weight_decay), "[optimizer] weight_decay: not negative, got {}",
               o.weight_decay);
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, std::vector<nn::NamedTensor> parameters) {
  check_optimizer(options);
  if (options.name == "sgd") return std::make_unique<Sgd>(options, std::move(parameters));
  const auto decay = options.name == "adamw" ? Adam::Decay::decoupled : Adam::Decay::l2;
  return std::make_unique<Adam>(options, decay, std::move(parameters));
}

double gradient_norm(std::span<const nn::NamedTensor> parameters) {
  std::vector<Tensor> keep;
  std::vector<kernels::ReadTensor> gradients;
  for (const auto& parameter : parameters) {
    const Tensor grad = parameter.tensor.grad();
    if (!grad.defined()) continue;
    keep.push_back(grad);
    gradients.push_back({grad.dtype(), grad.raw(), grad.numel()});
  }
  return std::sqrt(kernels::sum_of_squares(gradients));
}

}  // namespace latent
