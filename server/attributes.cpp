#include <server/attributes.hpp>

#include <server/routes/common.hpp>

#include <latent/run/editing/attributes.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace latent::server {

namespace {

// Those that are named, against all others.
space::Attribute of_ids(const Session& session, const std::string& name, const Json& ids) {
  std::vector<char> chosen(static_cast<size_t>(session.size()));
  for (const int64_t i : sample_numbers(ids, session)) chosen[static_cast<size_t>(i)] = 1;
  space::Attribute attribute{.name = name, .positive = {}, .negative = {}};
  for (int64_t i = 0; i < session.size(); ++i) {
    (chosen[static_cast<size_t>(i)] != 0 ? attribute.positive : attribute.negative).push_back(i);
  }
  return attribute;
}

space::Attribute of_expression(const Session& session, const std::string& name, const std::string& text) {
  AttributeExpression expression = attribute_from(name + "=" + text);
  if (!expression.files().empty()) throw HttpError(400, "an expression that comes over the network names no files");
  return choose_samples(session.run(), session.data(), {expression}).at(0);
}

}  // namespace

Json Attributes::describe(const Known& known) {
  const double auroc = known.directions.auroc.at(0);
  return {{"name", known.directions.names.at(0)},
          {"vector", row_json(known.directions.vectors, 0)},
          {"auroc", std::isfinite(auroc) ? Json(auroc) : Json(nullptr)},
          {"with", known.with},
          {"without", known.without},
          {"method", known.method}};
}

Json Attributes::list() const {
  const std::lock_guard lock(mutex_);
  Json all = Json::array();
  for (const Known& known : known_) all.push_back(describe(known));
  return all;
}

Json Attributes::add(const Json& request) {
  constexpr size_t kMost = 256, kLongestName = 80;
  const std::string name = text_of(request, "name", std::nullopt);
  const auto is_letter = [](unsigned char c) { return c >= 0x80 || c > ' '; };
  if (name.empty() || name.size() > kLongestName || !std::ranges::all_of(name, is_letter) ||
      name.find_first_of("/=") != std::string::npos) {
    throw HttpError(400, "name: up to 80 letters, digits and signs without blanks, / and = expected");
  }
  const std::string method = text_of(request, "method", "mean");
  const bool has_ids = request.contains("ids");
  if (has_ids == request.contains("expression")) throw HttpError(400, "either ids or an expression is needed");
  const space::Attribute attribute = has_ids
                                         ? of_ids(session_, name, request.at("ids"))
                                         : of_expression(session_, name, text_of(request, "expression", std::nullopt));
  const std::vector<space::Attribute> one = {attribute};
  Known known{.directions =
                  space::attribute_directions(session_.codes(), one, {.method = space::direction_method_from(method)}),
              .with = static_cast<int64_t>(attribute.positive.size()),
              .without = static_cast<int64_t>(attribute.negative.size()),
              .method = method};
  Json json = describe(known);
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [&](const Known& other) { return other.directions.names.at(0) == name; });
  if (known_.size() >= kMost) throw HttpError(400, fmt::format("at most {} attributes are kept", kMost));
  known_.push_back(std::move(known));
  return json;
}

void Attributes::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto removed = std::erase_if(known_, [&](const Known& one) { return one.directions.names.at(0) == name; });
  if (removed == 0) throw HttpError(404, fmt::format("there is no attribute '{}'", name.substr(0, 40)));
}

}  // namespace latent::server
