#pragma once
// Images (C, H, W): pixels, or numbers on a scale of their own; one pixel high or wide, they are series.

#include <latent/run/kinds/run_kind.hpp>

namespace latent {

class ImageKind final : public RunKind {
 public:
  std::string samples_text(const Shape& sample) const override;
  std::string_view preset(InputForm form) const override { return form == InputForm::series ? "vae-mlp" : "vae-conv"; }
  std::string_view likelihood(InputForm form) const override { return form == InputForm::pixels ? "" : "gaussian"; }
  std::string_view lossless_advice() const override;
  View view(const Run& run, const Tensor& x) const override;
  /// Numbers beyond [0, 1] are scaled from the range that the training data had.
  Tensor for_pictures(const Run& run, const Tensor& x) const override;
  Form form() const override { return Form::png; }
  /// People know pixels as the model does.
  ValueChain chain(const Run& run) const override;
};

}  // namespace latent
