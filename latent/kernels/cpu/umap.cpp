#include <latent/kernels/umap.hpp>

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/umap.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

// Vertices stand side by side in the lanes of a vector, each walking along a list of its own; shorter lists wait for
// the longest of a vector, so that callers do well to put vertices with lists of equal length together.

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

using I32 = hn::RebindToSigned<F32>;
using U32 = hn::RebindToUnsigned<F32>;
using IVec = hn::Vec<I32>;
using UVec = hn::Vec<U32>;

// An integer hash with low bias (Wellons 2018, "lowbias32").
HWY_INLINE UVec mixed(U32 d, UVec x) {
  x = hn::Mul(hn::Xor(x, hn::ShiftRight<16>(x)), hn::Set(d, 0x7feb352du));
  x = hn::Mul(hn::Xor(x, hn::ShiftRight<15>(x)), hn::Set(d, 0x846ca68bu));
  return hn::Xor(x, hn::ShiftRight<16>(x));
}

// A number in [0, count) from 24 random bits.
HWY_INLINE IVec scaled(UVec bits, int64_t count) {
  const F32 d;
  const I32 di;
  const Vec whole = hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<8>(bits)));  // below 2^24, exact
  const Vec wide = hn::Mul(whole, hn::Set(d, static_cast<float>(count) * 0x1p-24f));
  return hn::Min(hn::ConvertTo(di, wide), hn::Set(di, static_cast<int32_t>(count - 1)));
}

HWY_INLINE UVec keys_of(const UmapRound& round, IVec id) {
  const U32 du;
  const UVec spread = hn::Mul(hn::BitCast(du, id), hn::Set(du, 0x9e3779b9u));
  return mixed(du, hn::Add(spread, hn::Set(du, round.key)));
}
HWY_INLINE IVec drawn(const UmapRound& round, UVec key, uint32_t t) {
  const U32 du;
  return scaled(mixed(du, hn::Add(key, hn::Set(du, t * 0x85ebca6bu))), round.num_others);
}

int64_t draw(const UmapRound& round, int64_t id, int64_t t) {
  const I32 di;
  return hn::GetLane(drawn(round, keys_of(round, hn::Set(di, static_cast<int32_t>(id))), static_cast<uint32_t>(t)));
}

// A vector of vertices on their way.
template <int kDims>
class Walk {
 public:
  HWY_INLINE Walk(const UmapRound& round, const UmapVertices& vertices, int64_t begin, size_t count)
      : round_(round), vertices_(vertices), key_(keys_of(round, hn::Zero(I32()))) {
    const F32 d;
    const I32 di;
    int32_t first[kMostLanes] = {}, moves[kMostLanes] = {}, id[kMostLanes] = {};
    float x[kDims][kMostLanes] = {};
    for (size_t lane = 0; lane < count; ++lane) {
      const int64_t v = begin + static_cast<int64_t>(lane);
      first[lane] = vertices.first[v];
      moves[lane] = vertices.moves[v];
      id[lane] = static_cast<int32_t>(vertices.first_id + v * vertices.id_step);
      longest_ = HWY_MAX(longest_, moves[lane]);
      for (int k = 0; k < kDims; ++k) x[k][lane] = vertices.places[v * kDims + k];
    }
    for (int k = 0; k < kDims; ++k) x_[k] = hn::LoadU(d, x[k]);
    first_ = hn::LoadU(di, first);
    moves_ = hn::LoadU(di, moves);
    id_ = hn::LoadU(di, id);
    key_ = keys_of(round, id_);
  }

  HWY_INLINE void run() {
    const I32 di;
    const F32 d;
    uint32_t t = 0;
    for (int32_t m = 0; m < longest_; ++m) {
      const auto walking = hn::Lt(hn::Set(di, m), moves_);
      const IVec at = hn::IfThenElseZero(walking, hn::Add(first_, hn::Set(di, m)));
      const IVec target = hn::GatherIndex(di, vertices_.targets, at);
      pull(hn::IfThenElseZero(walking, target), hn::RebindMask(d, walking));
      const auto until = static_cast<uint32_t>(round_.negatives * static_cast<float>(m + 1));
      for (; t < until; ++t) {
        const IVec other = drawn(round_, key_, t);
        push(other, hn::RebindMask(d, hn::And(walking, hn::Ne(other, id_))));
      }
    }
  }

  HWY_INLINE void store(int64_t begin, size_t count) const {
    const F32 d;
    float x[kDims][kMostLanes];
    for (int k = 0; k < kDims; ++k) hn::StoreU(x_[k], d, x[k]);
    for (size_t lane = 0; lane < count; ++lane) {
      float* place = vertices_.places + (begin + static_cast<int64_t>(lane)) * kDims;
      for (int k = 0; k < kDims; ++k) place[k] = x[k][lane];
    }
  }

 private:
  using Lanes = hn::Mask<F32>;
  static constexpr size_t kMostLanes = HWY_MAX_BYTES / sizeof(float);

  // The way from the others to here, and the squared distance, which is kept off zero.
  HWY_INLINE Vec differences(IVec other, Vec* difference) const {
    const F32 d;
    const I32 di;
    const IVec at = hn::Mul(other, hn::Set(di, kDims));
    Vec square = hn::Set(d, 1e-30f);
    for (int k = 0; k < kDims; ++k) {
      difference[k] = hn::Sub(x_[k], hn::GatherIndex(d, round_.others + k, at));
      square = hn::MulAdd(difference[k], difference[k], square);
    }
    return square;
  }

  // a d^2b
  HWY_INLINE Vec power_of(Vec square) const {
    const F32 d;
    return hn::Mul(hn::Set(d, round_.a), hn::Exp(d, hn::Mul(hn::Set(d, round_.b), hn::Log(d, square))));
  }

  HWY_INLINE void move(Vec slope, const Vec* difference, Lanes who) {
    const F32 d;
    constexpr float kMostStep = 4.0f;
    for (int k = 0; k < kDims; ++k) {
      const Vec wanted = hn::Mul(slope, difference[k]);
      const Vec step = hn::Min(hn::Max(wanted, hn::Set(d, -kMostStep)), hn::Set(d, kMostStep));
      x_[k] = hn::MulAdd(hn::IfThenElseZero(who, step), hn::Set(d, round_.alpha), x_[k]);
    }
  }

  HWY_INLINE void pull(IVec other, Lanes who) {
    const F32 d;
    Vec difference[kDims];
    const Vec square = differences(other, difference), power = power_of(square);
    const Vec below = hn::MulAdd(square, power, square);  // d^2 (1 + a d^2b)
    move(hn::Div(hn::Mul(hn::Set(d, -2.0f * round_.b), power), below), difference, who);
  }

  HWY_INLINE void push(IVec other, Lanes who) {
    const F32 d;
    Vec difference[kDims];
    const Vec square = differences(other, difference), power = power_of(square);
    const Vec near = hn::Add(square, hn::Set(d, 0.001f));
    move(hn::Div(hn::Set(d, 2.0f * round_.b), hn::MulAdd(near, power, near)), difference, who);
  }

  const UmapRound& round_;
  const UmapVertices& vertices_;
  Vec x_[kDims];
  IVec first_, moves_, id_;
  UVec key_;
  int32_t longest_ = 0;
};

template <int kDims>
HWY_INLINE void walk_all(const UmapRound& round, const UmapVertices& vertices) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(F32()));
  for (int64_t begin = 0; begin < vertices.count; begin += lanes) {
    const auto count = static_cast<size_t>(HWY_MIN(lanes, vertices.count - begin));
    Walk<kDims> walk(round, vertices, begin, count);
    walk.run();
    walk.store(begin, count);
  }
}

void moves(const UmapRound& round, const UmapVertices& vertices) {
  if (round.dims == 2) return walk_all<2>(round, vertices);
  walk_all<3>(round, vertices);
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(moves);
HWY_EXPORT(draw);

void umap_moves(const UmapRound& round, const UmapVertices& vertices) { HWY_DYNAMIC_DISPATCH(moves)(round, vertices); }

int64_t umap_draw(const UmapRound& round, int64_t id, int64_t t) { return HWY_DYNAMIC_DISPATCH(draw)(round, id, t); }

}  // namespace latent::kernels
#endif
