#include <cli/model_options.hpp>

#include <cli/exit_status.hpp>
#include <cli/options.hpp>

#include <latent/core/names.hpp>
#include <latent/models/registry.hpp>
#include <latent/probability/slots.hpp>

#include <fmt/core.h>

#include <array>
#include <initializer_list>
#include <utility>

namespace latent::cli {

namespace {

std::string joined(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
  return text;
}

std::string preset_names() {
  std::string text;
  for (const Preset& preset : presets()) text += fmt::format("{}{}", text.empty() ? "" : ", ", preset.name);
  return text;
}

// The preset whose network an architecture brings along.
std::string_view preset_of_arch(std::string_view arch) {
  constexpr std::array<std::string_view, 3> kArchs = {"mlp", "conv", "resnet"};
  if (arch == "mlp") return "vae-mlp";
  if (arch == "conv") return "vae-conv";
  if (arch == "resnet") return "vae-photo";
  unknown_name("architecture", arch, kArchs);
}

// "vamp:500": a choice, and after a colon the setting that belongs to it.
nlohmann::json with_main_setting(const std::string& text, const char* slot,
                                 std::initializer_list<std::pair<std::string_view, const char*>> settings) {
  const size_t colon = text.find(':');
  const std::string chosen = text.substr(0, colon);
  nlohmann::json config = {{"name", chosen}};
  if (colon == std::string::npos) return config;
  for (const auto& [name, setting] : settings) {
    if (chosen != name) continue;
    const std::string value = text.substr(colon + 1);
    if (const std::string problem = whole_number(1, 1 << 20)(value); !problem.empty()) {
      throw UsageError(fmt::format("--{} {}: {}: {}", slot, text, setting, problem));
    }
    config[setting] = std::stoll(value);
    return config;
  }
  throw UsageError(fmt::format("--{0} {1}: a {0} '{2}' takes no number", slot, text, chosen));
}

nlohmann::json model_of_preset(std::string_view name) { return nlohmann::json::parse(preset(name).model); }

}  // namespace

void ModelOptions::declare(Arguments& arguments) {
  constexpr int64_t kWidest = 1 << 20;
  const auto text = [&arguments](const char* name, std::string& value, const std::string& description,
                                 const char* type) {
    arguments.add_option(name, value, description)->type_name(type)->group("Model");
  };
  text("--preset", preset, preset_names() + " (default: by the data)", "NAME");
  text("--arch", arch, "network: mlp, conv or resnet", "NAME");
  arguments.add_option("--hidden", hidden, "width of each hidden layer: 400 or 400,400")
      ->type_name("N,N,...")
      ->check(whole_number_list(1, kWidest))
      ->group("Model");
  arguments.add_option("--channels", channels, "channels of each convolution: 32,64")
      ->type_name("N,N,...")
      ->check(whole_number_list(1, kWidest))
      ->group("Model");
  arguments.add_option("--kernel", kernel, "side of the convolutions' kernels")
      ->type_name("N")
      ->check(whole_number(1, 1024))
      ->group("Model");
  arguments.add_option("--stride", stride, "stride of the convolutions")
      ->type_name("N")
      ->check(whole_number(1, 1024))
      ->group("Model");
  text("--activation", activation, "relu, leaky_relu, elu, gelu, silu or tanh", "NAME");
  text("--normalization", normalization, "none, batch or group", "NAME");
  arguments
      .add_option("--dropout", dropout,
                  "share of each hidden layer's values left out at random in training (default: 0)")
      ->type_name("P")
      ->check(number(0.0, Bound::closed, 0.95, Bound::closed))
      ->group("Model");
  arguments.add_option("--latent-dim", latent_dim, "dimensions of a code")
      ->type_name("N")
      ->check(whole_number(1, kWidest))
      ->group("Model");
  text("--posterior", posterior, joined(posterior_names()) + " (none: a plain autoencoder)", "NAME");
  text("--prior", prior, joined(prior_names()), "NAME");
  text("--objective", objective, joined(objective_names()), "NAME");
  arguments.add_option("--num-samples", num_samples, "codes drawn for each sample in training: K of iwae and dreg")
      ->type_name("K")
      ->check(whole_number(1, 1024))
      ->group("Model");
  text("--likelihood", likelihood, joined(likelihood_names()) + "; with a scale: gaussian:0.1, gaussian:learned",
       "NAME");
  text("--loss", loss, "everyday names of likelihoods: mse or bce", "NAME");
  arguments.add_option("--beta", beta, "weight of the KL")
      ->type_name("X")
      ->check(number(0.0, Bound::closed))
      ->group("Model");
  arguments.add_option("--kl-warmup", kl_warmup, "epochs in which the weight of the KL rises from 0")
      ->type_name("EPOCHS")
      ->check(number(0.0, Bound::closed))
      ->group("Model");
  arguments.add_option("--free-bits", free_bits, "nats of KL in each dimension that cost nothing")
      ->type_name("NATS")
      ->check(number(0.0, Bound::closed))
      ->group("Model");
}

InputForm input_form_of(const data::Source& source) {
  const data::Dataset& samples = *source.train;
  if (!samples.is_standardised()) return InputForm::pixels;
  const bool has_channels = samples.kind() == data::Kind::images && source.transform.shift.size() > 1;
  return has_channels && samples.sample_shape()[0] == 1 ? InputForm::series : InputForm::standardised;
}

std::string ModelOptions::preset_name(data::Kind kind, InputForm form) const {
  if (!preset.empty()) return std::string(latent::preset(preset).name);
  if (!arch.empty()) return std::string(preset_of_arch(arch));
  if (kind == data::Kind::table) return "vae-table";
  return kind == data::Kind::images && form != InputForm::series ? "vae-conv" : "vae-mlp";
}

nlohmann::json ModelOptions::network(const nlohmann::json& of_preset, data::Kind kind) const {
  nlohmann::json network = of_preset;
  if (!arch.empty() && network.at("name") != arch) network = model_of_preset(preset_of_arch(arch)).at("network");
  const std::string name = network.at("name");
  const bool is_conv = name == "conv", is_mlp = name == "mlp";
  if (!is_mlp && kind != data::Kind::images) {
    throw UsageError(fmt::format("convolutions need images, but the data is {} {}",
                                 kind == data::Kind::array ? "an" : "a", data::name_of(kind)),
                     "Use --arch mlp.");
  }
  if (is_mlp && (!channels.empty() || kernel || stride)) {
    throw UsageError("--channels, --kernel and --stride belong to convolutions, but the network is an mlp",
                     "Add --arch conv.");
  }
  if (!is_mlp && !is_conv &&
      (!hidden.empty() || kernel || stride || !activation.empty() || !normalization.empty() || dropout)) {
    throw UsageError(
        fmt::format("--hidden, --kernel, --stride, --activation, --normalization and --dropout do not fit the "
                    "network {}; it takes --channels",
                    name),
        "Use --arch conv for those.");
  }
  if (!hidden.empty()) network["hidden"] = parse_list(hidden);
  if (!channels.empty()) network["channels"] = parse_list(channels);
  if (kernel) network["kernel"] = *kernel;
  if (stride) network["stride"] = *stride;
  if (!activation.empty()) network["activation"] = activation;
  if (!normalization.empty()) network["normalization"] = normalization;
  if (dropout) network["dropout"] = *dropout;
  return network;
}

// "gaussian", "gaussian:0.1" or "gaussian:learned".
nlohmann::json ModelOptions::likelihood_config() const {
  if (!loss.empty()) {
    constexpr std::array<std::string_view, 2> kLosses = {"mse", "bce"};
    if (!likelihood.empty()) throw UsageError("--loss and --likelihood say the same thing: give one of them");
    if (loss == "mse") return {{"name", "gaussian"}};
    if (loss == "bce") return {{"name", "bernoulli"}};
    unknown_name("loss", loss, kLosses);
  }
  const size_t colon = likelihood.find(':');
  nlohmann::json config = {{"name", likelihood.substr(0, colon)}};
  if (colon == std::string::npos) return config;
  const std::string scale = likelihood.substr(colon + 1);
  if (scale == "learned") {
    config["scale"] = scale;
  } else {
    if (const std::string problem = number(0.0, Bound::open)(scale); !problem.empty()) {
      throw UsageError(fmt::format("--likelihood {}: the scale: {}, or learned", likelihood, problem));
    }
    config["scale"] = std::stod(scale);
  }
  return config;
}

bool ModelOptions::takes_numbers() const {
  nlohmann::json config;
  if (!likelihood.empty() || !loss.empty()) {
    config = likelihood_config();
  } else if (!preset.empty()) {
    config = model_of_preset(latent::preset(preset).name).at("likelihood");
  } else {
    return false;
  }
  Rng rng(0);
  return make_likelihood(config, {.data_shape = {}, .rng = rng})->takes_numbers();
}

// A plain autoencoder is sampled from a Gaussian fitted to its codes; a variational one from its prior.
void ModelOptions::set_posterior(nlohmann::json& config, const Shape& data_shape) const {
  if (posterior.empty()) return;
  const nlohmann::json chosen = with_main_setting(posterior, "posterior", {{"vq", "entries"}});
  if (config.at("posterior") == chosen) return;
  const bool same_kind = config.at("posterior").at("name") == chosen.at("name");
  config["posterior"] = chosen;
  if (same_kind) return;
  Rng rng(0);
  const bool has_density =
      make_posterior(
          chosen,
          {.data_shape = data_shape, .features = 1, .latent_dim = config.at("latent_dim").get<int64_t>(), .rng = rng})
          ->has_density();
  config["model"] = has_density ? "vae" : "ae";
  config["prior"] = {{"name", has_density ? "normal" : "fitted-gaussian"}};
}

void ModelOptions::set_objective(nlohmann::json& config) const {
  nlohmann::json& of_model = config["objective"];
  if (!objective.empty() && of_model.at("name") != objective) of_model = {{"name", objective}};
  if (num_samples) of_model["num_samples"] = *num_samples;
  if (beta) of_model["beta"] = *beta;
  if (kl_warmup) of_model["kl_warmup_epochs"] = *kl_warmup;
  if (free_bits) of_model["free_bits"] = *free_bits;
}

nlohmann::json ModelOptions::config(data::Kind kind, const Shape& data_shape, InputForm form) const {
  nlohmann::json config = model_of_preset(preset_name(kind, form));
  config["data_shape"] = std::vector<int64_t>(data_shape.sizes().begin(), data_shape.sizes().end());
  config["network"] = network(config.at("network"), kind);
  if (latent_dim) config["latent_dim"] = *latent_dim;
  set_posterior(config, data_shape);
  if (!prior.empty()) {
    config["prior"] = with_main_setting(prior, "prior", {{"mixture", "components"}, {"vamp", "components"}});
  }
  // Flat arrays and arrays of numbers beyond [0, 1] are standardised: a Gaussian, unless the user said something else.
  // The columns of a table have a likelihood of their own each.
  const bool is_standardised = kind != data::Kind::images || form != InputForm::pixels;
  if (!likelihood.empty() || !loss.empty()) {
    config["likelihood"] = likelihood_config();
  } else if (preset.empty() && kind == data::Kind::table) {
    config["likelihood"] = model_of_preset("vae-table").at("likelihood");
  } else if (preset.empty() && is_standardised) {
    config["likelihood"] = {{"name", "gaussian"}};
  }
  set_objective(config);
  return config;
}

FittedModel ModelOptions::fitted(const nlohmann::json& config, int64_t batch, bool batch_was_given) const {
  const bool size_was_given =
      !hidden.empty() || !channels.empty() || kernel || stride || prior.find(':') != std::string::npos;
  return fit_to_budget(config, batch, {.network = !size_was_given, .batch = !batch_was_given});
}

std::string ModelOptions::loss_note(const nlohmann::json& config) const {
  if (loss == "bce") {
    return "--loss bce is --likelihood bernoulli: binary cross-entropy, summed over the values of a sample";
  }
  if (loss != "mse") return {};
  const double scale = config.at("likelihood").at("scale").get<double>();
  return fmt::format(
      "--loss mse is --likelihood gaussian:{0}: squared error / (2 * {0}^2) + a constant, summed over the values of a "
      "sample",
      scale);
}

}  // namespace latent::cli
