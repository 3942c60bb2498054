#include <latent/kernels/cpu/gemv_avx512_bf16.hpp>

#include <algorithm>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12's header makes "undefined" vectors of themselves
#endif
#define LATENT_TARGET_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#endif

namespace latent::kernels {

#if defined(__x86_64__)

namespace {

constexpr size_t kRows = 8;    // at a time: as many sums hide the latency of the instruction
constexpr size_t kLanes = 32;  // of bf16

// Sums of neighbouring pairs of lanes: of a in the even places of each half of 128 bits, of b in the odd ones.
LATENT_TARGET_AVX512_BF16 inline __m512 add_halves(__m512 a, __m512 b) {
  return _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
}

// The sum of the lanes of each of eight vectors.
LATENT_TARGET_AVX512_BF16 inline __m256 sums_of_lanes(const __m512* v) {
  __m512 fours[2];
  for (size_t i = 0; i < 2; ++i) {
    const __m512d a = _mm512_castps_pd(add_halves(v[4 * i], v[4 * i + 1]));
    const __m512d b = _mm512_castps_pd(add_halves(v[4 * i + 2], v[4 * i + 3]));
    fours[i] = _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)), _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));
  }
  // Each quarter of fours[i] has a part of the sums of four vectors.
  const __m512 halves = _mm512_add_ps(_mm512_shuffle_f32x4(fours[0], fours[1], _MM_SHUFFLE(1, 0, 1, 0)),
                                      _mm512_shuffle_f32x4(fours[0], fours[1], _MM_SHUFFLE(3, 2, 3, 2)));
  const __m512 even = _mm512_shuffle_f32x4(halves, halves, _MM_SHUFFLE(2, 0, 2, 0));
  const __m512 odd = _mm512_shuffle_f32x4(halves, halves, _MM_SHUFFLE(3, 1, 3, 1));
  return _mm512_castps512_ps256(_mm512_add_ps(even, odd));
}

LATENT_TARGET_AVX512_BF16 inline __m512bh load(const bfloat16* from, __mmask32 mask) {
  return (__m512bh)_mm512_maskz_loadu_epi16(mask, from);
}

}  // namespace

bool has_avx512_bf16() {
  static const bool has = static_cast<bool>(__builtin_cpu_supports("avx512bf16"));
  return has;
}

LATENT_TARGET_AVX512_BF16 void dots_avx512_bf16(const bfloat16* W, const bfloat16* x, size_t K, size_t begin,
                                                size_t end, float* y) {
  constexpr __mmask32 kAll = 0xffffffffu;
  const size_t whole = K / kLanes * kLanes;
  const auto rest = static_cast<__mmask32>((uint64_t{1} << (K - whole)) - 1);
  for (size_t n = begin; n < end; n += kRows) {
    const size_t rows = std::min(kRows, end - n);
    const bfloat16* row[kRows];  // past the end: the last row again
    for (size_t r = 0; r < kRows; ++r) row[r] = W + (n + std::min(r, rows - 1)) * K;
    __m512 sums[kRows];
    for (__m512& sum : sums) sum = _mm512_setzero_ps();
    for (size_t k = 0; k < whole; k += kLanes) {
      const __m512bh vx = load(x + k, kAll);
      for (size_t r = 0; r < kRows; ++r) sums[r] = _mm512_dpbf16_ps(sums[r], load(row[r] + k, kAll), vx);
    }
    if (rest != 0) {
      const __m512bh vx = load(x + whole, kAll);
      for (size_t r = 0; r < kRows; ++r) sums[r] = _mm512_dpbf16_ps(sums[r], load(row[r] + whole, rest), vx);
    }
    _mm256_mask_storeu_ps(y + n, static_cast<__mmask8>((1u << rows) - 1), sums_of_lanes(sums));
  }
}

#else

bool has_avx512_bf16() { return false; }
void dots_avx512_bf16(const bfloat16*, const bfloat16*, size_t, size_t, size_t, float*) {}

#endif

}  // namespace latent::kernels
