#include <latent/training/forced_precision.hpp>

#include <latent/core/names.hpp>

#include <array>
#include <cstdlib>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace latent {

#if defined(__x86_64__)

namespace {

// The register states that the operating system saves for a program (XCR0).
uint64_t saved_states() {
  uint32_t low = 0, high = 0;
  // The mnemonic is spelled out for compilers that are not told of the extension.
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32) | low;
}

}  // namespace

bool has_bf16_matrix_units() {
  constexpr uint32_t kOsXsave = 1u << 27;                    // leaf 1, ecx
  constexpr uint32_t kAmxBf16 = 1u << 22;                    // leaf 7, edx
  constexpr uint32_t kAmxTile = 1u << 24;                    // leaf 7, edx
  constexpr uint64_t kTileStates = (1u << 17) | (1u << 18);  // XCR0: tile configuration and data
  uint32_t a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kOsXsave) == 0) return false;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  if ((d & kAmxBf16) == 0 || (d & kAmxTile) == 0) return false;
  return (saved_states() & kTileStates) == kTileStates;
}

bool has_fast_bf16() {
  if (has_bf16_matrix_units()) return true;
  constexpr uint32_t kOsXsave = 1u << 27;                         // leaf 1, ecx
  constexpr uint32_t kAvx512 = 1u << 16;                          // leaf 7, ebx
  constexpr uint32_t kAvx512Bf16 = 1u << 5;                       // leaf 7.1, eax
  constexpr uint64_t kVectorStates = 6u | (1u << 5) | (3u << 6);  // XCR0: SSE and AVX, masks, upper halves, upper 16
  uint32_t a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kOsXsave) == 0) return false;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || a < 1 || (b & kAvx512) == 0) return false;
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0 || (a & kAvx512Bf16) == 0) return false;
  return (saved_states() & kVectorStates) == kVectorStates;
}

#else

bool has_bf16_matrix_units() { return false; }
bool has_fast_bf16() { return false; }

#endif

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
