#include <latent/run/training/model_choice.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/core/names.hpp>
#include <latent/core/text.hpp>
#include <latent/models/critic.hpp>
#include <latent/models/registry.hpp>
#include <latent/models/wave_network.hpp>
#include <latent/probability/slots.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace latent {

namespace {

using nlohmann::json;

// The preset whose network an architecture brings along.
std::string_view preset_of_arch(std::string_view arch) {
  constexpr std::array<std::string_view, 4> kArchs = {"mlp", "conv", "resnet", "conv1d"};
  if (arch == "mlp") return "vae-mlp";
  if (arch == "conv") return "vae-conv";
  if (arch == "resnet") return "vae-photo";
  if (arch == "conv1d") return "vae-series";
  unknown_name("architecture", arch, kArchs);
}

// A setting that stands behind a choice and a colon, and what it is read as.
struct MainSetting {
  std::string_view choice;
  const char* key;
  enum class Type : uint8_t { count, counts, number, name } type = Type::count;
  const char* second_key = nullptr;  ///< of counts: "256x8"
};

void read_setting(const std::string& flag, const MainSetting& setting, const std::string& value, json& config) {
  using Type = MainSetting::Type;
  constexpr int64_t kMost = 1 << 20;
  const auto take_count = [&](const char* key, const std::string& text) {
    const auto number = parse_number<int64_t>(text);
    if (!number || *number < 1 || *number > kMost) {
      throw UsageError(fmt::format("{}: {}: expected a whole number from 1 to {}, got '{}'", flag, key, kMost, text));
    }
    config[key] = *number;
  };
  if (setting.type == Type::name) {
    config[setting.key] = value;
  } else if (setting.type == Type::number) {
    const auto number = parse_number<double>(value);
    if (!number || !std::isfinite(*number)) {
      throw UsageError(fmt::format("{}: {}: expected a number, got '{}'", flag, setting.key, value));
    }
    config[setting.key] = *number;
  } else {
    const size_t times = setting.type == Type::counts ? value.find('x') : std::string::npos;
    take_count(setting.key, value.substr(0, times));
    if (times != std::string::npos) take_count(setting.second_key, value.substr(times + 1));
  }
}

// "vamp:500": a choice, and after a colon the setting that belongs to it.
json with_main_setting(const std::string& text, const char* slot, std::initializer_list<MainSetting> settings) {
  const size_t colon = text.find(':');
  const std::string chosen = text.substr(0, colon);
  json config = {{"name", chosen}};
  if (colon == std::string::npos) return config;
  for (const MainSetting& setting : settings) {
    if (chosen != setting.choice) continue;
    read_setting(fmt::format("--{} {}", slot, text), setting, text.substr(colon + 1), config);
    return config;
  }
  throw UsageError(fmt::format("--{} {}: {} '{}' takes no setting", slot, text, slot, chosen));
}

json model_of_preset(std::string_view name) { return json::parse(preset(name).model); }

json network_config(const TrainOptions& o, const json& of_preset, const data::Kind& kind) {
  json network = of_preset;
  if (!o.arch.empty() && network.at("name") != o.arch) network = model_of_preset(preset_of_arch(o.arch)).at("network");
  const std::string name = network.at("name");
  const bool is_conv = name == "conv", is_mlp = name == "mlp", is_wave = name == "wave";
  const bool is_in_time = name == "conv1d", are_series = kind == data::Kind::series;
  if (is_in_time && !are_series) {
    throw UsageError(fmt::format("the network conv1d needs series, but the data is {}", kind.described()),
                     "--window STEPS makes series of rows that follow each other in time.");
  }
  if (!is_mlp && !is_wave && !is_in_time && !kind.is_spatial) {
    throw UsageError(fmt::format("convolutions need images, but the data is {}", kind.described()),
                     are_series ? "Use --arch conv1d." : "Use --arch mlp.");
  }
  if (is_mlp && (!o.channels.empty() || o.kernel || o.stride)) {
    throw UsageError("--channels, --kernel and --stride belong to convolutions, but the network is an mlp",
                     "Add --arch conv.");
  }
  const bool has_other_settings = !o.hidden.empty() || o.kernel || o.stride || !o.activation.empty() || o.dropout;
  if (!is_mlp && !is_conv && (has_other_settings || !o.normalization.empty())) {
    throw UsageError(
        fmt::format("--hidden, --kernel, --stride, --activation, --normalization and --dropout do not fit the "
                    "network {}; it takes --channels",
                    name),
        "Use --arch conv for those.");
  }
  if (!o.hidden.empty()) network["hidden"] = o.hidden;
  if (!o.channels.empty()) network["channels"] = o.channels;
  if (o.kernel) network["kernel"] = *o.kernel;
  if (o.stride) network["stride"] = *o.stride;
  if (!o.activation.empty()) network["activation"] = o.activation;
  if (o.dropout) network["dropout"] = *o.dropout;
  if (!o.normalization.empty()) network["normalization"] = o.normalization;
  return network;
}

constexpr std::string_view kClassifier = "classifier", kGan = "gan";

std::string model_named(const std::string& name) {
  constexpr std::array<std::string_view, 4> kModels = {"vae", "ae", kClassifier, kGan};
  if (std::ranges::find(kModels, name) == kModels.end()) unknown_name("model", name, kModels);
  return name;
}

// Models that options cannot turn into each other: "autoencoder", or their own name.
std::string_view family_of(std::string_view model) {
  return model == kClassifier ? kClassifier : model == kGan ? kGan : "autoencoder";
}

// The first option given that only models with a code between encoder and decoder have.
const char* option_of_autoencoders(const TrainOptions& o) {
  if (!o.posterior.empty()) return "--posterior";
  if (!o.prior.empty()) return "--prior";
  if (!o.objective.empty()) return "--objective";
  if (o.num_samples) return "--num-samples";
  if (!o.likelihood.empty()) return "--likelihood";
  if (!o.loss.empty()) return "--loss";
  if (o.beta) return "--beta";
  if (o.kl_warmup) return "--kl-warmup";
  return o.free_bits ? "--free-bits" : nullptr;
}

// The first option given that only models with a critic have.
const char* option_of_gans(const TrainOptions& o) {
  if (!o.adversarial.empty()) return "--adversarial";
  if (o.burn_in) return "--burn-in";
  if (o.adversarial_weight) return "--adversarial-weight";
  return o.critic_steps ? "--critic-steps" : nullptr;
}

// The preset of a classifier with every option given in its place.
json classifier_config(const TrainOptions& o, json config, const data::Kind& kind, int64_t classes) {
  const char* of_others = !o.arch.empty() ? "--arch" : option_of_autoencoders(o);
  if (of_others == nullptr) of_others = option_of_gans(o);
  if (of_others != nullptr) {
    throw UsageError(fmt::format("{} does not fit a classifier", of_others),
                     "Its presets are cnn, cnn-small and mlp; --channels, --hidden, --latent-dim, --dropout and "
                     "--label-smoothing change them.");
  }
  json& network = config["network"];
  const bool is_cnn = network.at("name") == "cnn";
  if (is_cnn && !kind.is_spatial) {
    throw UsageError(fmt::format("convolutions need images, but the data is {}", kind.described()),
                     "Use --preset mlp.");
  }
  const bool has_mlp_settings = !o.hidden.empty() || !o.activation.empty() || !o.normalization.empty();
  if (is_cnn ? has_mlp_settings || o.kernel || o.stride : !o.channels.empty() || o.kernel || o.stride) {
    throw UsageError(is_cnn ? "--hidden, --kernel, --stride, --activation and --normalization do not fit the network "
                              "cnn; it takes --channels"
                            : "--channels, --kernel and --stride belong to convolutions, but the network is an mlp",
                     is_cnn ? "Use --preset mlp for those." : "Use --preset cnn.");
  }
  if (classes < 2) {
    throw UsageError(classes == 0 ? "a classifier learns from labels, and the data has none"
                                  : "a classifier needs at least two classes, and the data has one",
                     classes == 0 ? "Tables: --label-column NAME. Pictures: a folder for each class." : "");
  }
  if (!o.channels.empty()) network["channels"] = o.channels;
  if (!o.hidden.empty()) network["hidden"] = o.hidden;
  if (!o.activation.empty()) network["activation"] = o.activation;
  if (!o.normalization.empty()) network["normalization"] = o.normalization;
  if (o.dropout && !is_cnn) network["dropout"] = *o.dropout;
  if (o.dropout) config["dropout"] = *o.dropout;
  if (o.label_smoothing) config["label_smoothing"] = *o.label_smoothing;
  config["classes"] = classes;
  return config;
}

// "relativistic:0.5": the game, and the weight of its penalty.
void set_adversarial(const TrainOptions& o, json& loss) {
  if (!o.adversarial.empty()) {
    using Type = MainSetting::Type;
    const json chosen = with_main_setting(o.adversarial, "adversarial",
                                          {{"relativistic", "gamma", Type::number},
                                           {"non-saturating", "gamma", Type::number},
                                           {"hinge", "gamma", Type::number},
                                           {"wgan-gp", "gamma", Type::number}});
    if (loss.at("name") != chosen.at("name")) loss = {{"penalty_every", loss.value("penalty_every", 1)}};
    if (chosen.contains("gamma")) loss.erase("gamma_end");
    loss.update(chosen);
  }
  if (!o.burn_in) return;
  constexpr double kShareLeft = 0.1;  // as in the source: arXiv:2501.05441, appendix
  const double gamma = AdversarialOptions::from(loss).gamma;
  loss.update({{"gamma", gamma}, {"gamma_end", kShareLeft * gamma}, {"burn_in_epochs", *o.burn_in}});
}

// The critic of a VAE: its preset's, or one that an option asks for.
void set_critic(const TrainOptions& o, json& config) {
  const bool has_critic = config.contains("critic");
  if (o.adversarial == "none") {
    config.erase("critic");
    return;
  }
  if (!has_critic && o.adversarial.empty()) {
    if (!o.burn_in && !o.adversarial_weight) return;
    throw UsageError(
        fmt::format("{} belongs to models with a critic", o.burn_in ? "--burn-in" : "--adversarial-weight"),
        "Add --adversarial relativistic, --preset vae-gan or --model gan.");
  }
  if (!has_critic) config["critic"] = json::parse(preset("vae-gan").model).at("critic");
  set_adversarial(o, config["critic"]["loss"]);
  if (o.adversarial_weight) config["critic"]["weight"] = *o.adversarial_weight;
}

// The preset of a GAN with every option given in its place.
json gan_config(const TrainOptions& o, json config, const data::Kind& kind, InputForm form) {
  if (const char* option = option_of_autoencoders(o)) {
    throw UsageError(
        fmt::format("{} does not fit a gan", option),
        "Its presets are gan-conv and gan-mlp; --adversarial, --critic-steps, --latent-dim and the options "
        "of its network change them.");
  }
  if (o.adversarial_weight) {
    throw UsageError("--adversarial-weight does not fit a gan: nothing else teaches its generator",
                     "It is for VAEs with a critic: --preset vae-gan.");
  }
  if (o.patience) {
    throw UsageError("--patience does not fit a gan: its losses do not say how good its samples are",
                     "latent evaluate RUN --samples 10000 --features CNN_RUN does.");
  }
  if (!o.corrupt.empty() && o.corrupt != "none") {
    throw UsageError("--corrupt does not fit a gan: nothing of it sees damaged samples", "Leave it out.");
  }
  config["network"] = network_config(o, config.at("network"), kind);
  if (!o.arch.empty() && o.activation.empty()) config["network"]["activation"] = "leaky_relu";
  config["output"] = form == InputForm::pixels ? "sigmoid" : "linear";
  set_adversarial(o, config["loss"]);
  if (o.critic_steps) config["critic_steps"] = *o.critic_steps;
  return config;
}

// The code of a network of frames is as long as the sound asks for: --latent-dim is that of a frame.
void set_frames(const TrainOptions& o, json& config, const Shape& data_shape) {
  if (config.at("network").at("name") != "wave") return;
  if (data_shape.ndim() != 2) {
    throw UsageError("a network 'wave' is for sounds as waves", "Add --sound wave, or use another preset.");
  }
  if (o.latent_dim) config["network"]["frame_dim"] = *o.latent_dim;
  config["latent_dim"] = wave_frames(config["network"])->latent_dim(data_shape[1]);
}

// "gaussian", "gaussian:0.1" or "gaussian:learned".
json likelihood_config(const TrainOptions& o) {
  if (!o.loss.empty()) {
    constexpr std::array<std::string_view, 2> kLosses = {"mse", "bce"};
    if (!o.likelihood.empty()) throw UsageError("--loss and --likelihood say the same thing: give one of them");
    if (o.loss == "mse") return {{"name", "gaussian"}};
    if (o.loss == "bce") return {{"name", "bernoulli"}};
    unknown_name("loss", o.loss, kLosses);
  }
  const size_t colon = o.likelihood.find(':');
  json config = {{"name", o.likelihood.substr(0, colon)}};
  if (colon == std::string::npos) return config;
  const std::string scale = o.likelihood.substr(colon + 1);
  if (scale == "learned") {
    config["scale"] = scale;
    return config;
  }
  const auto number = parse_number<double>(scale);
  if (!number || !std::isfinite(*number) || *number <= 0.0) {
    throw UsageError(fmt::format("--likelihood {}: the scale: expected a number above 0, got '{}', or learned",
                                 o.likelihood, scale));
  }
  config["scale"] = *number;
  return config;
}

// A plain autoencoder is sampled from a Gaussian fitted to its codes; a variational one from its prior.
void set_posterior(const TrainOptions& o, json& config, const Shape& data_shape) {
  if (o.posterior.empty()) return;
  const json chosen = with_main_setting(o.posterior, "posterior",
                                        {{"vq", "entries", MainSetting::Type::counts, "codebooks"}, {"fsq", "levels"}});
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

void set_objective(const TrainOptions& o, json& config) {
  json& of_model = config["objective"];
  if (!o.objective.empty()) {
    const json chosen =
        with_main_setting(o.objective, "objective",
                          {{"tc", "estimator", MainSetting::Type::name}, {"mmd", "lambda", MainSetting::Type::number}});
    if (of_model.at("name") != chosen.at("name")) of_model = json::object();
    of_model.update(chosen);
  }
  if (o.num_samples) of_model["num_samples"] = *o.num_samples;
  if (o.beta) of_model["beta"] = *o.beta;
  if (o.kl_warmup) of_model["kl_warmup_epochs"] = *o.kl_warmup;
  if (o.free_bits) of_model["free_bits"] = *o.free_bits;
}

}  // namespace

InputForm input_form_of(const data::Source& source) {
  const data::Dataset& samples = *source.train;
  if (!samples.is_standardised()) return InputForm::pixels;
  const bool has_channels = samples.kind().is_spatial && source.transform.shift.size() > 1;
  return has_channels && samples.sample_shape()[0] == 1 ? InputForm::series : InputForm::standardised;
}

std::string preset_name(const TrainOptions& options, const data::Kind& kind, InputForm form) {
  const std::string model = options.model.empty() ? "" : model_named(options.model);
  std::string name;
  if (!options.preset.empty()) {
    name = preset(options.preset).name;
  } else if (model == kClassifier) {
    name = kind.is_spatial ? "cnn" : "mlp";
  } else if (model == kGan) {
    const bool is_conv = options.arch.empty() ? kind.is_spatial : options.arch == "conv";
    name = is_conv ? "gan-conv" : "gan-mlp";
  } else if (!options.arch.empty()) {
    name = preset_of_arch(options.arch);
  } else {
    name = run_kind(kind).preset(form);
  }
  if (model.empty()) return name;
  if (family_of(model_of_preset(name).at("model").get<std::string>()) != family_of(model)) {
    throw UsageError(fmt::format("--model {} and --preset {}, which is a model of another kind", model, name));
  }
  return name;
}

Json model_config(const TrainOptions& options, const data::Kind& kind, const Shape& data_shape, InputForm form,
                  int64_t classes) {
  json config = model_of_preset(preset_name(options, kind, form));
  config["data_shape"] = std::vector<int64_t>(data_shape.sizes().begin(), data_shape.sizes().end());
  if (options.latent_dim) config["latent_dim"] = *options.latent_dim;
  if (config.at("model") == kClassifier) return classifier_config(options, std::move(config), kind, classes);
  if (options.label_smoothing) throw UsageError("--label-smoothing belongs to classifiers", "Add --model classifier.");
  if (config.at("model") == kGan) return gan_config(options, std::move(config), kind, form);
  if (options.critic_steps) throw UsageError("--critic-steps belongs to GANs", "Add --model gan.");
  config["network"] = network_config(options, config.at("network"), kind);
  set_frames(options, config, data_shape);
  if (options.model == "ae" && options.posterior.empty()) {
    TrainOptions plain = options;
    plain.posterior = "none";
    set_posterior(plain, config, data_shape);
  }
  set_posterior(options, config, data_shape);
  if (!options.prior.empty()) {
    config["prior"] = with_main_setting(options.prior, "prior", {{"mixture", "components"}, {"vamp", "components"}});
  }
  if (!options.likelihood.empty() || !options.loss.empty()) {
    config["likelihood"] = likelihood_config(options);
  } else if (const auto usual = run_kind(kind).likelihood(form); options.preset.empty() && !usual.empty()) {
    config["likelihood"] = {{"name", usual}};
  }
  set_objective(options, config);
  set_critic(options, config);
  if (!options.model.empty() && config.at("model") != options.model) {
    throw UsageError(fmt::format("--model {0}, but the other options make a model of kind '{1}'", options.model,
                                 config.at("model").get<std::string>()));
  }
  return config;
}

bool takes_numbers(const TrainOptions& options) {
  json config;
  if (!options.likelihood.empty() || !options.loss.empty()) {
    config = likelihood_config(options);
  } else if (!options.preset.empty()) {
    config = model_of_preset(preset(options.preset).name);
    if (!config.contains("likelihood")) return false;
    config = json(config.at("likelihood"));
  } else {
    return false;
  }
  Rng rng(0);
  return make_likelihood(config, {.data_shape = {}, .rng = rng})->takes_numbers();
}

FittedModel fitted_model(const TrainOptions& options, const Json& config, int64_t batch) {
  const bool size_was_given = !options.hidden.empty() || !options.channels.empty() || options.kernel ||
                              options.stride || options.prior.find(':') != std::string::npos;
  return fit_to_budget(config, batch, {.network = !size_was_given, .batch = !options.batch.has_value()});
}

std::string loss_note(const TrainOptions& options, const Json& config) {
  if (options.loss == "bce") {
    return "--loss bce is --likelihood bernoulli: binary cross-entropy, summed over the values of a sample";
  }
  if (options.loss != "mse") return {};
  const double scale = config->at("likelihood").at("scale").get<double>();
  return fmt::format(
      "--loss mse is --likelihood gaussian:{0}: squared error / (2 * {0}^2) + a constant, summed over the values of a "
      "sample",
      scale);
}

}  // namespace latent
