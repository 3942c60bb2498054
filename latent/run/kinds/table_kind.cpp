#include <latent/run/kinds/table_kind.hpp>

#include <latent/core/text.hpp>

#include <fmt/core.h>

namespace latent {

std::string TableKind::samples_text(const Shape& sample) const {
  return fmt::format("rows of {}", counted(sample.numel(), "column"));
}

ValueChain TableKind::chain(const Run& run) const {
  ValueChain chain = RunKind::chain(run);
  if (!chain.empty()) chain.insert(chain.begin(), short_decimals(run));
  return chain;
}

}  // namespace latent
