#pragma once
// GloVe: word vectors whose products are logarithms of co-occurrence counts.

#include <latent/words/glove/cooccurrences.hpp>
#include <latent/words/training/embedding_table.hpp>

#include <memory>

namespace latent::words {

struct GloveOptions {
  int64_t dim = 100;        ///< 1 to 4096
  int64_t iterations = 15;  ///< times that every pair is met
  double x_max = 100.0;     ///< pairs with this count and more have weight 1; > 0
  double alpha = 0.75;      ///< others (x / x_max)^alpha; 0 to 1
  double lr = 0.05;
  uint64_t seed = 0;
};
/// @throws std::invalid_argument for an option out of range
void check(const GloveOptions& options);

/// What is learned: of each word as word and as context a vector, the sums of its squared gradients, and a bias with
/// its sum, as kernels::GloveRows has them. Their padded() is what a checkpoint keeps.
struct GloveTables {
  EmbeddingTable words, contexts;  ///< (V, kernels::GloveRows::row())
};

/// Values uniform on [-1/2, 1/2) / dim, sums of squares 1, as in the authors' program.
/// @throws std::invalid_argument for options out of range or words < 1; std::bad_alloc
GloveTables initial_tables(const GloveOptions& options, int64_t words);
/// (V, dim): a word's vector is the sum of what it is as word and as context.
Tensor vectors_of(const GloveOptions& options, const GloveTables& tables);

/// Trains tables on counts. The same seed gives the same bits at any number of threads: blocks of the counts' grid on a
/// diagonal have no row in common, are done at the same time, and each in its order. On one thread at a time.
/// Source: Pennington et al. 2014, "GloVe: Global vectors for word representation".
class GloveTrainer {
 public:
  /// @param tables  of initial_tables()'s shapes, trained in place; must live as long as this
  /// @throws std::invalid_argument for options out of range, tables of other shapes, or counts without pairs
  GloveTrainer(const GloveOptions& options, Cooccurrences counts, GloveTables& tables);
  ~GloveTrainer();
  GloveTrainer(const GloveTrainer&) = delete;
  GloveTrainer& operator=(const GloveTrainer&) = delete;

  /// Trains on the next diagonal. False, and nothing is done, when all iterations are over.
  bool step();

  struct Progress {
    int64_t iteration = 0;    ///< the one at hand, from 0
    int64_t pairs_done = 0;   ///< pairs that were met in either direction, in all iterations
    int64_t pairs_total = 0;  ///< ... and that there are
    double loss = 0.0;        ///< mean over the pairs of the last step: weight error^2 / 2; 0 before the first
  };
  Progress progress() const;

  /// Steps done. With the tables it is all that has to be kept to go on later.
  int64_t position() const;
  /// Steps of all iterations.
  int64_t positions() const;
  /// Goes on from there: the tables must be those of that moment. @throws std::invalid_argument if there is no such
  /// step
  void go_to(int64_t position);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace latent::words
