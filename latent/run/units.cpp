#include <latent/run/units.hpp>

#include <latent/run/kinds/run_kind.hpp>

#include <fmt/core.h>

namespace latent {

Tensor to_units(const Run& run, const Tensor& values, std::span<const int64_t> columns) {
  const ValueChain chain = run_kind(run.kind()).chain(run);
  Tensor units = values;
  for (auto undo = chain.rbegin(); undo != chain.rend(); ++undo) units = (*undo)(units, columns);
  return units;
}

Tensor for_pictures(const Run& run, const Tensor& x) { return run_kind(run.kind()).for_pictures(run, x); }

std::vector<std::string> value_names(const Run& run, int64_t count) {
  if (run.data && static_cast<int64_t>(run.data->column_names.size()) == count) return run.data->column_names;
  std::vector<std::string> names;
  for (int64_t i = 0; i < count; ++i) names.push_back(fmt::format("column_{}", i));
  return names;
}

}  // namespace latent
