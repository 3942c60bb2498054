#include <latent/training/weights.hpp>

#include <latent/kernels/activation.hpp>
#include <latent/kernels/optimizer.hpp>

#include <algorithm>
#include <cassert>

namespace latent {

std::vector<Tensor> tensors_of(const NamedTensors& named) {
  std::vector<Tensor> tensors;
  for (const nn::NamedTensor& parameter : named) tensors.push_back(parameter.tensor);
  return tensors;
}

NamedTensors copies_of(const NamedTensors& tensors) {
  NamedTensors copies;
  for (const auto& [name, tensor] : tensors) copies.push_back({name, tensor.clone()});
  return copies;
}

void assign(const NamedTensors& to, const NamedTensors& from) {
  assert(to.size() == from.size());
  for (size_t i = 0; i < to.size(); ++i) {
    assert(to[i].name == from[i].name);
    Tensor target = to[i].tensor;
    if (target.same_as(from[i].tensor)) continue;
    target.copy_from(from[i].tensor);
    if (Tensor copy = target.bf16_copy(); copy.defined()) {
      kernels::convert(target.raw(), target.dtype(), copy.raw(), DType::bf16, target.numel());
    }
  }
}

BorrowedWeights::BorrowedWeights(NamedTensors target, const NamedTensors& replacement) {
  if (replacement.empty()) return;
  target_ = std::move(target);
  own_ = copies_of(target_);
  assign(target_, replacement);
}

BorrowedWeights::~BorrowedWeights() { assign(target_, own_); }

WeightAverage::WeightAverage(NamedTensors parameters, double decay)
    : parameters_(std::move(parameters)), average_(copies_of(parameters_)), decay_(decay) {}

void WeightAverage::update(int64_t t) {
  const auto steps = static_cast<double>(t);
  const double decay = std::min(decay_, (1.0 + steps) / (10.0 + steps));
  for (size_t i = 0; i < average_.size(); ++i) {
    Tensor& average = average_[i].tensor;
    kernels::move_towards(average.raw(), parameters_[i].tensor.raw(), average.numel(), 1.0 - decay, average.dtype());
  }
}

}  // namespace latent
