#pragma once
// In which precision matrix products are taken.

#include <cstdint>
#include <string_view>

namespace latent {

/// f32, or bf16 products with f32 weights, sums and statistics.
enum class Precision : uint8_t { f32, bf16 };

/// "auto" is bf16 where the processor has matrix units for it (AMX), f32 elsewhere.
/// @throws std::invalid_argument for other names than auto, f32, bf16
Precision precision_from(std::string_view name);
std::string_view name_of(Precision precision);

/// Whether the processor has matrix units for bf16 (AMX) and the operating system lets programs use them.
bool has_bf16_matrix_units();

/// Whether products of bf16 are faster than those of f32: the processor has matrix units or vector instructions for
/// them (AMX, AVX512_BF16), and the operating system lets programs use them.
bool has_fast_bf16();

}  // namespace latent
