#include <latent/autograd/backward.hpp>

#include <latent/autograd/gradients_to.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/node.hpp>
#include <latent/core/denormals.hpp>
#include <latent/kernels/activation.hpp>
#include <latent/kernels/elementwise.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <unordered_map>

namespace latent {

namespace {

// Each thread records for itself.
thread_local bool recording = true;       // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
thread_local uint64_t next_sequence = 1;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// into + more, where either may be undefined. `into` may be a tensor that others hold, so the sum is a new one.
Tensor sum_of(const Tensor& into, const Tensor& more) {
  if (!into.defined()) return more;
  if (!more.defined()) return into;
  const DType type = into.dtype() == DType::f64 ? DType::f64 : DType::f32;
  Tensor total = into.dtype() == type ? into.clone() : detail::in_type(into, type);
  const Tensor addend = detail::in_type(more, type);
  detail::with_float_type("backward", type, [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::accumulate(addend.data<T>(), total.data<T>(), total.numel());
  });
  return total;
}

// The operations that `loss` was computed from, latest first.
std::vector<std::shared_ptr<GradNode>> nodes_behind(const Tensor& loss) {
  std::vector<std::shared_ptr<GradNode>> found, open{loss.node()};
  std::unordered_map<const GradNode*, bool> seen{{loss.node().get(), true}};
  while (!open.empty()) {
    std::shared_ptr<GradNode> node = std::move(open.back());
    open.pop_back();
    for (int i = 0; i < node->num_inputs; ++i) {
      const Tensor& input = node->inputs[static_cast<size_t>(i)];
      if (input.defined() && input.node() && seen.emplace(input.node().get(), true).second)
        open.push_back(input.node());
    }
    found.push_back(std::move(node));
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) { return a->sequence > b->sequence; });
  return found;
}

template <class Collect>
void hand_out(const GradNode& node, const Gradients& gradients,
              std::unordered_map<const GradNode*, std::array<Tensor, 4>>& pending, const Collect& collect) {
  for (int i = 0; i < node.num_inputs; ++i) {
    Tensor input = node.inputs[static_cast<size_t>(i)];
    const Tensor& gradient = gradients[static_cast<size_t>(i)];
    if (!input.defined() || !gradient.defined()) continue;
    assert(gradient.shape() == input.shape());
    if (input.node()) {
      Tensor& slot = pending[input.node().get()][static_cast<size_t>(input.output_index())];
      slot = sum_of(slot, gradient);
    } else {
      collect(input, detail::in_type(gradient, input.dtype()));
    }
  }
}

// Goes all the way back, and calls collect(leaf, gradient) for every contribution to a leaf.
template <class Collect>
void walk_back(const Tensor& loss, const Collect& collect) {
  LATENT_CHECK(loss.numel() == 1, "[backward] a single element expected, got {}", loss.shape().str());
  LATENT_CHECK(loss.requires_grad(), "[backward] the loss does not depend on anything that requires a gradient");
  if (!loss.node()) return;
  const NoGrad guard;
  const DenormalMode denormals(Denormals::flushed);
  const std::vector<std::shared_ptr<GradNode>> nodes = nodes_behind(loss);
  for (const std::shared_ptr<GradNode>& node : nodes) {
    LATENT_CHECK(node->backward != nullptr,
                 "[backward] a second time through '{}': what was saved for the way back is freed by the first time; "
                 "add the losses up and go back once, or compute what they share again",
                 node->name);
  }
  std::unordered_map<const GradNode*, std::array<Tensor, 4>> pending;
  pending[loss.node().get()][static_cast<size_t>(loss.output_index())] = Tensor::full(loss.shape(), 1.0, loss.dtype());
  for (const std::shared_ptr<GradNode>& node : nodes) {
    const auto entry = pending.extract(node.get());
    if (entry.empty()) continue;
    const Gradients gradients = node->backward(std::span(entry.mapped()).first(static_cast<size_t>(node->num_outputs)));
    hand_out(*node, gradients, pending, collect);
    // What was saved for the way back is not needed again.
    node->backward = nullptr;
    node->inputs = {};
  }
}

}  // namespace

namespace detail {
Tensor in_type(const Tensor& gradient, DType dtype) {
  if (gradient.dtype() == dtype) return gradient;
  if (gradient.dtype() == DType::f64 || dtype == DType::f64) return gradient.to(dtype);
  Tensor converted = Tensor::empty(gradient.shape(), dtype);
  kernels::convert(gradient.raw(), gradient.dtype(), converted.raw(), dtype, gradient.numel());
  return converted;
}
}  // namespace detail

bool should_record(std::initializer_list<const Tensor*> inputs) {
  return recording && std::ranges::any_of(inputs, [](const Tensor* t) { return t->defined() && t->requires_grad(); });
}

void record(const char* name, std::initializer_list<Tensor*> outputs, std::initializer_list<const Tensor*> inputs,
            BackwardFn backward) {
  assert(inputs.size() <= kMaxInputs && outputs.size() <= 4);
  auto node = std::make_shared<GradNode>();
  node->name = name;
  node->sequence = next_sequence++;
  node->backward = std::move(backward);
  for (const Tensor* input : inputs) {
    if (input->defined() && input->requires_grad()) node->inputs[static_cast<size_t>(node->num_inputs)] = *input;
    ++node->num_inputs;
  }
  node->num_outputs = static_cast<int>(outputs.size());
  int index = 0;
  for (Tensor* output : outputs) {
    node->output_shapes[static_cast<size_t>(index)] = output->shape();
    output->set_node(node, index++);
  }
}

void backward(const Tensor& loss) {
  walk_back(loss, [](Tensor leaf, const Tensor& gradient) { leaf.set_grad(sum_of(leaf.grad(), gradient)); });
}

Tensor gradient_of(const Tensor& loss, const Tensor& leaf) {
  LATENT_CHECK(leaf.requires_grad() && !leaf.node(),
               "[gradient_of] a leaf that requires a gradient expected: use set_requires_grad() on a detached tensor");
  Tensor total;
  walk_back(loss, [&](const Tensor& reached, const Tensor& gradient) {
    if (reached.same_as(leaf)) total = sum_of(total, gradient);
  });
  return total.defined() ? total : Tensor::zeros(leaf.shape(), leaf.dtype());
}

NoGrad::NoGrad() : previous_(recording) { recording = false; }
NoGrad::~NoGrad() { recording = previous_; }

WithGrad::WithGrad() : previous_(recording) { recording = true; }
WithGrad::~WithGrad() { recording = previous_; }

double gradient_error(const std::function<Tensor(std::span<const Tensor>)>& function, std::vector<Tensor> inputs,
                      double step) {
  for (Tensor& input : inputs) {
    LATENT_CHECK(input.dtype() == DType::f64, "[gradient_error] f64 inputs expected, got {}", name_of(input.dtype()));
    input.set_requires_grad();
    input.clear_grad();
  }
  backward(function(inputs));
  double worst = 0.0;
  const NoGrad guard;
  for (Tensor& input : inputs) {
    for (int64_t i = 0; i < input.numel(); ++i) {
      double& element = input.data<double>()[i];
      const double kept = element;
      element = kept + step;
      const double above = function(inputs).item();
      element = kept - step;
      const double below = function(inputs).item();
      element = kept;
      const double numeric = (above - below) / (2.0 * step);
      const double exact = input.grad().defined() ? input.grad().data<double>()[i] : 0.0;
      worst = std::max(worst, std::abs(numeric - exact) / std::max(1.0, std::abs(exact)));
    }
  }
  return worst;
}

}  // namespace latent
