#pragma once
// One class has one number: that of the model's training, whatever data it is found in.

#include <latent/data/dataset.hpp>

#include <string>
#include <vector>

namespace latent::data {

/// Numbers the classes of both parts as OpenOptions::class_names promises.
/// @param known  the classes that a model knows, in the order of their numbers
void number_as_known(Source& source, const std::vector<std::string>& known);

/// What samples' classes are called, outside and in files.
struct NamedLabels {
  /// One for each sample: the number that the class's own name is, where all names are whole numbers (classes 1 and 3
  /// of a table are 1 and 3); else its number.
  std::vector<int64_t> numbers;
  std::vector<std::string> names;  ///< one for each sample
};
/// Both empty without labels.
NamedLabels named_labels(const Dataset& samples);
NamedLabels named_labels(std::span<const int64_t> labels, std::span<const std::string> class_names);

}  // namespace latent::data
