#pragma once
// The sizes of a tensor's dimensions, outermost first. A value type without heap memory.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace latent {

class Shape {
 public:
  static constexpr int kMaxDims = 8;

  /// The shape of a scalar: no dimensions, one element.
  Shape() = default;
  /// @throws std::invalid_argument for a negative size, more than kMaxDims sizes, or over 2^62 elements
  Shape(std::initializer_list<int64_t> sizes) : Shape(std::span<const int64_t>(sizes.begin(), sizes.size())) {}
  explicit Shape(std::span<const int64_t> sizes);

  int ndim() const { return ndim_; }
  /// Size of dimension `i`; a negative `i` counts from the last one. @throws std::invalid_argument if out of range
  int64_t operator[](int i) const;
  /// Product of all sizes (1 for a scalar).
  int64_t numel() const { return numel_; }
  std::span<const int64_t> sizes() const { return {sizes_.data(), static_cast<size_t>(ndim_)}; }

  /// This shape with `size` put in front: (C, H, W) -> (N, C, H, W).
  Shape prepend(int64_t size) const;
  /// This shape without its first dimension: (N, C, H, W) -> (C, H, W). @throws std::invalid_argument on a scalar
  Shape tail() const;

  /// "(128, 784)"; "()" for a scalar.
  std::string str() const;

  friend bool operator==(const Shape& a, const Shape& b);

 private:
  std::array<int64_t, kMaxDims> sizes_{};
  int ndim_ = 0;
  int64_t numel_ = 1;
};

}  // namespace latent
