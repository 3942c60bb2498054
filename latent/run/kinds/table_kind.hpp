#pragma once
// Rows of a table (D): columns with names, each on a scale of its own.

#include <latent/run/kinds/run_kind.hpp>

namespace latent {

class TableKind final : public RunKind {
 public:
  std::string samples_text(const Shape& sample) const override;
  std::string_view preset(InputForm) const override { return "vae-table"; }
  std::string_view likelihood(InputForm) const override { return "table"; }
  bool means_are_samples() const override { return false; }
  View view(const Run&, const Tensor&) const override { return {.look = Look::columns}; }
  Form form() const override { return Form::csv; }
  ValueChain chain(const Run& run) const override;
};

}  // namespace latent
