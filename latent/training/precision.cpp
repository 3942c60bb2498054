#include <latent/training/forced_precision.hpp>

#include <latent/core/names.hpp>
#include <latent/kernels/gemm.hpp>

#include <array>
#include <cstdlib>
#include <string>

namespace latent {

bool has_bf16_matrix_units() { return kernels::bf16_units() == kernels::Bf16Units::matrices; }

bool has_fast_bf16() { return kernels::bf16_units() >= kernels::Bf16Units::vectors; }

std::optional<Precision> forced_precision() {
  const char* forced = std::getenv("LATENT_AUTO_PRECISION");
  if (forced == nullptr || *forced == '\0') return std::nullopt;
  const std::string_view name = forced;
  constexpr std::array<std::string_view, 2> kNames{"f32", "bf16"};
  if (name != kNames[0] && name != kNames[1]) unknown_name("LATENT_AUTO_PRECISION", name, kNames);
  return precision_from(name);
}

Precision precision_from(std::string_view name) {
  if (name == "f32") return Precision::f32;
  if (name == "bf16") return Precision::bf16;
  if (name == "auto") return forced_precision().value_or(has_bf16_matrix_units() ? Precision::bf16 : Precision::f32);
  constexpr std::array<std::string_view, 3> kNames{"auto", "f32", "bf16"};
  unknown_name("precision", name, kNames);
}

std::string_view name_of(Precision precision) { return precision == Precision::bf16 ? "bf16" : "f32"; }

}  // namespace latent
