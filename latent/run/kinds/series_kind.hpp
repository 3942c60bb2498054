#pragma once
// Windows of series (C, L): channels of L values that follow each other in time.

#include <latent/run/kinds/run_kind.hpp>

namespace latent {

class SeriesKind final : public RunKind {
 public:
  std::string samples_text(const Shape& sample) const override;
  std::string_view preset(InputForm) const override { return "vae-series"; }
  std::string_view likelihood(InputForm) const override { return ""; }
  std::string_view lossless_advice() const override;
  View view(const Run& run, const Tensor& x) const override;
  Form form() const override { return Form::npy; }
  ValueChain chain(const Run& run) const override;
};

}  // namespace latent
