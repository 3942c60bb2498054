#include <cli/commands/training_options.hpp>

#include <cli/exit_status.hpp>
#include <cli/options.hpp>

#include <latent/models/registry.hpp>

#include <fmt/core.h>

namespace latent::cli {

namespace {

// "passes over the training samples (default: the preset's, else 10)". The data chooses between presets that agree in
// these settings.
std::string with_default(const std::string& description, const char* setting) {
  const nlohmann::json usual = nlohmann::json::parse(preset("vae-mlp").training);
  return fmt::format("{} (default: the preset's, else {})", description, usual.at(setting).dump());
}

}  // namespace

void declare_save_every(Arguments& arguments, double& seconds) {
  arguments
      .add_option(
          "--save-every", seconds,
          "save at the end of an epoch when so much time has passed; 0: each epoch. What a kill loses is at most "
          "twice that or one epoch")
      ->type_name("SECONDS")
      ->check(number(0.0, Bound::closed))
      ->show_default()
      ->group("Training");
}

void TrainingFlags::declare(Arguments& arguments) {
  constexpr int64_t kMany = 1'000'000'000;
  const auto add = [&arguments](const char* name, auto& value, const std::string& description, const char* type,
                                Check check) {
    arguments.add_option(name, value, description)->type_name(type)->check(std::move(check))->group("Training");
  };
  add("--epochs", epochs, with_default("passes over the training samples", "epochs"), "N", whole_number(1, kMany));
  add("--batch", batch, with_default("samples of a step", "batch"), "N", whole_number(1, kMany));
  add("--lr", lr, with_default("learning rate", "lr"), "X", number(0.0, Bound::open));
  arguments.add_option("--optimizer", optimizer, "adam (default), adamw or sgd")->type_name("NAME")->group("Training");
  add("--momentum", momentum, "of sgd (default: 0.9)", "X", number(0.0, Bound::closed, 1.0));
  add("--weight-decay", weight_decay, "shrinks weights (default: 0)", "X", number(0.0, Bound::closed));
  arguments.add_option("--schedule", schedule, "of the learning rate: constant (default), cosine or step")
      ->type_name("NAME")
      ->group("Training");
  add("--warmup", warmup, "epochs in which the learning rate rises from 0", "EPOCHS", number(0.0, Bound::closed));
  add("--clip,--clip-norm", clip, "scale gradients down to this norm", "NORM", number(0.0, Bound::open));
  add("--ema", ema, "decay of an average of the weights that is saved in their place: 0.999", "X",
      number(0.0, Bound::open, 1.0));
  arguments
      .add_option(
          "--corrupt", corrupt,
          "damage what the encoder sees; targets stay clean: gaussian:0.3, salt-pepper:0.2, mask:0.25, blur:1.5, "
          "several (blur:1,gaussian:0.1), ranges (gaussian:0.2-0.6) or none")
      ->type_name("SPEC")
      ->group("Training");
  arguments
      .add_option(
          "--augment", augment,
          "vary images at random each time training takes one: flip mirrors it, shift:0.05 moves it by up to that "
          "share of its sides; flip,shift:0.05 does both, none neither; auto does what leaves images of this data "
          "like this data (default: the preset's: auto of vae-photo)")
      ->type_name("SPEC")
      ->group("Training");
  add("--patience", patience, "stop after so many epochs without a better validation loss, keep the best weights",
      "EPOCHS", whole_number(1, kMany));
}

TrainingOptions TrainingFlags::options(std::string_view preset_training, uint64_t seed, Precision precision) const {
  nlohmann::json options = nlohmann::json::parse(preset_training);
  const auto put = [&options](const char* key, const auto& value) {
    if (value) options[key] = *value;
  };
  put("epochs", epochs);
  put("batch", batch);
  put("lr", lr);
  put("momentum", momentum);
  put("weight_decay", weight_decay);
  put("warmup_epochs", warmup);
  put("clip_norm", clip);
  put("ema", ema);
  put("patience", patience);
  if (!optimizer.empty()) options["optimizer"] = optimizer;
  if (!schedule.empty()) options["schedule"] = schedule;
  if (!augment.empty()) options["augment"] = parse_augmentation(augment).str();
  if (!corrupt.empty()) options["corrupt"] = parse_corruption(corrupt).str();
  options["seed"] = seed;
  options["precision"] = name_of(precision);
  TrainingOptions all = TrainingOptions::from_json(options);
  if (momentum && all.optimizer.name != "sgd") {
    throw UsageError("--momentum belongs to sgd, but the optimizer is " + all.optimizer.name, "Add --optimizer sgd.");
  }
  return all;
}

}  // namespace latent::cli
