#pragma once
// Words as a latent space: a table with a vector for each word.

#include <latent/models/latent_model.hpp>

#include <memory>

namespace latent {

/// What a model of words is made of. Tensors are shared, and may look into a mapped file.
struct WordTables {
  Tensor bytes;      ///< (B) u8, all words after one another
  Tensor ends;       ///< (V) i64, where each word ends in `bytes`
  Tensor counts;     ///< (V) i64, how often each was met; 0 where that is not known
  Tensor vectors;    ///< (V, dim) f32
  Tensor ngrams;     ///< (buckets, dim) f32, rows of character n-grams; undefined for models without
  Tensor word_rows;  ///< (V, dim) f32, words' own rows before n-grams are added; undefined like `ngrams`
  Tensor output;     ///< (R, dim) f32, the other layer, for training to go on; undefined where it is not known
};

/// The sizes of a model of words, from its config.
struct WordEmbeddingPlan {
  int64_t words = 0, word_bytes = 0, dim = 0, output_rows = 0, buckets = 0, min_n = 0, max_n = 0;
  /// @throws std::invalid_argument as make_model()
  static WordEmbeddingPlan from(const Json& config);
  /// Numbers of all tables of vectors.
  double num_weights() const;
  double num_activations() const { return static_cast<double>(dim); }
};

/// Encodes ids (N, 1) i32 as the vectors of their words. There is no decoder. Trained by a loop of its own
/// (latent/words/training), because a step changes only a few rows.
class WordEmbedding : public LatentModel {
 public:
  struct Ngrams {
    int64_t min_n = 0, max_n = 0;  ///< lengths of the n-grams, in characters; 0: none
  };
  /// @throws std::invalid_argument for tensors that do not fit together
  WordEmbedding(WordTables tables, Ngrams ngrams);
  /// {"model": "words", "words": V, "word_bytes": B, "dim": D, "output_rows": R (0: none),
  ///  "buckets": 0, "min_n": 0, "max_n": 0}. Tables are zeros.
  static std::unique_ptr<LatentModel> make(const Json& config, Rng& rng, int64_t max_elements, const DataFacts* data);

  std::string kind() const override { return "words"; }
  Shape data_shape() const override { return {1}; }
  DType data_dtype() const override { return DType::i32; }
  int64_t latent_dim() const override { return tables_.vectors.dim(1); }
  bool has_decoder() const override { return false; }
  /// @param ids (N, 1) i32 in [0, V)   @throws std::invalid_argument for others
  std::unique_ptr<Distribution> encode(const Tensor& ids) const override;
  /// @throws std::invalid_argument always: EmbeddingTrainer trains words
  LossTerms loss(const Batch& batch, const StepContext& context) const override;
  Json config() const override;

  const WordTables& tables() const { return tables_; }
  const Ngrams& ngrams() const { return ngrams_; }

 private:
  WordTables tables_;
  Ngrams ngrams_;
};

/// Whether a model is one of words.
bool is_words(const LatentModel& model);

}  // namespace latent
