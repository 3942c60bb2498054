#include <latent/models/model_size.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/models/conv_levels.hpp>
#include <latent/models/registry.hpp>
#include <latent/models/vae.hpp>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace latent {

namespace {

using Numbers = std::vector<int64_t>;

constexpr int64_t kMostChannels = 256;
constexpr int64_t kLeastHidden = 8, kLeastBatch = 1;
constexpr int64_t kSmallestBottom = 4;  // pixels: deeper levels would see nothing but padding

Numbers numbers_of(const nlohmann::json& network, const char* key, Numbers fallback) {
  return network.contains(key) ? network.at(key).get<Numbers>() : std::move(fallback);
}

// Adds one level to a network of convolutions. False if the image is too small for another one.
bool add_level(nlohmann::json& network, const nlohmann::json& data_shape) {
  if (!data_shape.is_array() || data_shape.size() != 3) return false;
  Numbers channels = numbers_of(network, "channels", {});
  int64_t side = std::max(data_shape[1].get<int64_t>(), data_shape[2].get<int64_t>());
  const int64_t stride = network.value("stride", int64_t{2});
  if (channels.empty() || stride < 2) return false;
  for (size_t i = 0; i < channels.size(); ++i) side = (side + stride - 1) / stride;
  if (side <= kSmallestBottom) return false;
  channels.push_back(std::max(channels.back(), std::min(2 * channels.back(), kMostChannels)));
  network["channels"] = channels;
  return true;
}

// Makes all hidden layers narrower by a quarter. False if they are as narrow as is any use.
bool narrow_hidden(nlohmann::json& network) {
  Numbers hidden = numbers_of(network, "hidden", {});
  bool changed = false;
  for (int64_t& width : hidden) {
    const int64_t narrower = std::max(kLeastHidden, width * 3 / 4 / 8 * 8);
    changed = changed || narrower < width;
    width = std::min(width, narrower);
  }
  if (changed) network["hidden"] = hidden;
  return changed;
}

// Halves the components of a prior that takes more than its share of the budget. False if it does not.
bool has_fewer_components(nlohmann::json& config, double most_parameters) {
  if (!config.contains("prior") || !config.at("prior").contains("components")) return false;
  if (VaePlan::from(config).prior_parameters <= most_parameters) return false;
  nlohmann::json& prior = config.at("prior");
  const auto components = prior.at("components").get<int64_t>();
  prior["components"] = std::max<int64_t>(1, components / 2);
  return components > 1;
}

std::string change_of(const nlohmann::json& before, const nlohmann::json& after, const char* key) {
  const Numbers old = numbers_of(before, key, {}), now = numbers_of(after, key, {});
  if (old == now) return {};
  return fmt::format("{} {} in place of {}", key, fmt::join(now, ","), fmt::join(old, ","));
}

}  // namespace

ModelSize size_of_model(const Json& config, int64_t batch) {
  // Weight, gradient, Adam's two moments, and a copy of weights and moments to go back to; the copies that are written
  // to a file are short-lived, but come on top.
  constexpr double kFloatsPerWeight = 9;
  // A layer's result is kept until its gradient has gone through; gradients are freed on the way.
  constexpr double kFloatsPerResult = 1.5;
  constexpr double kProgram = 80e6;
  const ModelCosts costs = costs_of(config);
  ModelSize size;
  size.weights = costs.weights;
  size.memory = kProgram + 4.0 * (kFloatsPerWeight * size.weights +
                                  kFloatsPerResult * costs.activations * static_cast<double>(batch));
  return size;
}

FittedModel fit_to_budget(const Json& config, int64_t batch, const Adjustable& adjustable, const SizeBudget& budget) {
  FittedModel fitted{config, batch, {}, {}};
  constexpr double kShareOfPrior = 0.25;
  nlohmann::json changed = *config;
  const nlohmann::json before = changed.at("network"), prior = changed.value("prior", nlohmann::json());
  while (adjustable.network && has_fewer_components(changed, kShareOfPrior * budget.weights)) {
  }
  nlohmann::json& network = changed.at("network");
  fitted.size = size_of_model(changed, batch);
  const auto too_many_weights = [&] { return fitted.size.weights > budget.weights; };
  while (adjustable.network && too_many_weights()) {
    if (!add_level(network, changed.at("data_shape")) && !narrow_hidden(network)) break;
    fitted.size = size_of_model(changed, fitted.batch);
  }
  while (adjustable.batch && fitted.size.memory > budget.memory && fitted.batch > kLeastBatch) {
    fitted.batch = std::max(kLeastBatch, fitted.batch / 2);
    fitted.size = size_of_model(changed, fitted.batch);
  }
  std::vector<std::string> changes = {change_of(before, network, "channels"), change_of(before, network, "hidden")};
  if (prior.contains("components") && prior != changed.at("prior")) {
    changes.push_back(fmt::format("{} components of the prior in place of {}",
                                  changed.at("prior").at("components").get<int64_t>(),
                                  prior.at("components").get<int64_t>()));
  }
  if (fitted.batch != batch) changes.push_back(fmt::format("batches of {} in place of {}", fitted.batch, batch));
  std::erase(changes, "");
  fitted.config = std::move(changed);
  fitted.changes = fmt::format("{}", fmt::join(changes, ", "));
  return fitted;
}

}  // namespace latent
