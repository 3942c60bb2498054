#pragma once
// In which columns samples are odd.

#include <latent/space/anomalies/anomaly.hpp>

#include <vector>

namespace latent::space {

/// How far each value is from what the model expects of it, in units of what is usual for its column: (x - x_hat) over
/// the root mean square that this has in the reference. In a column that never varied in the reference any other value
/// is sqrt(M + 1) units off, M rows: as far as one odd row among M + 1 is from the mean in standard deviations, however
/// small the step and whatever the model learned of the column. Immutable after construction.
class ColumnDeviations {
 public:
  /// @param reference  (M, P) x and x_hat
  /// @throws std::invalid_argument for other shapes or types
  explicit ColumnDeviations(const AnomalyFeatures& reference);
  /// @return (N, P) f32, with sign
  /// @throws std::invalid_argument for other shapes or types
  Tensor operator()(const AnomalyFeatures& samples) const;

 private:
  struct Column {
    bool is_constant = false;
    float value = 0.0F;  // of a constant column
    float usual = 1.0F;  // root mean square
  };
  std::vector<Column> columns_;
  float of_changed_constants_ = 1.0F;
};

}  // namespace latent::space
