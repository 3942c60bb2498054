#include <latent/run/training/train_options.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/models/critic.hpp>
#include <latent/models/registry.hpp>
#include <latent/probability/slots.hpp>

#include <span>

namespace latent {

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

// "learning rate (default: the preset's; without one 0.001, for tables 0.002)".
std::string with_default(const std::string& description, const char* setting) {
  const auto value_of = [&](const char* name) {
    return nlohmann::json::parse(preset(name).training).at(setting).dump();
  };
  const std::string usual = value_of("vae-mlp"), for_tables = value_of("vae-table");
  return fmt::format("{} (default: the preset's; without one {}{})", description, usual,
                     usual == for_tables ? "" : fmt::format(", for tables {}", for_tables));
}

bool is_in_range(const OptionDescription& option, double value) {
  const bool above = option.low_is_open ? value > option.low : value >= option.low;
  return above && (option.high_is_open ? value < option.high : value <= option.high);
}

std::string range_text(const OptionDescription& option) {
  std::string text;
  if (option.low > -std::numeric_limits<double>::infinity()) {
    text = fmt::format("{} {:.15g}", option.low_is_open ? "above" : "of at least", option.low);
  }
  if (option.high < std::numeric_limits<double>::infinity()) {
    text +=
        fmt::format("{}{} {:.15g}", text.empty() ? "" : ", ", option.high_is_open ? "below" : "at most", option.high);
  }
  return text;
}

}  // namespace

std::vector<OptionField> fields_of(TrainOptions& o) {
  constexpr double kWidest = 1 << 20, kMany = 1e9;
  const std::string kTraining = "Training";
  return {
      {{"model", "NAME",
        "vae, ae (a plain autoencoder), gan or classifier (trained on labels); default: the preset's, else vae"},
       &o.model},
      {{"preset", "NAME", preset_names() + " (default: by the data)"}, &o.preset},
      {{"arch", "NAME", "network: mlp, conv or resnet; conv1d for series"}, &o.arch},
      {{.name = "hidden",
        .type = "N,N,...",
        .help = "width of each hidden layer: 400 or 400,400",
        .low = 1,
        .high = kWidest},
       &o.hidden},
      {{.name = "channels",
        .type = "N,N,...",
        .help = "channels of each convolution: 32,64",
        .low = 1,
        .high = kWidest},
       &o.channels},
      {{.name = "kernel", .type = "N", .help = "side of the convolutions' kernels", .low = 1, .high = 1024}, &o.kernel},
      {{.name = "stride", .type = "N", .help = "stride of the convolutions", .low = 1, .high = 1024}, &o.stride},
      {{"activation", "NAME", "relu, leaky_relu, elu, gelu, silu or tanh"}, &o.activation},
      {{"normalization", "NAME", "none, batch or group"}, &o.normalization},
      {{.name = "dropout",
        .type = "P",
        .help = "share of each hidden layer's values left out at random in training (default: 0)",
        .low = 0,
        .high = 0.95},
       &o.dropout},
      {{.name = "latent-dim", .type = "N", .help = "dimensions of a code", .low = 1, .high = kWidest}, &o.latent_dim},
      {{"posterior", "NAME",
        joined(posterior_names()) + " (none: a plain autoencoder; vq:256x4: entries and codebooks; fsq:16: levels)"},
       &o.posterior},
      {{"prior", "NAME", joined(prior_names()) + "; with components: mixture:100, vamp:500"}, &o.prior},
      {{"objective", "NAME",
        joined(objective_names()) +
            "; tc:stratified or tc:weighted is its estimator, mmd:1000 the weight of the discrepancy"},
       &o.objective},
      {{.name = "num-samples",
        .type = "K",
        .help = "codes drawn for each sample in training: K of iwae and dreg",
        .low = 1,
        .high = 1024},
       &o.num_samples},
      {{"likelihood", "NAME", joined(likelihood_names()) + "; with a scale: gaussian:0.1, gaussian:learned"},
       &o.likelihood},
      {{"loss", "NAME", "everyday names of likelihoods: mse or bce"}, &o.loss},
      {{.name = "beta", .type = "X", .help = "weight of the KL", .low = 0}, &o.beta},
      {{.name = "kl-warmup", .type = "EPOCHS", .help = "epochs in which the weight of the KL rises from 0", .low = 0},
       &o.kl_warmup},
      {{.name = "free-bits", .type = "NATS", .help = "nats of KL in each dimension that cost nothing", .low = 0},
       &o.free_bits},
      {{.name = "label-smoothing",
        .type = "X",
        .help = "share of a class's target that all classes have alike, for classifiers (default: the preset's 0.05)",
        .low = 0,
        .high = 0.9},
       &o.label_smoothing},
      {{"adversarial", "NAME",
        joined(adversarial_loss_names()) +
            " or none, for GANs and for VAEs with a critic; with the weight of the critic's penalty: relativistic:0.5 "
            "(default: the preset's)"},
       &o.adversarial},
      {{.name = "burn-in",
        .type = "EPOCHS",
        .help = "epochs in which the weight of the critic's penalty falls to a tenth (default: 0, it stays)",
        .low = 0},
       &o.burn_in},
      {{.name = "adversarial-weight",
        .type = "X",
        .help = "how much the critic counts, in nats, for VAEs with a critic (default: the preset's)",
        .low = 0},
       &o.adversarial_weight},
      {{.name = "critic-steps",
        .type = "N",
        .help = "steps of the critic for each one of the generator, for GANs (default: 1)",
        .low = 1,
        .high = 100},
       &o.critic_steps},
      {{"epochs", "N", with_default("passes over the training samples", "epochs"), kTraining, "epochs", 1, kMany},
       &o.epochs},
      {{"batch", "N", with_default("samples of a step", "batch"), kTraining, "batch", 1, kMany}, &o.batch},
      {{"lr", "X", with_default("learning rate", "lr"), kTraining, "lr", 0, std::numeric_limits<double>::infinity(),
        true},
       &o.lr},
      {{"optimizer", "NAME", "adam (default), adamw or sgd", kTraining, "optimizer"}, &o.optimizer},
      {{"momentum", "X", "how much of its last step sgd keeps (default: 0.9)", kTraining, "momentum", 0, 1, false,
        true},
       &o.momentum},
      {{"weight-decay", "X", "shrinks weights (default: 0)", kTraining, "weight_decay", 0}, &o.weight_decay},
      {{"schedule", "NAME", "course of the learning rate: constant (default), cosine or step", kTraining, "schedule"},
       &o.schedule},
      {{"warmup", "EPOCHS", "epochs in which the learning rate rises from 0", kTraining, "warmup_epochs", 0},
       &o.warmup},
      {{"clip,--clip-norm", "NORM", "scale gradients down to this norm", kTraining, "clip_norm", 0,
        std::numeric_limits<double>::infinity(), true},
       &o.clip},
      {{"ema", "X", "decay of an average of the weights that is saved in their place: 0.999", kTraining, "ema", 0, 1,
        true, true},
       &o.ema},
      {{"corrupt", "SPEC",
        "damage what the encoder sees; targets stay clean: gaussian:0.3, salt-pepper:0.2, mask:0.25, blur:1.5, several "
        "(blur:1,gaussian:0.1), ranges (gaussian:0.2-0.6) or none",
        kTraining, "corrupt"},
       &o.corrupt},
      {{"augment", "SPEC",
        "vary images at random each time training takes one: flip mirrors it, shift:0.05 moves it by up to that share "
        "of "
        "its sides, cutout:0.3 sets a square to 0; flip,shift:0.05 does both, none neither; auto does what leaves "
        "images of this data like this data "
        "(default: the preset's: auto of vae-photo)",
        kTraining, "augment"},
       &o.augment},
      {{"patience", "EPOCHS", "stop after so many epochs without a better validation loss, keep the best weights",
        kTraining, "patience", 1, kMany},
       &o.patience},
  };
}

void check(const TrainOptions& options) {
  TrainOptions copy = options;
  for (const OptionField& field : fields_of(copy)) {
    const OptionDescription& option = field.description;
    const auto check_number = [&](double value) {
      if (is_in_range(option, value)) return;
      throw UsageError(fmt::format("--{}: a number {} expected, got {:g}", option.name, range_text(option), value));
    };
    if (const auto* whole = std::get_if<std::optional<int64_t>*>(&field.value)) {
      if (**whole) check_number(static_cast<double>(***whole));
    } else if (const auto* number = std::get_if<std::optional<double>*>(&field.value)) {
      if (**number) check_number(***number);
    } else if (const auto* list = std::get_if<std::vector<int64_t>*>(&field.value)) {
      for (const int64_t value : **list) check_number(static_cast<double>(value));
    }
  }
}

}  // namespace latent
