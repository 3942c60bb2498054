#pragma once
// Private to space/: rows in fixed blocks. Products and sums over a block depend on the block alone, and blocks are
// added in their order, so results are the same bits with any number of threads.

#include <latent/core/threads.hpp>

#include <algorithm>
#include <cstdint>

namespace latent::space {

/// How many rows are worked on at once: as many as stay in a cache, whatever the number of threads.
class RowBlocks {
 public:
  /// @param row_size  values of one row
  RowBlocks(int64_t rows, int64_t row_size)
      : rows_(rows), block_(std::clamp<int64_t>((kValues / std::max<int64_t>(row_size, 1)) / 64 * 64, 256, 4096)) {}

  int64_t count() const { return (rows_ + block_ - 1) / block_; }
  int64_t begin(int64_t block) const { return block * block_; }
  int64_t end(int64_t block) const { return std::min((block + 1) * block_, rows_); }
  int64_t rows_in(int64_t block) const { return end(block) - begin(block); }
  int64_t largest() const { return std::min(block_, rows_); }

  /// Calls f(block) for blocks [from, to), on all threads. `f` may use Gemm::on_this_thread.
  template <class F>
  void for_each(int64_t from, int64_t to, const F& f) const {
    parallel_for(to - from, 1, [&](int64_t first, int64_t last) {
      for (int64_t block = from + first; block < from + last; ++block) f(block);
    });
  }
  template <class F>
  void for_each(const F& f) const {
    for_each(0, count(), f);
  }

 private:
  static constexpr int64_t kValues = int64_t{1} << 18;  // 1 MiB of f32
  int64_t rows_, block_;
};

}  // namespace latent::space
