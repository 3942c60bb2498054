#include <latent/words/model_words.hpp>

#include <algorithm>

namespace latent::words {

std::unique_ptr<WordEmbedding> model_of(const WordVectors& words) {
  const Vocabulary& vocabulary = words.vocabulary;
  WordTables tables{vocabulary.bytes(), vocabulary.ends(), vocabulary.counts(), words.vectors, {}, {}, words.output};
  WordEmbedding::Ngrams ngrams;
  if (words.ngrams) {
    ngrams = {words.ngrams->min_n, words.ngrams->max_n};
    tables.ngrams = words.ngrams->rows;
    tables.word_rows = words.ngrams->word_rows;
  }
  return std::make_unique<WordEmbedding>(std::move(tables), ngrams);
}

WordVectors words_of(const WordTables& tables, const WordEmbedding::Ngrams& ngrams) {
  WordVectors words;
  words.vocabulary = Vocabulary::from_tensors(tables.bytes, tables.ends, tables.counts);
  LATENT_CHECK(tables.vectors.ndim() == 2 && tables.vectors.dim(0) == words.vocabulary.size(),
               "[words_of] {} words, but vectors {}", words.vocabulary.size(), tables.vectors.shape().str());
  words.vectors = tables.vectors;
  words.output = tables.output;
  if (ngrams.max_n > 0) {
    words.ngrams =
        Ngrams{static_cast<int>(ngrams.min_n), static_cast<int>(ngrams.max_n), tables.ngrams, tables.word_rows};
  }
  return words;
}

WordVectors first_words(const WordVectors& words, int64_t count) {
  LATENT_CHECK(count >= 1, "[first_words] count = {}", count);
  if (count >= words.size()) return words;
  const Vocabulary& all = words.vocabulary;
  WordVectors first = words;
  first.vocabulary = Vocabulary::from_tensors(all.bytes().rows(0, all.ends().data<int64_t>()[count - 1]),
                                              all.ends().rows(0, count), all.counts().rows(0, count));
  first.vectors = words.vectors.rows(0, count);
  if (words.ngrams) first.ngrams->word_rows = words.ngrams->word_rows.rows(0, count);
  const bool is_by_word = words.output.defined() && words.output.dim(0) == words.size();
  first.output = is_by_word ? words.output.rows(0, count) : Tensor();
  return first;
}

}  // namespace latent::words
