#pragma once
// Module: something with named parameters.

#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latent::nn {

/// Training uses batch statistics and may update buffers; evaluation changes nothing and is safe from many threads.
enum class Mode : uint8_t { train, eval };

/// What a layer may need besides its input. A mode alone is one, too: forward(x, Mode::eval).
struct Context {
  Mode mode = Mode::eval;
  /// The tape that layers draw from in train mode (Dropout), each where the one before it left off; may be null where
  /// nothing is drawn. Of one thread at a time.
  Rng* rng = nullptr;

  Context(Mode of_layers, Rng* tape = nullptr) : mode(of_layers), rng(tape) {}  // NOLINT(google-explicit-constructor)
};

struct NamedTensor {
  std::string name;  ///< "encoder.0.weight"
  Tensor tensor;
};

/// A tree of modules. Names follow PyTorch: "child.grandchild.weight", children of a Sequential are "0", "1", ...
/// Modules are held by their owner; registering a child only tells the tree about it.
class Module {
 public:
  virtual ~Module() = default;
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// All trainable tensors of the tree, in the order of registration.
  std::vector<NamedTensor> parameters() const;
  /// All tensors that are saved but not trained (running statistics, a fitted prior).
  std::vector<NamedTensor> buffers() const;
  /// Parameters and buffers: what a model file holds.
  std::vector<NamedTensor> state() const;
  int64_t num_parameters() const;

  /// Makes (or drops) the bf16 copies by which linear() and conv2d() know in which precision to compute.
  /// Weights themselves stay f32. Not while other threads use the module.
  void use_bf16(bool on);

 protected:
  /// Registers a trainable tensor and returns it, asking for its gradient.
  Tensor add_parameter(std::string name, Tensor tensor);
  /// As add_parameter, for a weight of matrix products or convolutions: use_bf16() gives it a bf16 copy.
  Tensor add_weight(std::string name, Tensor tensor);
  Tensor add_buffer(std::string name, Tensor tensor);
  /// `child` must live as long as this module (usually a member).
  void add_child(std::string name, Module& child);

 private:
  template <class Visit>
  void walk(const std::string& prefix, const Visit& visit) const;

  enum class Kind : uint8_t { parameter, weight, buffer };
  struct Entry {
    std::string name;
    Tensor tensor;
    Kind kind;
  };
  std::vector<Entry> entries_;
  std::vector<std::pair<std::string, Module*>> children_;
};

/// A module from one tensor to one tensor.
class Layer : public Module {
 public:
  /// @param x        the batch dimension first; shape and type are the layer's business
  /// @throws std::invalid_argument for another x, or in train mode without context.rng if the layer draws from it
  virtual Tensor forward(const Tensor& x, const Context& context) const = 0;
};

}  // namespace latent::nn
