#include <latent/kernels/cauchy.hpp>

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/cauchy.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// U vectors of targets in kDims dimensions, and what acts on them so far.
template <size_t kDims, size_t U>
struct Group {
  Vec y[U][kDims];
  Vec sum[U];
  Vec force[U][kDims];
};

// w = 1 / (1 + |r|^2)
template <size_t kDims>
HWY_INLINE Vec kernel(F32 d, const Vec (&r)[kDims]) {
  const Vec one = hn::Set(d, 1.0f);
  Vec square = one;
  for (size_t k = 0; k < kDims; ++k) square = hn::MulAdd(r[k], r[k], square);
  return hn::Div(one, square);
}

template <size_t kDims, size_t U>
HWY_INLINE void add_point(F32 d, const PointArrays<float>& points, int64_t j, Group<kDims, U>& group) {
  for (size_t u = 0; u < U; ++u) {
    Vec r[kDims];
    for (size_t k = 0; k < kDims; ++k) r[k] = hn::Sub(group.y[u][k], hn::Set(d, points.at[k][j]));
    const Vec w = kernel<kDims>(d, r), w2 = hn::Mul(w, w);
    group.sum[u] = hn::Add(group.sum[u], w);
    for (size_t k = 0; k < kDims; ++k) group.force[u][k] = hn::MulAdd(w2, r[k], group.force[u][k]);
  }
}

template <size_t kDims, size_t U>
HWY_INLINE void add_multipole(F32 d, const Multipole<float>& m, Group<kDims, U>& group) {
  const Vec n = hn::Set(d, m.count), trace = hn::Set(d, m.trace);
  for (size_t u = 0; u < U; ++u) {
    Vec r[kDims], mr[kDims];  // R and M R
    for (size_t k = 0; k < kDims; ++k) r[k] = hn::Sub(group.y[u][k], hn::Set(d, m.center[k]));
    mr[0] = hn::MulAdd(hn::Set(d, m.xx), r[0], hn::Mul(hn::Set(d, m.xy), r[1]));
    mr[1] = hn::MulAdd(hn::Set(d, m.xy), r[0], hn::Mul(hn::Set(d, m.yy), r[1]));
    if constexpr (kDims == 3) {
      mr[0] = hn::MulAdd(hn::Set(d, m.xz), r[2], mr[0]);
      mr[1] = hn::MulAdd(hn::Set(d, m.yz), r[2], mr[1]);
      mr[2] = hn::MulAdd(hn::Set(d, m.xz), r[0], hn::MulAdd(hn::Set(d, m.yz), r[1], hn::Mul(hn::Set(d, m.zz), r[2])));
    }
    Vec q = hn::Mul(r[0], mr[0]);
    for (size_t k = 1; k < kDims; ++k) q = hn::MulAdd(r[k], mr[k], q);
    const Vec w = kernel<kDims>(d, r), w2 = hn::Mul(w, w);
    const Vec wq4 = hn::Mul(hn::Mul(w, q), hn::Set(d, 4.0f));
    // w (n + w (4 w q - tr M)) and w^2 (n + w (12 w q - 2 tr M))
    group.sum[u] = hn::MulAdd(w, hn::MulAdd(w, hn::Sub(wq4, trace), n), group.sum[u]);
    const Vec inner = hn::NegMulAdd(hn::Set(d, 2.0f), trace, hn::Mul(hn::Set(d, 3.0f), wq4));
    const Vec along = hn::Mul(w2, hn::MulAdd(w, inner, n));
    const Vec across = hn::Mul(hn::Mul(w2, w), hn::Set(d, 4.0f));
    for (size_t k = 0; k < kDims; ++k) {
      group.force[u][k] = hn::NegMulAdd(across, mr[k], hn::MulAdd(along, r[k], group.force[u][k]));
    }
  }
}

template <size_t kDims, size_t U>
HWY_INLINE void act(F32 d, const CauchySources<float>& sources, Group<kDims, U>& group) {
  for (size_t u = 0; u < U; ++u) {
    group.sum[u] = hn::Zero(d);
    for (size_t k = 0; k < kDims; ++k) group.force[u][k] = hn::Zero(d);
  }
  for (const SourceRange& range : sources.near) {
    for (int64_t j = range.begin; j < range.end; ++j) add_point<kDims, U>(d, sources.points, j, group);
  }
  for (const Multipole<float>& multipole : sources.far) add_multipole<kDims, U>(d, multipole, group);
}

template <size_t kDims>
HWY_INLINE void sums(const CauchySources<float>& sources, size_t count, const PointArrays<float>& targets, float* sum,
                     float* const force[3]) {
  constexpr size_t U = 2;  // hides the latency of sums, and leaves registers for what is broadcast
  const F32 d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + U * lanes <= count; i += U * lanes) {
    Group<kDims, U> group;
    for (size_t u = 0; u < U; ++u) {
      for (size_t k = 0; k < kDims; ++k) group.y[u][k] = hn::LoadU(d, targets.at[k] + i + u * lanes);
    }
    act<kDims, U>(d, sources, group);
    for (size_t u = 0; u < U; ++u) {
      hn::StoreU(group.sum[u], d, sum + i + u * lanes);
      for (size_t k = 0; k < kDims; ++k) hn::StoreU(group.force[u][k], d, force[k] + i + u * lanes);
    }
  }
  for (; i < count; i += lanes) {
    const size_t some = HWY_MIN(lanes, count - i);
    Group<kDims, 1> group;
    for (size_t k = 0; k < kDims; ++k) group.y[0][k] = load_some(d, targets.at[k] + i, some);
    act<kDims, 1>(d, sources, group);
    store_some(d, group.sum[0], sum + i, some);
    for (size_t k = 0; k < kDims; ++k) store_some(d, group.force[0][k], force[k] + i, some);
  }
}

void sums_2d(const CauchySources<float>& sources, size_t count, const PointArrays<float>& targets, float* sum,
             float* const force[3]) {
  sums<2>(sources, count, targets, sum, force);
}
void sums_3d(const CauchySources<float>& sources, size_t count, const PointArrays<float>& targets, float* sum,
             float* const force[3]) {
  sums<3>(sources, count, targets, sum, force);
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(sums_2d);
HWY_EXPORT(sums_3d);

void cauchy_sums(const CauchySources<float>& sources, int64_t count, const PointArrays<float>& targets, float* sum,
                 float* const force[3]) {
  if (sources.dims == 2) {
    HWY_DYNAMIC_DISPATCH(sums_2d)(sources, static_cast<size_t>(count), targets, sum, force);
  } else {
    HWY_DYNAMIC_DISPATCH(sums_3d)(sources, static_cast<size_t>(count), targets, sum, force);
  }
}

void cauchy_sums(const CauchySources<double>& sources, int64_t count, const PointArrays<double>& targets, double* sum,
                 double* const force[3]) {
  const int dims = sources.dims;
  for (int64_t i = 0; i < count; ++i) {
    sum[i] = 0.0;
    for (int k = 0; k < dims; ++k) force[k][i] = 0.0;
    for (const SourceRange& range : sources.near) {
      for (int64_t j = range.begin; j < range.end; ++j) {
        double square = 1.0;
        for (int k = 0; k < dims; ++k) {
          const double r = targets.at[k][i] - sources.points.at[k][j];
          square += r * r;
        }
        sum[i] += 1.0 / square;
        for (int k = 0; k < dims; ++k) {
          force[k][i] += (targets.at[k][i] - sources.points.at[k][j]) / (square * square);
        }
      }
    }
    for (const Multipole<double>& m : sources.far) {
      const double matrix[3][3] = {{m.xx, m.xy, m.xz}, {m.xy, m.yy, m.yz}, {m.xz, m.yz, m.zz}};
      double r[3] = {}, mr[3] = {}, square = 1.0, q = 0.0;
      for (int k = 0; k < dims; ++k) {
        r[k] = targets.at[k][i] - m.center[k];
        square += r[k] * r[k];
      }
      for (int k = 0; k < dims; ++k) {
        for (int l = 0; l < dims; ++l) mr[k] += matrix[k][l] * r[l];
        q += r[k] * mr[k];
      }
      const double w = 1.0 / square, w2 = w * w, w3 = w2 * w;
      sum[i] += m.count * w - w2 * m.trace + 4.0 * w3 * q;
      for (int k = 0; k < dims; ++k) {
        force[k][i] += (m.count * w2 - 2.0 * w3 * m.trace + 12.0 * w2 * w2 * q) * r[k] - 4.0 * w3 * mr[k];
      }
    }
  }
}

}  // namespace latent::kernels
#endif
