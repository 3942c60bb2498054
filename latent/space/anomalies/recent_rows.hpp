#pragma once
// Rows that come one after the other, and how near the nearest of them is.

#include <cstdint>
#include <span>
#include <vector>

namespace latent::space {

/// The last `most` rows that were added, numbered from 0 in the order in which they came. For one query at a time,
/// where others would be prepared for many: all rows are looked at. nearest() is safe from many threads.
class RecentRows {
 public:
  RecentRows(int64_t dim, int64_t most);

  void add(std::span<const float> row);
  int64_t size() const { return size_; }
  int64_t dim() const { return dim_; }

  struct Nearest {
    int64_t row = -1;       ///< its number; -1 if there is none
    double distance = 0.0;  ///< Euclidean; infinity if there is none
  };
  /// The nearest row but those numbered [skip_begin, skip_end).
  Nearest nearest(std::span<const float> query, int64_t skip_begin = 0, int64_t skip_end = 0) const;

 private:
  int64_t dim_, most_, size_ = 0, added_ = 0;
  std::vector<float> rows_;  // the row numbered i stands at i % most
};

}  // namespace latent::space
