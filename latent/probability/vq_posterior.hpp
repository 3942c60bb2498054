#pragma once
// Posterior `vq`: codes made of entries of codebooks (vector quantisation).

#include <latent/nn/layers.hpp>
#include <latent/probability/slots.hpp>

namespace latent {

/// z_e = h weight^T + bias, cut into M pieces of D / M dimensions; each piece of z is the nearest entry of its own
/// codebook of E vectors. A code is M whole numbers below E: M log2 E bits. It has neither noise nor density.
///
/// The decoder's gradient passes to z_e as if z were z_e (straight-through), and
/// penalty = commitment * ||z_e - z||^2 keeps z_e near its entries. Entries are moving averages of the pieces that they
/// stand for: with n_e of a batch's pieces nearest to entry e, and s_e their sum,
///   count_e = decay count_e + (1 - decay) n_e,  sum_e = decay sum_e + (1 - decay) s_e,  entry_e = sum_e / count_e
/// The first batch sets them to random pieces; an entry whose count has fallen below a fiftieth of the average is put
/// on a random piece again. In training the log has the perplexity of the counts, mean over the codebooks: how many
/// entries are in use. Source: van den Oord, Vinyals & Kavukcuoglu 2017, "Neural discrete representation learning",
/// arXiv:1711.00937 (appendix A.1: moving averages); Dhariwal et al. 2020, "Jukebox", arXiv:2005.00341 (restarts);
/// Jegou, Douze & Schmid 2011, "Product quantization for nearest neighbor search" (one codebook for each piece).
class VqPosterior : public Posterior {
 public:
  struct Options {
    int64_t entries = 256;     ///< E, of each codebook
    int64_t codebooks = 4;     ///< M, which divides D
    double decay = 0.99;       ///< decay of the moving averages, in [0, 1)
    double commitment = 0.25;  ///< weight of the penalty, >= 0
  };
  /// @param config {"name": "vq", "entries": 256, "codebooks": 4, "decay": 0.99, "commitment": 0.25}; the codebooks are
  ///               4, 2 or 1, as many as divide latent_dim, if they are left out
  static std::unique_ptr<Posterior> make(const Json& config, const SlotContext& context);
  /// @throws std::invalid_argument unless the codebooks divide latent_dim
  VqPosterior(const Options& options, int64_t features, int64_t latent_dim, Rng& rng);

  std::unique_ptr<Distribution> distribution(const Tensor& h) const override;
  /// All K samples are the same code; kl is undefined. In training the codebooks follow the batch.
  PosteriorSample sample(const Tensor& h, const Prior& prior, const SampleNeeds& needs, Rng& rng,
                         nn::Mode mode) const override;
  bool has_density() const override { return false; }
  Tensor nearest_codes(const Tensor& z) const override;
  Tensor code_indices(const Tensor& z) const override;
  int64_t codebook_size() const override { return options_.entries; }
  void start_from_features(std::span<const float> logvar) override;
  Json config() const override;

 private:
  // The entries that a code is made of: (N, M) i64 -> (N, D).
  Tensor codes_of(const Tensor& indices) const;
  bool is_started() const;
  // The moving averages take in a batch of pieces z_e (N, D) and which entries they went to (N, M).
  void follow(const Tensor& z, const Tensor& indices, Rng& rng) const;
  // Entry e of codebook m becomes a random piece of the batch, as if it had been in use as much as others.
  void put_on_piece(int64_t m, int64_t e, const Tensor& z, double count, Rng& rng) const;
  double perplexity() const;

  Options options_;
  int64_t dims_;      // of a piece
  nn::Linear head_;   // "weight" (D, features), "bias" (D)
  Tensor codebooks_;  // (M, E, dims), buffer "codebooks"
  Tensor counts_;     // (M, E), buffer "counts"; zeros before the first batch
  Tensor sums_;       // (M, E, dims), buffer "sums"
};

}  // namespace latent
