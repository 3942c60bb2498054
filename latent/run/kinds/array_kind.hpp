#pragma once
// Rows of an array (D): vectors, which may be series.

#include <latent/run/kinds/run_kind.hpp>

namespace latent {

class ArrayKind final : public RunKind {
 public:
  std::string samples_text(const Shape& sample) const override;
  std::string_view preset(InputForm) const override { return "vae-mlp"; }
  std::string_view likelihood(InputForm) const override { return "gaussian"; }
  View view(const Run& run, const Tensor& x) const override;
  Form form() const override { return Form::npy; }
};

}  // namespace latent
