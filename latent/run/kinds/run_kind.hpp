#pragma once
// What a run does with samples of a kind: how it describes, trains on, draws and writes them; a class for each kind.

#include <latent/run/kinds/value_chain.hpp>
#include <latent/run/pictures/views.hpp>
#include <latent/run/results/result_file.hpp>

#include <string>
#include <string_view>

namespace latent {

/// What the values of samples are: pixels in [0, 1]; numbers that were standardised; or such numbers in series, whose
/// rows or columns are channels, (1, T, C) or (1, C, T).
enum class InputForm : uint8_t { pixels, standardised, series };

class RunKind {
 public:
  virtual ~RunKind() = default;

  /// "images of shape (1, 28, 28)", "rows of 20 columns".
  virtual std::string samples_text(const Shape& sample) const = 0;

  /// The preset of a training that names none, and the likelihood of one that names neither; empty: the preset's.
  virtual std::string_view preset(InputForm form) const = 0;
  virtual std::string_view likelihood(InputForm form) const = 0;
  /// How to train a model that compresses without loss.
  virtual std::string_view lossless_advice() const;
  /// Whether a mean of p(x|z) can pass for a sample. Where it cannot, samples are drawn, and judged beside the data.
  virtual bool means_are_samples() const { return true; }

  /// How people look at samples. @param x  some of them, (N, ...) model values
  virtual View view(const Run& run, const Tensor& x) const = 0;
  /// Images for people to see, in [0, 1].
  virtual Tensor for_pictures(const Run& run, const Tensor& x) const;
  /// The file that people can use best.
  virtual Form form() const = 0;

  /// From the values of the data to those of the model. Here: the run's Transform.
  virtual ValueChain chain(const Run& run) const;
};

/// @throws std::invalid_argument for a kind that has no class in latent/run/kinds/
const RunKind& run_kind(const data::Kind& kind);

}  // namespace latent
