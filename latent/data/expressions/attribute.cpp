#include <latent/data/expressions/attribute.hpp>

#include <fmt/core.h>

#include <latent/core/error.hpp>
#include <latent/core/tensor.hpp>

namespace latent::data {

Attribute parse_attribute(std::string_view expression) {
  ExpressionCursor cursor(expression, NameEnd::clause);
  Attribute attribute{.positive = parse_selection(cursor), .negative = {}, .middle = cursor.at()};
  if (cursor.take_word("vs")) attribute.negative = parse_selection(cursor);
  if (!cursor.is_at_end()) cursor.fail(cursor.at(), "expected 'and', 'vs' or the end");
  return attribute;
}

Sides choose_sides(const Attribute& attribute, const Dataset& samples, const Transform& transform) {
  LATENT_CHECK(samples.size() > 0, "no samples to choose from");
  const std::vector<char> positive = chosen_by(attribute.positive, samples, transform);
  std::vector<char> negative;
  if (attribute.negative) negative = chosen_by(*attribute.negative, samples, transform);
  Sides sides;
  for (int64_t i = 0; i < samples.size(); ++i) {
    const bool is_positive = positive[static_cast<size_t>(i)] != 0;
    const bool is_negative = attribute.negative ? negative[static_cast<size_t>(i)] != 0 : !is_positive;
    if (is_positive && is_negative) {
      ExpressionCursor::refuse(attribute.middle, fmt::format("sample {} is on both sides", i));
    }
    if (is_positive) sides.positive.push_back(i);
    if (is_negative) sides.negative.push_back(i);
  }
  if (sides.positive.empty()) {
    ExpressionCursor::refuse(0, fmt::format("none of the {} samples is named", samples.size()));
  }
  if (sides.negative.empty()) ExpressionCursor::refuse(attribute.middle, "no sample is on the other side");
  return sides;
}

Sides choose_sides(std::string_view expression, const Dataset& samples, const Transform& transform) {
  return choose_sides(parse_attribute(expression), samples, transform);
}

}  // namespace latent::data
