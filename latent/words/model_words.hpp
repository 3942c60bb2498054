#pragma once
// Word vectors as a model, and back.

#include <latent/models/word_embedding.hpp>
#include <latent/words/word_vectors.hpp>

#include <memory>

namespace latent::words {

/// A model that shares the vectors' memory; WordVectors::training is not part of it.
std::unique_ptr<WordEmbedding> model_of(const WordVectors& words);
/// The words and vectors of tables, whose memory is shared; `training` stays empty.
/// @throws std::invalid_argument for tables that do not fit together
WordVectors words_of(const WordTables& tables, const WordEmbedding::Ngrams& ngrams);
/// The first words, as many as there are; memory is shared. Rows of the other layer are kept where each is a word's.
/// @throws std::invalid_argument for count < 1
WordVectors first_words(const WordVectors& words, int64_t count);

}  // namespace latent::words
