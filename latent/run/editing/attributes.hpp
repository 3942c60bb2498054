#pragma once
// Directions of attributes among the codes of a run.

#include <latent/run/pictures/pictures.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/editing/directions.hpp>

#include <string>
#include <vector>

namespace latent {

/// An attribute, and which samples have it.
struct AttributeExpression {
  std::string name, expression;  ///< data::choose_sides()
};
/// For people who gave none, or a malformed one.
constexpr const char* kAttributeAdvice =
    "An attribute is NAME=EXPR, for example --attribute shoe=label=sneaker or --attribute 'old=column=age>60'.";
/// "NAME=EXPR". @throws UsageError for other texts, and names of other characters than letters, digits, _ - and .
AttributeExpression attribute_from(const std::string& text);
/// The files that an expression reads: "ids=@FILE".
std::vector<std::string> lists_in(const std::string& expression);

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
