#pragma once
// The vocabulary of a model of words as a set of samples: ids, called by their words.

#include <latent/data/dataset.hpp>
#include <latent/models/latent_model.hpp>
#include <latent/words/vocabulary.hpp>

#include <string>

namespace latent {

/// Samples (1) i32, the ids 0, 1, ... of a vocabulary; sample_name() is the word.
std::shared_ptr<const data::Dataset> word_dataset(const words::Vocabulary& vocabulary);
/// Some words of a vocabulary. @param ids  of words   @param labels, class_names  as Dataset has them, or empty
std::shared_ptr<const data::Dataset> word_dataset(const words::Vocabulary& vocabulary, std::vector<int64_t> ids,
                                                  std::vector<int64_t> labels, std::vector<std::string> class_names);
/// The words of a model. @param model  of kind "words"   @param path  names it in messages
/// @throws DataError for a list of words that is damaged
words::Vocabulary vocabulary_of(const LatentModel& model, const std::string& path);
/// What data::open() would give: all words as the training part.
data::Source word_source(const LatentModel& model, const std::string& path);
/// The words of a file, one on each line, with a label behind a tab if there are labels. Words that are not in the
/// vocabulary are left out, and warned of. @throws DataError for a file without words of the vocabulary, or with labels
/// on some lines only; IoError
data::Source word_source(const LatentModel& model, const std::string& path, const std::string& file);

}  // namespace latent
