#pragma once
// From labels as stored to class numbers and names.

#include <latent/data/sources.hpp>

#include <string>
#include <vector>

namespace latent::data {

/// Makes the labels of both parts class numbers of one list and returns the names of the classes. Labels are numbers of
/// parts.class_names where those are given. Otherwise labels within [0, 1000) keep their numbers; others are numbered
/// in ascending order. Names are the numbers as stored. Empty if no part has labels.
/// @throws DataError for a label outside the given names
std::vector<std::string> number_classes(ArrayParts& parts);

/// Whole numbers from an array (N) or (N, 1) of labels. @throws DataError for other shapes and for fractions
std::vector<int64_t> labels_from(const Tensor& y, const std::string& path);

}  // namespace latent::data
