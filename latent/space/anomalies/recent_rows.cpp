#include <latent/space/anomalies/recent_rows.hpp>

#include <latent/core/error.hpp>
#include <latent/kernels/distance.hpp>
#include <latent/kernels/row_products.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent::space {

RecentRows::RecentRows(int64_t dim, int64_t most) : dim_(dim), most_(most) {
  LATENT_CHECK(dim >= 1 && most >= 1, "[RecentRows] rows of at least 1 value, and room for 1 expected, got {}, {}", dim,
               most);
}

void RecentRows::add(std::span<const float> row) {
  LATENT_CHECK(static_cast<int64_t>(row.size()) == dim_, "[RecentRows] a row of {} values expected, got {}", dim_,
               row.size());
  if (size_ < most_) {
    rows_.insert(rows_.end(), row.begin(), row.end());
    ++size_;
  } else {
    std::ranges::copy(row, rows_.begin() + (added_ % most_) * dim_);
  }
  ++added_;
}

RecentRows::Nearest RecentRows::nearest(std::span<const float> query, int64_t skip_begin, int64_t skip_end) const {
  LATENT_CHECK(static_cast<int64_t>(query.size()) == dim_, "[RecentRows] a query of {} values expected, got {}", dim_,
               query.size());
  constexpr int64_t kAtOnce = 512;
  float dots[kAtOnce], squares[kAtOnce];
  Nearest best{-1, std::numeric_limits<double>::infinity()};
  float least = std::numeric_limits<float>::infinity();
  const int64_t first = added_ - size_;  // the oldest that is left
  for (int64_t begin = 0; begin < size_; begin += kAtOnce) {
    const int64_t count = std::min(kAtOnce, size_ - begin);
    kernels::row_products(count, dim_, rows_.data() + begin * dim_, query.data(), dots, squares);
    for (int64_t i = 0; i < count; ++i) {
      const float value = squares[i] - 2.0F * dots[i];
      if (!(value < least)) continue;
      const int64_t place = begin + i;
      const int64_t number = first + (place - first % most_ + most_) % most_;
      if (number >= skip_begin && number < skip_end) continue;
      least = value;
      best.row = number;
    }
  }
  if (best.row < 0) return best;
  // Products lose the small differences that near rows have; the one that was found is measured again.
  const float* row = rows_.data() + (best.row % most_) * dim_;
  best.distance = std::sqrt(kernels::squared_distance(dim_, query.data(), row));
  return best;
}

}  // namespace latent::space
