#include <latent/core/shape.hpp>

#include <latent/core/error.hpp>

#include <algorithm>

namespace latent {

Shape::Shape(std::span<const int64_t> sizes) {
  LATENT_CHECK(sizes.size() <= kMaxDims, "[shape] at most {} dimensions, got {}", kMaxDims, sizes.size());
  for (const int64_t size : sizes) {
    LATENT_CHECK(size >= 0, "[shape] sizes are not negative, got {}", size);
    int64_t product = 0;
    LATENT_CHECK(!__builtin_mul_overflow(numel_, size, &product) && product <= (int64_t{1} << 62),
                 "[shape] too many elements to count");
    numel_ = product;
    sizes_[static_cast<size_t>(ndim_++)] = size;
  }
}

int64_t Shape::operator[](int i) const {
  const int index = i < 0 ? i + ndim_ : i;
  LATENT_CHECK(index >= 0 && index < ndim_, "[shape] dimension {} of {}", i, str());
  return sizes_[static_cast<size_t>(index)];
}

Shape Shape::prepend(int64_t size) const {
  std::array<int64_t, kMaxDims + 1> longer{};
  longer[0] = size;
  std::copy_n(sizes_.begin(), ndim_, longer.begin() + 1);
  return Shape(std::span<const int64_t>(longer.data(), static_cast<size_t>(ndim_) + 1));
}

Shape Shape::tail() const {
  LATENT_CHECK(ndim_ > 0, "[shape] a scalar has no first dimension to take away");
  return Shape(sizes().subspan(1));
}

std::string Shape::str() const {
  std::string text = "(";
  for (int i = 0; i < ndim_; ++i) text += fmt::format("{}{}", i > 0 ? ", " : "", sizes_[static_cast<size_t>(i)]);
  return text + ")";
}

bool operator==(const Shape& a, const Shape& b) { return std::ranges::equal(a.sizes(), b.sizes()); }

}  // namespace latent
