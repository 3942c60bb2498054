#pragma once
// Damage to samples: what a denoiser learns to undo.

#include <latent/core/rng.hpp>
#include <latent/data/dataset.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latent::data {

enum class Damage : uint8_t {
  gaussian,     ///< x + strength * n, n independent N(0, 1)
  salt_pepper,  ///< each value with probability `strength` becomes 0 or 1, either as likely
  mask,         ///< each value with probability `strength` becomes 0: black, or a table's mean
  blur          ///< convolved with a Gaussian of standard deviation `strength` in pixels; edges go on as they end
};

/// One kind of damage. Its strength is drawn for each sample, uniformly from [low, high].
struct DamageStep {
  Damage kind = Damage::gaussian;
  double low = 0.0, high = 0.0;
  friend bool operator==(const DamageStep&, const DamageStep&) = default;
};

/// What is done to samples, one step after the other. Strengths are in the values that the model sees: images in
/// [0, 1], tables in standard deviations of a column.
/// Source of learning from damage: Vincent et al. 2010, JMLR 11, "Stacked denoising autoencoders".
class Corruption {
 public:
  /// Nothing is damaged.
  Corruption() = default;
  /// "gaussian:0.3", "gaussian:0.2-0.6" (a range), "blur:1.5,gaussian:0.1" (in this order); "none".
  /// @throws std::invalid_argument for unknown names (with the nearest valid one), missing strengths, and strengths out
  ///         of range: gaussian (0, 1000], salt-pepper and mask (0, 1), blur (0, 100]; a range may begin at 0
  static Corruption from_text(std::string_view text);

  /// The text that from_text() reads.
  std::string str() const;
  bool empty() const { return steps_.empty(); }
  const std::vector<DamageStep>& steps() const { return steps_; }
  friend bool operator==(const Corruption&, const Corruption&) = default;

 private:
  std::vector<DamageStep> steps_;
};

/// Damages samples of one kind of data. Immutable, safe from many threads.
class Corruptor {
 public:
  /// @param like  tells shape and range of the samples: where they are images, or stored as u8, values stay in [0, 1]
  /// @throws std::invalid_argument for salt-pepper on values without such a range, and for blur on what is no image
  Corruptor(Corruption corruption, const Dataset& like);

  /// Damages samples, in parallel. What happens to a sample depends on `tape` and its number alone, not on the batch it
  /// is in, nor on the number of threads.
  /// @param numbers  of the samples; sample i is damaged by draws from tape.fork(i)
  /// @param x        numbers.size() samples, one after the other
  /// @param damaged  as many; may be x itself
  void apply(std::span<const int64_t> numbers, const Rng& tape, std::span<const float> x,
             std::span<float> damaged) const;

  const Corruption& corruption() const { return corruption_; }

 private:
  void damage(const Rng& tape, float* sample) const;

  Corruption corruption_;
  Shape shape_;
  float low_, high_;  // what values are clipped to
};

/// The same samples, damaged: sample i by `seed` and i alone, in the same way each time it is read. Labels, names and
/// factors are those of `base`; an empty corruption gives `base` itself.
/// @throws as Corruptor
std::shared_ptr<const Dataset> corrupted(std::shared_ptr<const Dataset> base, const Corruption& corruption,
                                         uint64_t seed);

}  // namespace latent::data
