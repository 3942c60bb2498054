#pragma once
// Changes of images that leave what they show as it is: training on them makes up for images that are not there.

#include <latent/core/rng.hpp>
#include <latent/data/dataset.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace latent::data {

/// What each image goes through each time that training takes it.
struct Augmentation {
  bool flip = false;    ///< mirrored left to right with probability 1/2
  double shift = 0.0;   ///< moved by up to this share of its height and of its width, in whole pixels; edges go on as
                        ///< they end
  double cutout = 0.0;  ///< a square whose side is this share of the image's shorter one is set to 0, wherever its
                        ///< middle falls within the image. Source: DeVries & Taylor 2017, arXiv:1708.04552
  bool automatic = false;  ///< flip and shift are still to be chosen, by choose_augmentation()

  /// "flip", "shift:0.05", "cutout:0.3", several between commas; "none"; "auto".
  /// @throws std::invalid_argument for unknown names (with the nearest valid one), a shift that is not in (0, 0.5] and
  /// a
  ///         cutout that is not in (0, 1)
  static Augmentation from_text(std::string_view text);
  /// The text that from_text() reads.
  std::string str() const;
  bool empty() const { return !flip && shift == 0.0 && cutout == 0.0 && !automatic; }
  friend bool operator==(const Augmentation&, const Augmentation&) = default;
};

/// Augments samples of one shape. Immutable, safe from many threads.
class Augmenter {
 public:
  /// @throws std::invalid_argument unless `like` holds images, or nothing is to be done; for one still to be chosen
  Augmenter(const Augmentation& augmentation, const Dataset& like);

  /// Augments samples in place, in parallel. What happens to a sample depends on `tape` and its number alone.
  /// @param numbers  of the samples; sample i is augmented by draws from tape.fork(i)
  /// @param x        numbers.size() samples (C, H, W), one after the other
  void apply(std::span<const int64_t> numbers, const Rng& tape, std::span<float> x) const;

 private:
  Augmentation augmentation_;
  int64_t C_ = 0, H_ = 0, W_ = 0, most_rows_ = 0, most_columns_ = 0, hole_ = 0;
};

/// The same samples, augmented: sample i by `seed` and i alone, in the same way each time it is read. Labels, names and
/// factors are those of `base`; without an augmentation it is `base` itself.
/// @throws as Augmenter
std::shared_ptr<const Dataset> augmented(std::shared_ptr<const Dataset> base, const Augmentation& augmentation,
                                         uint64_t seed);

}  // namespace latent::data
