#pragma once
// Words: ids (1) of a vocabulary, which mean something by their names alone.

#include <latent/run/kinds/run_kind.hpp>

namespace latent {

class WordsKind final : public RunKind {
 public:
  std::string samples_text(const Shape& sample) const override;
  /// Words are not trained from presets: latent words train.
  std::string_view preset(InputForm) const override { return ""; }
  std::string_view likelihood(InputForm) const override { return ""; }
  View view(const Run&, const Tensor&) const override { return {.look = Look::columns}; }
  Form form() const override { return Form::npz; }
};

}  // namespace latent
