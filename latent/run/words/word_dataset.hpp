#pragma once
// The vocabulary of a model of words as a set of samples: ids, called by their words.

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/words/vocabulary.hpp>

#include <string>

namespace latent {

/// Samples (1) i32, the ids 0, 1, ... of a vocabulary; sample_name() is the word.
std::shared_ptr<const data::Dataset> word_dataset(const words::Vocabulary& vocabulary);
/// The words of a model. @param model  of kind "words"   @param path  names it in messages
/// @throws DataError for a list of words that is damaged
words::Vocabulary vocabulary_of(const LatentModel& model, const std::string& path);
/// What data::open() would give: all words as the training part.
data::Source word_source(const LatentModel& model, const std::string& path);

}  // namespace latent
