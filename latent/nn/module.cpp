#include <latent/nn/module.hpp>

#include <latent/kernels/activation.hpp>

namespace latent::nn {

template <class Visit>
void Module::walk(const std::string& prefix, const Visit& visit) const {
  for (const Entry& entry : entries_) visit(prefix + entry.name, entry);
  for (const auto& [name, child] : children_) child->walk(prefix + name + ".", visit);
}

std::vector<NamedTensor> Module::parameters() const {
  std::vector<NamedTensor> found;
  walk("", [&](const std::string& name, const Entry& entry) {
    if (entry.kind != Kind::buffer) found.push_back({name, entry.tensor});
  });
  return found;
}

std::vector<NamedTensor> Module::buffers() const {
  std::vector<NamedTensor> found;
  walk("", [&](const std::string& name, const Entry& entry) {
    if (entry.kind == Kind::buffer) found.push_back({name, entry.tensor});
  });
  return found;
}

std::vector<NamedTensor> Module::state() const {
  std::vector<NamedTensor> found;
  walk("", [&](const std::string& name, const Entry& entry) { found.push_back({name, entry.tensor}); });
  return found;
}

int64_t Module::num_parameters() const {
  int64_t total = 0;
  for (const NamedTensor& parameter : parameters()) total += parameter.tensor.numel();
  return total;
}

void Module::use_bf16(bool on) {
  walk("", [&](const std::string&, const Entry& entry) {
    if (entry.kind != Kind::weight) return;
    Tensor weight = entry.tensor;
    if (!on) return weight.set_bf16_copy(Tensor());
    Tensor copy = Tensor::empty(weight.shape(), DType::bf16);
    kernels::convert(weight.raw(), DType::f32, copy.raw(), DType::bf16, weight.numel());
    weight.set_bf16_copy(copy);
  });
}

Tensor Module::add_parameter(std::string name, Tensor tensor) {
  tensor.set_requires_grad();
  entries_.push_back({std::move(name), tensor, Kind::parameter});
  return tensor;
}

Tensor Module::add_weight(std::string name, Tensor tensor) {
  tensor.set_requires_grad();
  entries_.push_back({std::move(name), tensor, Kind::weight});
  return tensor;
}

Tensor Module::add_buffer(std::string name, Tensor tensor) {
  entries_.push_back({std::move(name), tensor, Kind::buffer});
  return tensor;
}

void Module::add_child(std::string name, Module& child) { children_.emplace_back(std::move(name), &child); }

}  // namespace latent::nn
