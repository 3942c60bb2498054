#include <latent/run/training/augmentation.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/training/options.hpp>

#include <fmt/core.h>
#include <cmath>

namespace latent {

namespace {

data::AugmentationChoiceOptions choice_options(const TrainingParts& parts, uint64_t seed) {
  data::AugmentationChoiceOptions options{.seed = seed};
  if (parts.held_out_name == "validation") options.apart = 0.0;
  return options;
}

// "mirrored they are 2.22 times as far from the nearest other image, moved 1.80 times"
std::string ratios_text(const data::AugmentationChoice& choice) {
  std::string text;
  const auto add = [&text](const char* how, const std::optional<double>& ratio) {
    if (!ratio) return;
    text += text.empty() ? fmt::format("{} they are {:.2f} times as far from the nearest other image", how, *ratio)
                         : fmt::format(", {} {:.2f} times", how, *ratio);
  };
  add("mirrored", choice.flip_ratio);
  add("moved", choice.shift_ratio);
  return text;
}

}  // namespace

std::optional<data::AugmentationChoice> decide_augmentation(const TrainingParts& parts, TrainingOptions& options) {
  if (!options.augmentation.automatic) return std::nullopt;
  const data::AugmentationChoice choice = data::choose_augmentation(*parts.once, choice_options(parts, options.seed));
  options.augmentation = choice.augmentation;
  return choice;
}

Json augmentation_record(const data::AugmentationChoice& choice) {
  nlohmann::json record = {{"name", "auto"}, {"chosen", choice.augmentation.str()}};
  constexpr double kDigits = 1e3;
  const auto put = [&record](const char* name, const std::optional<double>& ratio) {
    if (ratio) record[name] = std::round(*ratio * kDigits) / kDigits;
  };
  put("flip", choice.flip_ratio);
  put("shift", choice.shift_ratio);
  return record;
}

std::string augmentation_text(const data::Augmentation& augmentation,
                              const std::optional<data::AugmentationChoice>& choice) {
  std::string text = augmentation.empty() ? "training images stay as they are"
                                          : fmt::format("training images vary at random by {}", augmentation.str());
  if (!choice) return augmentation.empty() ? "" : text + " (--augment none: as they are)";
  const std::string ratios = ratios_text(*choice);
  if (ratios.empty())
    return text + " (--augment auto): too few differ, or they are too small, to tell how they may vary";
  return fmt::format("{} (--augment auto): {}; above {:g} they would not look like the data", text, ratios,
                     data::AugmentationChoiceOptions().most_ratio);
}

}  // namespace latent
