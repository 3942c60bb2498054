#pragma once
// Tensor: a shared handle on a dense, row-major array, with the way back to what it was computed from.

#include <latent/core/dtype.hpp>
#include <latent/core/error.hpp>
#include <latent/core/shape.hpp>

#include <memory>
#include <span>
#include <vector>

namespace latent {

struct GradNode;  // latent/autograd/node.hpp

/// A dense array in row-major order, always contiguous. Copying a Tensor copies the handle: both see the same memory.
/// Ownership is shared and thread-safe; writing to the elements from two threads is the caller's to prevent.
///
/// The elements live in host memory; code above kernels/ computes with tensors through operations (latent/autograd/)
/// and reads single results with item() or to_vector(). Readers of files and makers of pictures use data<T>().
class Tensor {
 public:
  /// An undefined tensor: no shape, no memory. Only defined(), assignment and comparison with undefined are allowed.
  Tensor() = default;

  /// Elements undefined. Memory comes from the caching allocator, 64-byte aligned.
  static Tensor empty(const Shape& shape, DType dtype = DType::f32);
  static Tensor zeros(const Shape& shape, DType dtype = DType::f32);
  static Tensor full(const Shape& shape, double value, DType dtype = DType::f32);
  /// A copy of `values`. @throws std::invalid_argument if their number is not shape.numel()
  template <class T>
  static Tensor from(std::span<const T> values, const Shape& shape) {
    Tensor t = empty(shape, dtype_of<T>);
    t.copy_in(values.data(), values.size() * sizeof(T));
    return t;
  }
  template <class T>
  static Tensor from(const std::vector<T>& values, const Shape& shape) {
    return from(std::span<const T>(values), shape);
  }
  /// Looks at memory that somebody else keeps, such as a mapped file; `owner` is held as long as the tensor lives.
  /// The memory must be aligned for `dtype`, and hold shape.numel() elements.
  static Tensor view(const void* data, const Shape& shape, DType dtype, std::shared_ptr<const void> owner);

  bool defined() const { return impl_ != nullptr; }
  const Shape& shape() const;
  int64_t dim(int i) const { return shape()[i]; }
  int ndim() const { return shape().ndim(); }
  int64_t numel() const { return shape().numel(); }
  DType dtype() const;
  size_t nbytes() const { return static_cast<size_t>(numel()) * size_of(dtype()); }

  /// The elements. @throws std::invalid_argument if T is not the tensor's type
  template <class T>
  T* data() {
    return static_cast<T*>(typed_data(dtype_of<T>));
  }
  template <class T>
  const T* data() const {
    return static_cast<const T*>(typed_data(dtype_of<T>));
  }
  template <class T>
  std::span<T> span() {
    return {data<T>(), static_cast<size_t>(numel())};
  }
  template <class T>
  std::span<const T> span() const {
    return {data<T>(), static_cast<size_t>(numel())};
  }
  void* raw();
  const void* raw() const;

  /// The only element, as a double. @throws std::invalid_argument unless numel() == 1
  double item() const;
  /// All elements, converted to double. For tests, reports and small results.
  std::vector<double> to_vector() const;

  /// The same memory under another shape of as many elements; carries no gradient (autograd's reshape does).
  Tensor view_as(const Shape& shape) const;
  /// Rows [begin, end) of the first dimension, sharing memory; carries no gradient.
  Tensor rows(int64_t begin, int64_t end) const;
  /// A copy with its own memory; carries no gradient.
  Tensor clone() const;
  /// The same memory without the way back.
  Tensor detach() const;
  /// Converted elements, or this tensor itself if it already has `dtype`; carries no gradient.
  /// Floating values are truncated toward zero and saturated when the target is an integer type.
  Tensor to(DType dtype) const;
  /// Overwrites the elements with those of `source` (same shape; converted if the types differ).
  void copy_from(const Tensor& source);

  // --- automatic differentiation (latent/autograd/) ---

  /// Whether gradients flow to this tensor: it is a leaf that asked for them, or was computed from one.
  bool requires_grad() const;
  /// Makes this a leaf that collects gradients in grad(). @throws std::invalid_argument for integer types
  Tensor& set_requires_grad();
  /// Gradient collected by backward(); undefined before. Only leaves keep theirs.
  Tensor grad() const;
  void set_grad(const Tensor& grad);
  /// Forgets the gradient, so that the next backward() starts from nothing.
  void clear_grad();

  /// A bf16 copy of a weight that the optimizer keeps fresh. Operations that meet a weight with such a copy compute
  /// their products in bf16 (see docs/design.md, precision). Undefined for everything else.
  Tensor bf16_copy() const;
  void set_bf16_copy(const Tensor& copy);

  // The way back; used by latent/autograd/ only.
  const std::shared_ptr<GradNode>& node() const;
  int output_index() const;
  void set_node(std::shared_ptr<GradNode> node, int output_index);
  /// True if both handles mean the same tensor (not merely equal elements).
  bool same_as(const Tensor& other) const { return impl_ == other.impl_; }
  const void* id() const { return impl_.get(); }
  /// Whether nobody else holds this tensor or its memory, so that it may be overwritten.
  bool is_sole_owner() const;

 private:
  struct Impl;
  explicit Tensor(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  const Impl& impl() const;
  Impl& impl();
  void* typed_data(DType wanted) const;
  void copy_in(const void* source, size_t bytes);
  Tensor alias(const Shape& shape, size_t byte_offset) const;

  std::shared_ptr<Impl> impl_;
};

}  // namespace latent
