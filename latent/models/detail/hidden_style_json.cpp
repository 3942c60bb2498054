#include <latent/models/detail/hidden_style_json.hpp>

namespace latent {

HiddenStyle style_from(const JsonFields& fields) {
  constexpr double kMostDropout = 0.95;  // beyond it next to nothing would be left to learn from
  HiddenStyle style;
  style.activation = activation_from(printable(std::string_view(fields.text("activation", "relu"))));
  style.normalization = normalization_from(fields.text("normalization", "none"));
  style.dropout = fields.number("dropout", 0.0, 0.0, kMostDropout);
  return style;
}

void write_style(const HiddenStyle& style, nlohmann::json& config) {
  config["activation"] = name_of(style.activation);
  config["normalization"] = name_of(style.normalization);
  if (style.dropout > 0.0) config["dropout"] = style.dropout;
}

}  // namespace latent
