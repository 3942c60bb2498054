#pragma once
// Confusion matrices as pictures.

#include <latent/core/tensor.hpp>

#include <string>
#include <vector>

namespace latent::report {

/// What was taken for what: a row for each true class, a column for each predicted one; a cell is the darker the larger
/// its share of the row, and holds that share in per cent where there is room. Names that are too long are shortened.
/// Where there are more than 3,886 classes the most frequent are shown, which is said above them.
/// @param counts       (C, C) i64, not negative, C >= 1
/// @param class_names  of the classes; one without a name is shown as its number
/// @return (3, height, width) u8, at most 4096 x 4096
/// @throws std::invalid_argument for other shapes or types
Tensor confusion_chart(const Tensor& counts, const std::vector<std::string>& class_names);

}  // namespace latent::report
