// The transposed convolution. To many channels it is oneDNN's gradient of a convolution; to few (pictures at the end of
// a decoder) that one leaves most of each vector empty, and a product followed by a sum over overlapping patches is
// several times faster.

#include <latent/core/allocator.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/activation.hpp>
#include <latent/kernels/conv.hpp>
#include <latent/kernels/gemm.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

#ifndef LATENT_CONV_TRANSPOSE_SUMS
#define LATENT_CONV_TRANSPOSE_SUMS
namespace latent::kernels {

// Room to sum one image's patches in. Columns of the result that get the same patch element j from neighbouring patches
// are `stride` apart; sorted by column modulo stride ("phase"), a row of patches is added with whole vectors.
struct PatchSums {
  size_t lanes;    // patches of a row, rounded up to whole vectors
  size_t margin;   // columns that stick out on the left
  size_t columns;  // of one phase, with what sticks out on both sides
  size_t row;      // elements of a row of the result: C * stride * columns
  // For each element (k, i, j) of a patch: i, and where in its row the first patch adds it.
  struct Target {
    int64_t i;
    size_t offset;
  };
  std::vector<Target> targets;
  std::vector<float> turned;  // (C kh kw, lanes): one row of patches, transposed; beyond OW all zero
  std::vector<float> sums;    // (H, C, stride, columns)

  explicit PatchSums(const Conv& c) {
    constexpr size_t kWidest = 16;
    const auto s = static_cast<size_t>(c.stride), p = static_cast<size_t>(c.padding);
    const auto blocks = [](size_t n, size_t size) { return (n + size - 1) / size; };
    lanes = blocks(static_cast<size_t>(c.OW), kWidest) * kWidest;
    margin = blocks(p, s);
    columns = margin + lanes + blocks(static_cast<size_t>(c.kw), s) + blocks(static_cast<size_t>(c.W), s);
    row = static_cast<size_t>(c.C) * s * columns;
    for (int64_t k = 0; k < c.C; ++k) {
      for (int64_t i = 0; i < c.kh; ++i) {
        for (int64_t j = 0; j < c.kw; ++j) {
          // Patch ow adds to column ow * stride + j - padding; moved right by the margin, nothing is negative.
          const size_t column = static_cast<size_t>(j) + margin * s - p;
          targets.push_back({i, (static_cast<size_t>(k) * s + column % s) * columns + column / s});
        }
      }
    }
    turned.resize(targets.size() * lanes);
    sums.resize(static_cast<size_t>(c.H) * row);
  }
};

}  // namespace latent::kernels
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latent/kernels/cpu/conv_transpose.cpp"
#include <hwy/foreach_target.h>

#include <latent/kernels/cpu/transpose-inl.hpp>
#include <latent/kernels/cpu/vectors-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace latent::kernels::HWY_NAMESPACE {

// sums[h, k, phase, :] of one image from its patches (OH, OW, C, kh, kw).
void sum_patches(const Conv& c, const float* patches, PatchSums& room) {
  const F32 d;
  const size_t patch = room.targets.size();
  std::fill(room.sums.begin(), room.sums.end(), 0.0f);
  for (int64_t oh = 0; oh < c.OH; ++oh) {
    transpose_matrix(static_cast<size_t>(c.OW), patch, patches + static_cast<size_t>(oh * c.OW) * patch,
                     room.turned.data(), room.lanes);
    const float* in = room.turned.data();
    for (const auto& [i, offset] : room.targets) {
      const int64_t h = oh * c.stride + i - c.padding;
      if (h >= 0 && h < c.H) {
        float* out = room.sums.data() + static_cast<size_t>(h) * room.row + offset;
        for (size_t ow = 0; ow < room.lanes; ow += hn::Lanes(d)) {
          hn::StoreU(hn::Add(hn::LoadU(d, out + ow), hn::LoadU(d, in + ow)), d, out + ow);
        }
      }
      in += room.lanes;
    }
  }
}

}  // namespace latent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace latent::kernels {

HWY_EXPORT(sum_patches);

namespace {

// Channels of the result up to which patches are faster; found with bench/kernels_bench (conv<Way::transpose>).
constexpr int64_t kFewChannels = 4;

// y (H, W, C) of one image = sums + bias.
template <class T>
void write_image(const Conv& c, const PatchSums& room, const float* bias, T* y) {
  for (int64_t h = 0; h < c.H; ++h) {
    for (int64_t k = 0; k < c.C; ++k) {
      const float b = bias == nullptr ? 0.0f : bias[k];
      for (int64_t phase = 0; phase < std::min(c.stride, c.W); ++phase) {
        const float* in =
            room.sums.data() + static_cast<size_t>((h * c.C + k) * c.stride + phase) * room.columns + room.margin;
        T* out = y + (h * c.W + phase) * c.C + k;
        const int64_t count = (c.W - phase + c.stride - 1) / c.stride;
        for (int64_t q = 0; q < count; ++q) out[q * c.stride * c.C] = T(in[q] + b);
      }
    }
  }
}

// y = x * weight, transposed, by way of patches (N, OH, OW, C, kh, kw): the weight is their matrix as it stands.
// Patches are kh kw / stride^2 times as large as y, so they are made of as many images at a time as the caches hold.
void transpose_by_patches(const Conv& c, const void* x, const void* weight, const float* bias, void* y, DType y_type) {
  constexpr int64_t kPatchElements = int64_t{1024} * 1024;
  const int64_t patch = c.C * c.kh * c.kw, pixels = c.OH * c.OW, image = c.H * c.W * c.C;
  const int64_t at_once = std::clamp<int64_t>(kPatchElements / (pixels * patch), 1, c.N);
  const int64_t pieces = (c.N + at_once - 1) / at_once;
  const auto memory = allocate(static_cast<size_t>(at_once * pixels * patch) * sizeof(float));
  auto* patches = reinterpret_cast<float*>(memory.get());
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t first = c.N * piece / pieces, images = c.N * (piece + 1) / pieces - first;
    gemm({.M = images * pixels, .N = patch, .K = c.F, .a = c.compute, .b = c.compute, .c = DType::f32},
         static_cast<const std::byte*>(x) + static_cast<size_t>(first * pixels * c.F) * size_of(c.compute), weight,
         nullptr, patches);
    parallel_for(images, 1, [&](int64_t begin, int64_t end) {
      PatchSums room(c);
      for (int64_t n = begin; n < end; ++n) {
        HWY_DYNAMIC_DISPATCH(sum_patches)(c, patches + n * pixels * patch, room);
        const int64_t to = (first + n) * image;
        if (y_type == DType::bf16) {
          write_image(c, room, bias, static_cast<bfloat16*>(y) + to);
        } else {
          write_image(c, room, bias, static_cast<float*>(y) + to);
        }
      }
    });
  }
}

}  // namespace

void conv_transpose_forward(const Conv& c, const void* x, const void* weight, const void* bias, Activation activation,
                            void* y, DType y_type) {
  const bool few = c.C <= kFewChannels && c.compute != DType::f64 && c.N > 0;
  if (few) {
    transpose_by_patches(c, x, weight, static_cast<const float*>(bias), y, y_type);
    bias = nullptr;
  } else {
    conv_backward_data(c, x, weight, y, y_type);
  }
  if (bias != nullptr || activation != Activation::none)
    bias_activation(activation, y, y_type, bias, y, y_type, c.N * c.H * c.W, c.C);
}

}  // namespace latent::kernels
#endif
