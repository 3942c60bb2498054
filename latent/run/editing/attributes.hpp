#pragma once
// Directions of attributes among the codes of a run.

#include <latent/data/expressions/attribute.hpp>
#include <latent/run/pictures/pictures.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/editing/directions.hpp>

#include <string>
#include <vector>

namespace latent {

/// An attribute, and which samples have it.
struct AttributeExpression {
  std::string name, expression;
  data::Attribute attribute = {};
  /// The files that it reads: "ids=@FILE".
  std::vector<std::string> files() const;
};
/// For people who gave none, or a malformed one.
constexpr const char* kAttributeAdvice =
    "An attribute is NAME=EXPR, for example --attribute shoe=label=sneaker or --attribute 'old=column=age>60'.";
/// "NAME=EXPR". @throws UsageError for other texts, names of other characters than letters, digits, _ - and ., and
/// expressions that are none
AttributeExpression attribute_from(const std::string& text);

/// One for each sample: whether it is chosen. @throws as data::chosen_by(), also for columns where the model does not
/// know their units
std::vector<char> chosen_samples(const Run& run, const RunData& data, const data::Selection& selection);

/// @throws UsageError for expressions that do not fit the data; IoError for lists that cannot be read
std::vector<space::Attribute> choose_samples(const Run& run, const RunData& data,
                                             const std::vector<AttributeExpression>& expressions);

/// Directions of attributes, and of the first `principal` principal components: joined, with the model's hash.
/// @param codes  (N, D) f32   @throws std::invalid_argument as space::attribute_directions()
space::Directions find_directions(const Run& run, const Tensor& codes, const std::vector<space::Attribute>& attributes,
                                  int64_t principal, const space::AttributeOptions& options);

/// The share of the codes' variance that lies along direction `a`, a principal component.
double variance_share(const space::Directions& directions, int64_t a, const Tensor& codes);

/// One row for each direction, from its midpoint: from -3 to 3 standard deviations.
Picture picture_of_directions(const Run& run, const space::Directions& directions);

}  // namespace latent
