#pragma once
// From labels as stored to class numbers and names.

#include <latent/data/sources.hpp>
#include <latent/formats/npy.hpp>

#include <string>
#include <vector>

namespace latent::data {

/// Makes the labels of both parts class numbers of one list and returns the names of the classes. Labels are numbers of
/// parts.class_names where those are given. Otherwise labels within [0, 1000) keep their numbers; others are numbered
/// in ascending order. Names are the numbers as stored, or what label_names call them; labels of texts alone are
/// numbered in the order of the texts. Empty if no part has labels.
/// @throws DataError for a label outside the given names
std::vector<std::string> number_classes(ArrayParts& parts);

/// A text for each sample from an array (N) or (N, 1). @throws DataError for another number of them, and empty ones
std::vector<std::string> label_names_from(const TextArray& y, int64_t samples, const std::string& path);

/// Whole numbers from an array (N) or (N, 1) of labels. @throws DataError for other shapes and for fractions
std::vector<int64_t> labels_from(const Tensor& y, const std::string& path);

}  // namespace latent::data
