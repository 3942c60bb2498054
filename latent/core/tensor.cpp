#include <latent/core/tensor.hpp>

#include <latent/core/gradient_scope.hpp>

#include <latent/core/allocator.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace latent {

struct Tensor::Impl {
  std::shared_ptr<std::byte> storage;
  std::byte* data = nullptr;
  Shape shape;
  DType dtype = DType::f32;
  bool leaf_requires_grad = false;
  int output_index = 0;
  std::shared_ptr<GradNode> node;
  Tensor grad;
  Tensor bf16_copy;
};

namespace {

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<To, bfloat16>) {
    return bfloat16(static_cast<float>(value));
  } else if constexpr (std::is_same_v<From, bfloat16>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    if (std::isnan(value)) return 0;
    if (value <= static_cast<From>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    if (value >= static_cast<From>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

// Calls f with a null pointer of the element type that `dtype` names.
template <class F>
void with_type(DType dtype, F f) {
  switch (dtype) {
    case DType::u8: return f(static_cast<uint8_t*>(nullptr));
    case DType::i32: return f(static_cast<int32_t*>(nullptr));
    case DType::i64: return f(static_cast<int64_t*>(nullptr));
    case DType::bf16: return f(static_cast<bfloat16*>(nullptr));
    case DType::f32: return f(static_cast<float*>(nullptr));
    case DType::f64: return f(static_cast<double*>(nullptr));
  }
}

void convert_elements(const void* source, DType from, void* target, DType to, int64_t count) {
  if (from == to) {
    std::memcpy(target, source, static_cast<size_t>(count) * size_of(from));
    return;
  }
  with_type(from, [&](auto* from_type) {
    with_type(to, [&](auto* to_type) {
      using From = std::remove_pointer_t<decltype(from_type)>;
      using To = std::remove_pointer_t<decltype(to_type)>;
      const auto* in = static_cast<const From*>(source);
      auto* out = static_cast<To*>(target);
      for (int64_t i = 0; i < count; ++i) out[i] = convert<To>(in[i]);
    });
  });
}

}  // namespace

Tensor Tensor::empty(const Shape& shape, DType dtype) {
  auto impl = std::make_shared<Impl>();
  impl->storage = allocate(static_cast<size_t>(shape.numel()) * size_of(dtype));
  impl->data = impl->storage.get();
  impl->shape = shape;
  impl->dtype = dtype;
  return Tensor(std::move(impl));
}

Tensor Tensor::zeros(const Shape& shape, DType dtype) {
  Tensor t = empty(shape, dtype);
  if (t.numel() > 0) std::memset(t.raw(), 0, t.nbytes());
  return t;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
  Tensor t = empty(shape, dtype);
  with_type(dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    std::fill_n(t.data<T>(), t.numel(), convert<T>(value));
  });
  return t;
}

Tensor Tensor::view(const void* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner) {
  auto impl = std::make_shared<Impl>();
  auto* bytes = const_cast<std::byte*>(static_cast<const std::byte*>(data));
  impl->storage = std::shared_ptr<std::byte>(std::const_pointer_cast<void>(std::move(owner)), bytes);
  impl->data = bytes;
  impl->shape = shape;
  impl->dtype = dtype;
  return Tensor(std::move(impl));
}

const Tensor::Impl& Tensor::impl() const {
  LATENT_CHECK(impl_ != nullptr, "[tensor] used before it was given a value");
  return *impl_;
}
Tensor::Impl& Tensor::impl() {
  LATENT_CHECK(impl_ != nullptr, "[tensor] used before it was given a value");
  return *impl_;
}

const Shape& Tensor::shape() const { return impl().shape; }
DType Tensor::dtype() const { return impl().dtype; }
void* Tensor::raw() { return impl().data; }
const void* Tensor::raw() const { return impl().data; }

void* Tensor::typed_data(DType wanted) const {
  LATENT_CHECK(impl().dtype == wanted, "[tensor] elements are {}, asked for {}", name_of(impl().dtype),
               name_of(wanted));
  return impl().data;
}

void Tensor::copy_in(const void* source, size_t bytes) {
  LATENT_CHECK(bytes == nbytes(), "[tensor] {} {} needs {} bytes, got {}", shape().str(), name_of(dtype()), nbytes(),
               bytes);
  if (bytes > 0) std::memcpy(raw(), source, bytes);
}

double Tensor::item() const {
  LATENT_CHECK(numel() == 1, "[item] a single element expected, got {}", shape().str());
  return to_vector().front();
}

std::vector<double> Tensor::to_vector() const {
  std::vector<double> values(static_cast<size_t>(numel()));
  convert_elements(raw(), dtype(), values.data(), DType::f64, numel());
  return values;
}

Tensor Tensor::alias(const Shape& shape, size_t byte_offset) const {
  auto other = std::make_shared<Impl>();
  other->storage = impl().storage;
  other->data = impl().data + byte_offset;
  other->shape = shape;
  other->dtype = impl().dtype;
  return Tensor(std::move(other));
}

Tensor Tensor::view_as(const Shape& shape) const {
  LATENT_CHECK(shape.numel() == numel(), "[view_as] {} does not fit {}", shape.str(), this->shape().str());
  return alias(shape, 0);
}

Tensor Tensor::rows(int64_t begin, int64_t end) const {
  LATENT_CHECK(ndim() > 0 && 0 <= begin && begin <= end && end <= dim(0), "[rows] [{}, {}) of {}", begin, end,
               shape().str());
  const Shape row = shape().tail();
  return alias(row.prepend(end - begin), static_cast<size_t>(begin * row.numel()) * size_of(dtype()));
}

Tensor Tensor::clone() const {
  Tensor copy = empty(shape(), dtype());
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::detach() const { return alias(shape(), 0); }

Tensor Tensor::to(DType dtype) const {
  if (dtype == this->dtype()) return *this;
  Tensor converted = empty(shape(), dtype);
  converted.copy_from(*this);
  return converted;
}

void Tensor::copy_from(const Tensor& source) {
  LATENT_CHECK(source.shape() == shape(), "[copy_from] {} into {}", source.shape().str(), shape().str());
  if (numel() > 0) convert_elements(source.raw(), source.dtype(), raw(), dtype(), numel());
}

bool Tensor::is_sole_owner() const { return impl_ && impl_.use_count() == 1 && impl_->storage.use_count() == 1; }

bool Tensor::requires_grad() const {
  return impl_ && (impl_->node || (impl_->leaf_requires_grad && detail::GradientScope::wants(*this)));
}

Tensor& Tensor::set_requires_grad() {
  LATENT_CHECK(dtype() == DType::f32 || dtype() == DType::f64, "[set_requires_grad] f32 or f64, got {}",
               name_of(dtype()));
  impl().leaf_requires_grad = true;
  return *this;
}

Tensor Tensor::grad() const { return impl().grad; }
void Tensor::set_grad(const Tensor& grad) { impl().grad = grad; }
void Tensor::clear_grad() { impl().grad = Tensor(); }

Tensor Tensor::bf16_copy() const { return impl().bf16_copy; }
void Tensor::set_bf16_copy(const Tensor& copy) {
  LATENT_CHECK(!copy.defined() || (copy.dtype() == DType::bf16 && copy.shape() == shape()),
               "[set_bf16_copy] a bf16 tensor of shape {}", shape().str());
  impl().bf16_copy = copy;
}

const std::shared_ptr<GradNode>& Tensor::node() const { return impl().node; }
int Tensor::output_index() const { return impl().output_index; }
void Tensor::set_node(std::shared_ptr<GradNode> node, int output_index) {
  impl().node = std::move(node);
  impl().output_index = output_index;
}

}  // namespace latent
