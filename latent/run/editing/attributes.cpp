#include <latent/run/editing/attributes.hpp>

#include <latent/compression/codec.hpp>
#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/editing/steps.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace latent {

namespace {

// The way from stored to model values of the data's columns.
data::Transform transform_for(const Run& run, const data::Selection& selection) {
  const bool knows_units = run.data && run.data->open.transform;
  LATENT_CHECK(knows_units || !selection.has_columns(), "the model does not say in which units its columns are");
  return run.transform();
}

}  // namespace

AttributeExpression attribute_from(const std::string& text) {
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c >= 0x80;
  };
  if (equals == std::string::npos || name.empty() || !std::ranges::all_of(name, fits)) {
    throw UsageError(fmt::format("--attribute: expected NAME=EXPR with a name of letters, digits, _ - and ., got '{}'",
                                 one_line(text)),
                     kAttributeAdvice);
  }
  AttributeExpression attribute{name, text.substr(equals + 1)};
  try {
    attribute.attribute = data::parse_attribute(attribute.expression);
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--attribute {}={}: {}", name, one_line(attribute.expression), error.what()));
  }
  return attribute;
}

std::vector<std::string> AttributeExpression::files() const {
  std::vector<std::string> all = attribute.positive.files();
  if (attribute.negative) std::ranges::copy(attribute.negative->files(), std::back_inserter(all));
  return all;
}

std::vector<char> chosen_samples(const Run& run, const RunData& data, const data::Selection& selection) {
  return data::chosen_by(selection, *data.samples, transform_for(run, selection));
}

std::vector<space::Attribute> choose_samples(const Run& run, const RunData& data,
                                             const std::vector<AttributeExpression>& expressions) {
  std::vector<space::Attribute> attributes;
  for (const AttributeExpression& expression : expressions) {
    const data::Attribute& attribute = expression.attribute;
    try {
      const data::Selection& first = attribute.positive;
      const bool second_has_columns = attribute.negative && attribute.negative->has_columns();
      const data::Transform transform = transform_for(run, second_has_columns ? *attribute.negative : first);
      data::Sides sides = data::choose_sides(attribute, *data.samples, transform);
      attributes.push_back({expression.name, std::move(sides.positive), std::move(sides.negative)});
    } catch (const std::invalid_argument& error) {
      throw UsageError(
          fmt::format("--attribute {}={}: {}", expression.name, one_line(expression.expression), error.what()));
    }
  }
  return attributes;
}

space::Directions find_directions(const Run& run, const Tensor& codes, const std::vector<space::Attribute>& attributes,
                                  int64_t principal, const space::AttributeOptions& options) {
  space::Directions directions;
  if (attributes.empty()) {
    directions = space::principal_directions(codes, principal);
  } else {
    directions = space::attribute_directions(codes, attributes, options);
    if (principal > 0) directions = space::joined(directions, space::principal_directions(codes, principal));
  }
  directions.model = compression::model_hash(*run.model);
  return directions;
}

double variance_share(const space::Directions& directions, int64_t a, const Tensor& codes) {
  double along = 0.0, total = 0.0;
  for (const double v : directions.vectors.rows(a, a + 1).to_vector()) along += v * v;
  for (int64_t d = 0; d < codes.dim(1); ++d) {
    double sum = 0.0, squares = 0.0;
    for (int64_t i = 0; i < codes.dim(0); ++i) {
      const double value = codes.data<float>()[i * codes.dim(1) + d];
      sum += value;
      squares += value * value;
    }
    total += (squares - sum * sum / static_cast<double>(codes.dim(0))) / static_cast<double>(codes.dim(0) - 1);
  }
  return along / total;
}

Picture picture_of_directions(const Run& run, const space::Directions& directions) {
  constexpr int64_t kSteps = 9;
  const std::vector<double> amounts = linspace(-3.0, 3.0, kSteps);
  Tensor codes = Tensor::empty({directions.size() * kSteps, directions.latent_dim()});
  std::vector<std::string> names;
  for (int64_t a = 0; a < directions.size(); ++a) {
    std::vector<double> amount(static_cast<size_t>(directions.size()));
    for (int64_t step = 0; step < kSteps; ++step) {
      amount[static_cast<size_t>(a)] = amounts[static_cast<size_t>(step)];
      const int64_t at = a * kSteps + step;
      codes.rows(at, at + 1).copy_from(space::edit(directions.midpoints.rows(a, a + 1), directions, amount));
    }
  }
  names.reserve(amounts.size());
  for (const double amount : amounts) names.push_back(signed_text(amount));
  const Tensor x_hat = decode_all(*run.model, codes);
  return picture_of_grid(run, view_of(run, x_hat),
                         {.x = x_hat, .columns = kSteps, .row_names = directions.names, .column_names = names});
}

}  // namespace latent
