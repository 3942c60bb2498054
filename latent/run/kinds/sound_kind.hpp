#pragma once
// Sounds: pictures of their levels (C, bands, frames), and waves (C, L).

#include <latent/run/kinds/run_kind.hpp>

namespace latent {

class SoundKind final : public RunKind {
 public:
  std::string samples_text(const Shape& sample) const override;
  std::string_view preset(InputForm) const override { return "vae-audio"; }
  std::string_view likelihood(InputForm) const override { return ""; }
  std::string_view lossless_advice() const override { return "Sounds are compressed with --lossy alone."; }
  View view(const Run&, const Tensor&) const override { return {}; }
  /// Two channels stand one above the other.
  Tensor for_pictures(const Run& run, const Tensor& x) const override;
  Form form() const override { return Form::wav; }
};

class WavesKind final : public RunKind {
 public:
  std::string samples_text(const Shape& sample) const override;
  std::string_view preset(InputForm) const override { return "ae-wave"; }
  std::string_view likelihood(InputForm) const override { return ""; }
  std::string_view lossless_advice() const override { return "Sounds are compressed with --lossy alone."; }
  View view(const Run& run, const Tensor& x) const override;
  Form form() const override { return Form::wav; }
};

}  // namespace latent
