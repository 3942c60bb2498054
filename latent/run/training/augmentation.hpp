#pragma once
// What training images vary in, where the data decides it (--augment auto).

#include <latent/core/json.hpp>
#include <latent/data/augmentation_choice.hpp>
#include <latent/run/training/train.hpp>

#include <optional>
#include <string>

namespace latent {

/// Puts what the training images say in the place of `auto` in `options`; nothing where that is not asked for.
/// Where held-out samples are a random part of the same data, new images are taken to be like that; where there are
/// none, or a part of its own, new images are taken to show something else than neighbours in the order.
/// @throws std::invalid_argument if the data are no images
std::optional<data::AugmentationChoice> decide_augmentation(const TrainingParts& parts, TrainingOptions& options);

/// For the run's record: {"name": "auto", "chosen": "flip", "flip": 1.03, "shift": 1.31}, a ratio only where there is
/// one.
Json augmentation_record(const data::AugmentationChoice& choice);

/// What is done to training images, and why; empty if nothing is and nobody had to choose.
std::string augmentation_text(const data::Augmentation& augmentation,
                              const std::optional<data::AugmentationChoice>& choice);

}  // namespace latent
