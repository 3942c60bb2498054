#pragma once
// Copies of weights: kept, put back, averaged.

#include <latent/nn/module.hpp>

#include <cstdint>
#include <vector>

namespace latent {

using NamedTensors = std::vector<nn::NamedTensor>;

/// The tensors without their names.
std::vector<Tensor> tensors_of(const NamedTensors& named);

/// The same names, with memory of their own.
NamedTensors copies_of(const NamedTensors& tensors);

/// Overwrites the elements of `to` by those of `from`, which has the same tensors in the same order, and refreshes the
/// bf16 copies of weights.
void assign(const NamedTensors& to, const NamedTensors& from);

/// While one lives, `target` holds the elements of `replacement`; then its own again. An empty replacement changes
/// nothing.
class BorrowedWeights {
 public:
  BorrowedWeights(NamedTensors target, const NamedTensors& replacement);
  ~BorrowedWeights();
  BorrowedWeights(const BorrowedWeights&) = delete;
  BorrowedWeights& operator=(const BorrowedWeights&) = delete;

 private:
  NamedTensors target_, own_;
};

/// Exponential moving average of parameters. The decay rises with the number of steps t as (1 + t) / (10 + t) up to the
/// one asked for, so that the random first weights are soon forgotten.
/// Source: Polyak & Juditsky 1992; the rise is TensorFlow's ExponentialMovingAverage.
class WeightAverage {
 public:
  /// Begins with the parameters as they are. @param decay in [0, 1)
  WeightAverage(NamedTensors parameters, double decay);
  /// Takes in the parameters after step number `t` = 1, 2, ...
  void update(int64_t t);
  const NamedTensors& tensors() const { return average_; }

 private:
  NamedTensors parameters_, average_;
  double decay_;
};

}  // namespace latent
