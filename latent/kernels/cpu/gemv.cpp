#include <latent/kernels/cpu/gemv.hpp>

#include <latent/core/threads.hpp>
#include <latent/kernels/activation.hpp>
#include <latent/kernels/cpu/gemv_avx512_bf16.hpp>

#include <algorithm>
#include <type_traits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/gemv.cpp"
#include <hwy/foreach_target.h>

#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// y[n] = W[n, :] . x for n in [begin, end): rows<R>(n) does R of them, and four at a time hide the latency of sums.
template <class Rows>
HWY_INLINE void in_fours(size_t begin, size_t end, const Rows& rows) {
  size_t n = begin;
  for (; n + 4 <= end; n += 4) rows(n, std::integral_constant<size_t, 4>());
  for (; n < end; ++n) rows(n, std::integral_constant<size_t, 1>());
}

// x has room for a whole vector at its end, filled with zeros.
void dots_f32(const float* W, const float* x, size_t K, size_t begin, size_t end, float* y) {
  const F32 d;
  const size_t lanes = hn::Lanes(d), whole = K / lanes * lanes;
  const auto rest = hn::FirstN(d, K - whole);
  in_fours(begin, end, [&]<size_t R>(size_t n, std::integral_constant<size_t, R>) {
    Vec sums[R];
    for (size_t r = 0; r < R; ++r) sums[r] = hn::Zero(d);
    for (size_t k = 0; k < whole; k += lanes) {
      const Vec vx = hn::LoadU(d, x + k);
      for (size_t r = 0; r < R; ++r) sums[r] = hn::MulAdd(hn::LoadU(d, W + (n + r) * K + k), vx, sums[r]);
    }
    const Vec vx = hn::LoadU(d, x + whole);
    for (size_t r = 0; r < R; ++r) {
      sums[r] = hn::MulAdd(hn::MaskedLoad(rest, d, W + (n + r) * K + whole), vx, sums[r]);
      y[n + r] = hn::GetLane(hn::SumOfLanes(d, sums[r]));
    }
  });
}

// Here a lane of 32 bits holds a pair of weights: shifted up it is the first of them in f32, masked the second. x is
// therefore given as its first and its second elements of pairs, each with room as above.
void dots_bf16(const bfloat16* W, const float* firsts, const float* seconds, size_t K, size_t begin, size_t end,
               float* y) {
  const F32 d;
  const hn::RebindToUnsigned<F32> d32;
  const size_t lanes = hn::Lanes(d), pairs = K / 2, whole = pairs / lanes * lanes;
  const auto rest = hn::FirstN(d32, pairs - whole);
  const auto upper = hn::Set(d32, 0xffff0000u);
  in_fours(begin, end, [&]<size_t R>(size_t n, std::integral_constant<size_t, R>) {
    Vec sums[R], sums_seconds[R];
    for (size_t r = 0; r < R; ++r) sums[r] = sums_seconds[r] = hn::Zero(d);
    const auto add = [&](size_t r, auto w, Vec x_first, Vec x_second) {
      sums[r] = hn::MulAdd(hn::BitCast(d, hn::ShiftLeft<16>(w)), x_first, sums[r]);
      sums_seconds[r] = hn::MulAdd(hn::BitCast(d, hn::And(w, upper)), x_second, sums_seconds[r]);
    };
    const auto row = [&](size_t r, size_t p) { return reinterpret_cast<const uint32_t*>(W + (n + r) * K + 2 * p); };
    for (size_t p = 0; p < whole; p += lanes) {
      const Vec x_first = hn::LoadU(d, firsts + p), x_second = hn::LoadU(d, seconds + p);
      for (size_t r = 0; r < R; ++r) add(r, hn::LoadU(d32, row(r, p)), x_first, x_second);
    }
    const Vec x_first = hn::LoadU(d, firsts + whole), x_second = hn::LoadU(d, seconds + whole);
    for (size_t r = 0; r < R; ++r) {
      add(r, hn::MaskedLoad(rest, d32, row(r, whole)), x_first, x_second);
      float total = hn::GetLane(hn::SumOfLanes(d, hn::Add(sums[r], sums_seconds[r])));
      if (K % 2 == 1) total += static_cast<float>(W[(n + r + 1) * K - 1]) * firsts[pairs];
      y[n + r] = total;
    }
  });
}

// What the dispatcher chose; asking the processor takes longer than a product.
bool is_avx512() { return HWY_TARGET <= HWY_AVX3; }

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(dots_f32);
HWY_EXPORT(dots_bf16);
HWY_EXPORT(is_avx512);

namespace {

// y = op(B) x in f32. Converts x once, with room for a whole vector behind it.
class Dots {
 public:
  Dots(const Gemm& g, const void* A, const void* B) : K_(static_cast<size_t>(g.K)), W_(B) {
    constexpr size_t kRoom = 16;  // of the widest instruction set; HWY_MAX_BYTES would be the one compiled last
    if (g.b == DType::f32) {
      way_ = Way::f32;
      x_.assign(K_ + kRoom, 0.0f);
      std::copy_n(static_cast<const float*>(A), K_, x_.begin());
    } else if (const auto* x = static_cast<const bfloat16*>(A);
               has_avx512_bf16() && HWY_DYNAMIC_DISPATCH(is_avx512)()) {
      way_ = Way::bf16_instruction;
      pairs_.resize(K_ + kAvx512Bf16Room);
      std::copy_n(x, K_, pairs_.begin());
    } else {
      way_ = Way::bf16_as_f32;
      part_ = (K_ + 1) / 2 + kRoom;  // the first elements of pairs, then the second ones
      x_.assign(2 * part_, 0.0f);
      for (size_t k = 0; k < K_; ++k) x_[k % 2 * part_ + k / 2] = static_cast<float>(x[k]);
    }
  }

  void run(size_t begin, size_t end, float* y) const {
    const auto* bf16 = static_cast<const bfloat16*>(W_);
    switch (way_) {
      case Way::f32: return HWY_DYNAMIC_DISPATCH(dots_f32)(static_cast<const float*>(W_), x_.data(), K_, begin, end, y);
      case Way::bf16_as_f32:
        return HWY_DYNAMIC_DISPATCH(dots_bf16)(bf16, x_.data(), x_.data() + part_, K_, begin, end, y);
      case Way::bf16_instruction: return dots_avx512_bf16(bf16, pairs_.data(), K_, begin, end, y);
    }
  }

 private:
  enum class Way : uint8_t { f32, bf16_as_f32, bf16_instruction };
  size_t K_, part_ = 0;
  const void* W_;
  Way way_ = Way::f32;
  std::vector<float> x_;
  std::vector<bfloat16> pairs_;
};

}  // namespace

void gemv(const Gemm& g, const void* A, const void* B, const float* bias, void* C) {
  const Dots dots(g, A, B);
  std::vector<float> sums;
  auto* y = static_cast<float*>(C);
  if (g.c == DType::bf16) {
    sums.resize(static_cast<size_t>(g.N));
    y = sums.data();
  }
  // A thread is worth waking for some hundred thousand weights.
  constexpr int64_t kWeights = int64_t{256} * 1024;
  const int64_t grain = g.on_this_thread ? g.N : std::max<int64_t>(1, kWeights / std::max<int64_t>(1, g.K));
  parallel_for(g.N, grain,
               [&](int64_t begin, int64_t end) { dots.run(static_cast<size_t>(begin), static_cast<size_t>(end), y); });
  bias_activation(g.activation, y, DType::f32, bias, C, g.c, 1, g.N);
}

}  // namespace latent::kernels
#endif
