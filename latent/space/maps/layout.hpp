#pragma once
// Layout: a map of codes in two or three dimensions that is improved step by step (t-SNE, UMAP).

#include <latent/core/tensor.hpp>

#include <cmath>
#include <limits>

namespace latent::space {

/// The largest magnitude of codes in D dimensions, so that f32 holds whatever distance may lie between two of them.
inline float largest_code(int64_t D) {
  return static_cast<float>(double{std::numeric_limits<float>::max()} / (2.0 * std::sqrt(static_cast<double>(D))));
}

/// A map under way. Made from codes, it stands at its initial positions; step() improves it until done(). A caller may
/// look at positions() between steps (an explorer shows them moving). The same codes, options and seed give the same
/// positions, bit for bit, at any number of threads and however the steps are divided among calls.
class Layout {
 public:
  virtual ~Layout() = default;
  /// Steps in all, as chosen by the options.
  virtual int64_t total_steps() const = 0;
  virtual int64_t steps_done() const = 0;
  bool done() const { return steps_done() >= total_steps(); }
  /// Does at most `count` more steps; stops at total_steps(). @throws std::invalid_argument for count < 1
  virtual void step(int64_t count) = 0;
  /// (N, dims) f32, a copy of where the points are now.
  virtual Tensor positions() const = 0;
  /// Places for new codes on the map as it stands, without moving the old ones. @param codes (M, D) f32, finite, at
  /// most largest_code(D)
  /// @return (M, dims)   @throws std::invalid_argument for other shapes or values
  virtual Tensor transform(const Tensor& codes) const = 0;
};

}  // namespace latent::space
