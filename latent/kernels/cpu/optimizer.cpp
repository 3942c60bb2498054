#include <latent/kernels/optimizer.hpp>

#include <latent/core/threads.hpp>
#include <latent/kernels/cpu/optimizer_plain.hpp>

#include <algorithm>
#include <cassert>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/optimizer.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// Calls f(load, store, i) for whole vectors at i, and once for what is left; load and store then stop at the end.
template <class F>
HWY_INLINE void for_vectors(size_t n, const F& f) {
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    f([d, i](const auto* from) HWY_ATTR { return load(d, from + i); },
      [d, i](Vec value, auto* to) HWY_ATTR { store(d, value, to + i); });
  }
  if (i == n) return;
  const size_t rest = n - i;
  f([d, i, rest](const auto* from) HWY_ATTR { return load_some(d, from + i, rest); },
    [d, i, rest](Vec value, auto* to) HWY_ATTR { store_some(d, value, to + i, rest); });
}

template <class G>
HWY_INLINE void adam(const AdamStep& s, const G* grad, float* weight, float* first, float* second, bfloat16* copy,
                     size_t n) {
  const F32 d;
  const Vec beta1 = hn::Set(d, static_cast<float>(s.beta1)), rest1 = hn::Set(d, static_cast<float>(1 - s.beta1));
  const Vec beta2 = hn::Set(d, static_cast<float>(s.beta2)), rest2 = hn::Set(d, static_cast<float>(1 - s.beta2));
  const Vec scale = hn::Set(d, static_cast<float>(s.grad_scale)), l2 = hn::Set(d, static_cast<float>(s.l2));
  const Vec keep = hn::Set(d, static_cast<float>(s.keep)), step_size = hn::Set(d, static_cast<float>(s.step_size));
  const Vec eps = hn::Set(d, static_cast<float>(s.eps));
  const Vec correct = hn::Set(d, static_cast<float>(1 / s.sqrt_correction2));
  for_vectors(n, [&](const auto& get, const auto& put) HWY_ATTR {
    const Vec w = get(weight);
    const Vec g = hn::MulAdd(get(grad), scale, hn::Mul(l2, w));
    const Vec m = hn::MulAdd(beta1, get(first), hn::Mul(rest1, g));
    const Vec v = hn::MulAdd(beta2, get(second), hn::Mul(hn::Mul(rest2, g), g));
    const Vec denominator = hn::MulAdd(hn::Sqrt(v), correct, eps);
    const Vec updated = hn::NegMulAdd(step_size, hn::Div(m, denominator), hn::Mul(w, keep));
    put(m, first);
    put(v, second);
    put(updated, weight);
    if (copy != nullptr) put(updated, copy);
  });
}
void adam_f32(const AdamStep& s, const float* grad, float* weight, float* first, float* second, bfloat16* copy,
              size_t n) {
  adam(s, grad, weight, first, second, copy, n);
}
void adam_bf16(const AdamStep& s, const bfloat16* grad, float* weight, float* first, float* second, bfloat16* copy,
               size_t n) {
  adam(s, grad, weight, first, second, copy, n);
}

template <class G>
HWY_INLINE void sgd(const SgdStep& s, const G* grad, float* weight, float* first, bfloat16* copy, size_t n) {
  const F32 d;
  const Vec momentum = hn::Set(d, static_cast<float>(s.momentum)), lr = hn::Set(d, static_cast<float>(s.lr));
  const Vec scale = hn::Set(d, static_cast<float>(s.grad_scale)), l2 = hn::Set(d, static_cast<float>(s.l2));
  for_vectors(n, [&](const auto& get, const auto& put) HWY_ATTR {
    const Vec w = get(weight);
    const Vec g = hn::MulAdd(get(grad), scale, hn::Mul(l2, w));
    const Vec m = hn::MulAdd(momentum, get(first), g);
    const Vec updated = hn::NegMulAdd(lr, m, w);
    put(m, first);
    put(updated, weight);
    if (copy != nullptr) put(updated, copy);
  });
}
void sgd_f32(const SgdStep& s, const float* grad, float* weight, float* first, bfloat16* copy, size_t n) {
  sgd(s, grad, weight, first, copy, n);
}
void sgd_bf16(const SgdStep& s, const bfloat16* grad, float* weight, float* first, bfloat16* copy, size_t n) {
  sgd(s, grad, weight, first, copy, n);
}

// Squares of floats are taken in double, whose range they cannot leave.
template <class D64, class F>
HWY_INLINE double squares(D64 d64, const F& load_doubles, size_t n, const auto* rest) {
  const size_t lanes = hn::Lanes(d64);
  auto even = hn::Zero(d64), odd = hn::Zero(d64);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto a = load_doubles(i), b = load_doubles(i + lanes);
    even = hn::MulAdd(a, a, even);
    odd = hn::MulAdd(b, b, odd);
  }
  double total = hn::GetLane(hn::SumOfLanes(d64, hn::Add(even, odd)));
  for (; i < n; ++i) {
    const double x = static_cast<float>(rest[i]);
    total += x * x;
  }
  return total;
}
double squares_f32(const float* x, size_t n) {
  const hn::ScalableTag<double> d64;
  const hn::Rebind<float, decltype(d64)> d32;
  return squares(
      d64, [&](size_t i) HWY_ATTR { return hn::PromoteTo(d64, hn::LoadU(d32, x + i)); }, n, x);
}
double squares_bf16(const bfloat16* x, size_t n) {
  const hn::ScalableTag<double> d64;
  const hn::Rebind<float, decltype(d64)> d32;
  const hn::Rebind<uint32_t, decltype(d64)> u32;
  const hn::Rebind<uint16_t, decltype(d64)> u16;
  const auto load_doubles = [&](size_t i) HWY_ATTR {
    const auto bits = hn::ShiftLeft<16>(hn::PromoteTo(u32, hn::LoadU(u16, &x[i].bits)));
    return hn::PromoteTo(d64, hn::BitCast(d32, bits));
  };
  return squares(d64, load_doubles, n, x);
}

void towards_f32(float* average, const float* value, float rate, size_t n) {
  const F32 d;
  map2(average, value, average, n,
       [&](Vec a, Vec v) HWY_ATTR { return hn::MulAdd(hn::Set(d, rate), hn::Sub(v, a), a); });
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(adam_f32);
HWY_EXPORT(adam_bf16);
HWY_EXPORT(sgd_f32);
HWY_EXPORT(sgd_bf16);
HWY_EXPORT(squares_f32);
HWY_EXPORT(squares_bf16);
HWY_EXPORT(towards_f32);

namespace {

// Elements below which a second thread costs more to wake than it saves.
constexpr int64_t kGrain = int64_t{16} * 1024;
// Ranges of parallel_for begin at multiples of 16; so do tensors in the row of all tensors.
constexpr int64_t kUnit = 16;

int64_t padded(int64_t size) { return (size + kUnit - 1) / kUnit * kUnit; }

// Calls f(tensor, begin, end) for pieces that cover all tensors, side by side: one parallel region for all of them.
template <class F>
void for_pieces(std::span<const UpdatedTensor> tensors, const F& f) {
  int64_t total = 0;
  for (const UpdatedTensor& t : tensors) total += padded(t.size);
  parallel_for(total, kGrain, [&](int64_t begin, int64_t end) {
    int64_t offset = 0;
    for (const UpdatedTensor& t : tensors) {
      const int64_t from = std::max<int64_t>(begin - offset, 0), to = std::min(end - offset, t.size);
      if (from < to) f(t, from, to);
      offset += padded(t.size);
    }
  });
}

}  // namespace

void adam_step(std::span<const UpdatedTensor> tensors, const AdamStep& step) {
  for_pieces(tensors, [&](const UpdatedTensor& t, int64_t begin, int64_t end) {
    if (t.type == DType::f64) {
      assert(t.grad_type == DType::f64 && t.bf16_copy == nullptr);
      auto *w = static_cast<double*>(t.weight), *m = static_cast<double*>(t.first), *v = static_cast<double*>(t.second);
      for (int64_t i = begin; i < end; ++i) adam_element(step, static_cast<const double*>(t.grad)[i], w[i], m[i], v[i]);
      return;
    }
    assert(t.type == DType::f32);
    const auto n = static_cast<size_t>(end - begin);
    auto* w = static_cast<float*>(t.weight) + begin;
    auto* m = static_cast<float*>(t.first) + begin;
    auto* v = static_cast<float*>(t.second) + begin;
    bfloat16* copy = t.bf16_copy == nullptr ? nullptr : t.bf16_copy + begin;
    if (t.grad_type == DType::bf16) {
      HWY_DYNAMIC_DISPATCH(adam_bf16)(step, static_cast<const bfloat16*>(t.grad) + begin, w, m, v, copy, n);
    } else {
      assert(t.grad_type == DType::f32);
      HWY_DYNAMIC_DISPATCH(adam_f32)(step, static_cast<const float*>(t.grad) + begin, w, m, v, copy, n);
    }
  });
}

void sgd_step(std::span<const UpdatedTensor> tensors, const SgdStep& step) {
  for_pieces(tensors, [&](const UpdatedTensor& t, int64_t begin, int64_t end) {
    if (t.type == DType::f64) {
      assert(t.grad_type == DType::f64 && t.bf16_copy == nullptr);
      auto *w = static_cast<double*>(t.weight), *m = static_cast<double*>(t.first);
      for (int64_t i = begin; i < end; ++i) sgd_element(step, static_cast<const double*>(t.grad)[i], w[i], m[i]);
      return;
    }
    assert(t.type == DType::f32);
    const auto n = static_cast<size_t>(end - begin);
    auto* w = static_cast<float*>(t.weight) + begin;
    auto* m = static_cast<float*>(t.first) + begin;
    bfloat16* copy = t.bf16_copy == nullptr ? nullptr : t.bf16_copy + begin;
    if (t.grad_type == DType::bf16) {
      HWY_DYNAMIC_DISPATCH(sgd_bf16)(step, static_cast<const bfloat16*>(t.grad) + begin, w, m, copy, n);
    } else {
      assert(t.grad_type == DType::f32);
      HWY_DYNAMIC_DISPATCH(sgd_f32)(step, static_cast<const float*>(t.grad) + begin, w, m, copy, n);
    }
  });
}

double sum_of_squares(std::span<const ReadTensor> tensors) {
  // Blocks of a fixed size are summed each for itself and then in their order.
  constexpr int64_t kBlock = 4096;
  struct Block {
    const ReadTensor* tensor;
    int64_t begin;
  };
  std::vector<Block> blocks;
  for (const ReadTensor& t : tensors) {
    for (int64_t begin = 0; begin < t.size; begin += kBlock) blocks.push_back({&t, begin});
  }
  std::vector<double> sums(blocks.size());
  parallel_for(static_cast<int64_t>(blocks.size()), kGrain / kBlock, [&](int64_t first, int64_t last) {
    for (auto b = static_cast<size_t>(first); b < static_cast<size_t>(last); ++b) {
      const ReadTensor& t = *blocks[b].tensor;
      const int64_t begin = blocks[b].begin, end = std::min(begin + kBlock, t.size);
      const auto n = static_cast<size_t>(end - begin);
      if (t.type == DType::f64) {
        for (int64_t i = begin; i < end; ++i) {
          const double x = static_cast<const double*>(t.data)[i];
          sums[b] += x * x;
        }
      } else if (t.type == DType::bf16) {
        sums[b] = HWY_DYNAMIC_DISPATCH(squares_bf16)(static_cast<const bfloat16*>(t.data) + begin, n);
      } else {
        assert(t.type == DType::f32);
        sums[b] = HWY_DYNAMIC_DISPATCH(squares_f32)(static_cast<const float*>(t.data) + begin, n);
      }
    }
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

void move_towards(void* average, const void* value, int64_t size, double rate, DType type) {
  parallel_for(size, kGrain, [&](int64_t begin, int64_t end) {
    if (type == DType::f64) {
      auto* a = static_cast<double*>(average);
      for (int64_t i = begin; i < end; ++i) a[i] += rate * (static_cast<const double*>(value)[i] - a[i]);
    } else {
      assert(type == DType::f32);
      HWY_DYNAMIC_DISPATCH(towards_f32)
      (static_cast<float*>(average) + begin, static_cast<const float*>(value) + begin, static_cast<float>(rate),
       static_cast<size_t>(end - begin));
    }
  });
}

}  // namespace latent::kernels
#endif
