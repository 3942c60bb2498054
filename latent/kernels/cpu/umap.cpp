#include <latent/kernels/umap.hpp>

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/umap.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <latent/kernels/cpu/vectors-inl.hpp>

// Edges, or vertices with lists of their own, stand side by side in the lanes of a vector; shorter lists wait for the
// longest of a vector.

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

// The way from rows of `places` to x, and the squared distance, which is kept off zero.
template <int kDims>
HWY_INLINE Vec differences(const Vec* x, const float* places, IVec row, Vec* difference) {
  const F32 d;
  const I32 di;
  const IVec at = hn::Mul(row, hn::Set(di, kDims));
  Vec square = hn::Set(d, 1e-30f);
  for (int k = 0; k < kDims; ++k) {
    difference[k] = hn::Sub(x[k], hn::GatherIndex(d, places + k, at));
    square = hn::MulAdd(difference[k], difference[k], square);
  }
  return square;
}

// a d^2b
HWY_INLINE Vec power_of(const UmapRound& round, Vec square) {
  const F32 d;
  return hn::Mul(hn::Set(d, round.a), hn::Exp(d, hn::Mul(hn::Set(d, round.b), hn::Log(d, square))));
}

// What the difference is multiplied with in a step towards another point, and away from it.
HWY_INLINE Vec attraction(const UmapRound& round, Vec square) {
  const F32 d;
  const Vec power = power_of(round, square), below = hn::MulAdd(square, power, square);  // d^2 (1 + a d^2b)
  return hn::Div(hn::Mul(hn::Set(d, -2.0f * round.b), power), below);
}
HWY_INLINE Vec repulsion(const UmapRound& round, Vec square) {
  const F32 d;
  const Vec power = power_of(round, square), near = hn::Add(square, hn::Set(d, 0.001f));
  return hn::Div(hn::Set(d, 2.0f * round.b), hn::MulAdd(near, power, near));
}

HWY_INLINE Vec cut_off(Vec step) {
  const F32 d;
  constexpr float kMostStep = 4.0f;
  return hn::Min(hn::Max(step, hn::Set(d, -kMostStep)), hn::Set(d, kMostStep));
}

template <int kDims>
HWY_INLINE void move(const UmapRound& round, Vec slope, const Vec* difference, hn::Mask<F32> who, Vec* x) {
  const F32 d;
  for (int k = 0; k < kDims; ++k) {
    const Vec step = cut_off(hn::Mul(slope, difference[k]));
    x[k] = hn::MulAdd(hn::IfThenElseZero(who, step), hn::Set(d, round.alpha), x[k]);
  }
}

// Away from draw `t` of each lane, where that is somebody else.
template <int kDims>
HWY_INLINE void push(const UmapRound& round, IVec id, UVec key, uint32_t t, hn::Mask<I32> who, Vec* x) {
  const F32 d;
  Vec difference[kDims];
  const IVec other = drawn(round, key, t);
  const Vec square = differences<kDims>(x, round.others, other, difference);
  move<kDims>(round, repulsion(round, square), difference, hn::RebindMask(d, hn::And(who, hn::Ne(other, id))), x);
}

constexpr size_t kMostLanes = HWY_MAX_BYTES / sizeof(float);

// A vector of edges that move both of their ends.
template <int kDims>
HWY_INLINE void move_pairs(const UmapRound& round, const UmapPairs& pairs, int64_t begin, size_t count) {
  const F32 d;
  const I32 di;
  int32_t heads[kMostLanes] = {}, tails[kMostLanes] = {};
  for (size_t lane = 0; lane < count; ++lane) {
    heads[lane] = pairs.heads[begin + static_cast<int64_t>(lane)];
    tails[lane] = pairs.tails[begin + static_cast<int64_t>(lane)];
  }
  const IVec head = hn::LoadU(di, heads), tail = hn::LoadU(di, tails);
  const IVec at = hn::Mul(head, hn::Set(di, kDims));
  Vec x[kDims], other[kDims], difference[kDims];
  for (int k = 0; k < kDims; ++k) x[k] = hn::GatherIndex(d, pairs.places + k, at);
  const Vec slope = attraction(round, differences<kDims>(x, pairs.places, tail, difference));
  for (int k = 0; k < kDims; ++k) {
    const Vec step = hn::Mul(cut_off(hn::Mul(slope, difference[k])), hn::Set(d, round.alpha));
    other[k] = hn::Sub(hn::Sub(x[k], difference[k]), step);
    x[k] = hn::Add(x[k], step);
  }
  const UVec key = keys_of(round, head);
  const auto who = hn::FirstN(di, count);
  const auto draws = static_cast<uint32_t>(round.negatives);
  for (uint32_t t = 0; t < draws; ++t) push<kDims>(round, head, key, t, who, x);
  float head_places[kMostLanes], tail_places[kMostLanes];
  for (int k = 0; k < kDims; ++k) {
    hn::StoreU(x[k], d, head_places);
    hn::StoreU(other[k], d, tail_places);
    for (size_t lane = 0; lane < count; ++lane) {
      pairs.places[int64_t{heads[lane]} * kDims + k] = head_places[lane];
      pairs.places[int64_t{tails[lane]} * kDims + k] = tail_places[lane];
    }
  }
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
    uint32_t t = 0;
    for (int32_t m = 0; m < longest_; ++m) {
      const auto walking = hn::Lt(hn::Set(di, m), moves_);
      const IVec at = hn::IfThenElseZero(walking, hn::Add(first_, hn::Set(di, m)));
      pull(hn::IfThenElseZero(walking, hn::GatherIndex(di, vertices_.targets, at)), walking);
      const auto until = static_cast<uint32_t>(round_.negatives * static_cast<float>(m + 1));
      for (; t < until; ++t) push<kDims>(round_, id_, key_, t, walking, x_);
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
  HWY_INLINE void pull(IVec other, hn::Mask<I32> who) {
    const F32 d;
    Vec difference[kDims];
    const Vec square = differences<kDims>(x_, round_.others, other, difference);
    move<kDims>(round_, attraction(round_, square), difference, hn::RebindMask(d, who), x_);
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

template <int kDims>
HWY_INLINE void move_all(const UmapRound& round, const UmapPairs& all) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(F32()));
  for (int64_t begin = 0; begin < all.count; begin += lanes) {
    move_pairs<kDims>(round, all, begin, static_cast<size_t>(HWY_MIN(lanes, all.count - begin)));
  }
}

void moves(const UmapRound& round, const UmapVertices& vertices) {
  if (round.dims == 2) return walk_all<2>(round, vertices);
  walk_all<3>(round, vertices);
}

void pairs(const UmapRound& round, const UmapPairs& all) {
  if (round.dims == 2) return move_all<2>(round, all);
  move_all<3>(round, all);
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(moves);
HWY_EXPORT(pairs);
HWY_EXPORT(draw);

void umap_moves(const UmapRound& round, const UmapVertices& vertices) { HWY_DYNAMIC_DISPATCH(moves)(round, vertices); }

void umap_pairs(const UmapRound& round, const UmapPairs& all) { HWY_DYNAMIC_DISPATCH(pairs)(round, all); }

int64_t umap_draw(const UmapRound& round, int64_t id, int64_t t) { return HWY_DYNAMIC_DISPATCH(draw)(round, id, t); }

}  // namespace latent::kernels
#endif
