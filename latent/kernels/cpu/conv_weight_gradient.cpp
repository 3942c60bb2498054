// The weight gradient of a convolution. From many channels it is a product: each thread gathers the patches
// of a few rows of pixels at a time, so that they stay in its own cache, and sums the products in a gradient of its
// own. Elsewhere oneDNN's kernel is as fast.

#include <latent/core/allocator.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/conv.hpp>
#include <latent/kernels/cpu/onednn.hpp>
#include <latent/kernels/cpu/plain.hpp>
#include <latent/kernels/cpu/winograd.hpp>
#include <latent/kernels/gemm.hpp>
#include <latent/kernels/layout.hpp>

#include <algorithm>
#include <cstring>

namespace latent::kernels {

namespace {

// Pixels whose patches are gathered together: with 512 numbers in a patch, 128 KB in bf16.
constexpr int64_t kPixels = 128;

// Measured with bench/kernels_bench (conv<Way::weight>): 1.3 to 2.7 times in bf16 from 16 channels on, up to 1.2 times
// in f32 from 64 channels on.
bool patches_are_faster(const Conv& c) { return c.C >= (c.compute == DType::bf16 ? 16 : 64); }

// patch[i, j, :] = x[h0 + i, w0 + j, :], zero outside the image. x (H, W, C), patch (kh, kw, C).
void gather_patch(const Conv& c, const std::byte* x, int64_t h0, int64_t w0, size_t element, std::byte* patch) {
  const int64_t first = std::max<int64_t>(0, -w0), last = std::clamp<int64_t>(c.W - w0, first, c.kw);
  const auto bytes = [&](int64_t columns) { return static_cast<size_t>(columns * c.C) * element; };
  for (int64_t i = 0; i < c.kh; ++i, patch += bytes(c.kw)) {
    const int64_t h = h0 + i;
    if (h < 0 || h >= c.H) {
      std::memset(patch, 0, bytes(c.kw));
      continue;
    }
    std::memset(patch, 0, bytes(first));
    std::memcpy(patch + bytes(first), x + bytes(h * c.W + w0 + first), bytes(last - first));
    std::memset(patch + bytes(last), 0, bytes(c.kw - last));
  }
}

void weight_gradient_by_patches(const Conv& c, const void* x, const void* dy, float* dweight) {
  const size_t element = size_of(c.compute);
  const int64_t patch = c.kh * c.kw * c.C, size = c.F * patch;
  // Rows of pixels of all images: (N OH, OW). Who sums which depends on the number of threads alone.
  const int64_t rows = c.N * c.OH, rows_at_once = std::min(rows, std::max<int64_t>(1, kPixels / c.OW));
  const int64_t pieces = (rows + rows_at_once - 1) / rows_at_once, shares = std::min<int64_t>(num_threads(), pieces);
  const auto sums_memory = allocate(static_cast<size_t>(shares * size) * sizeof(float));
  auto* sums = reinterpret_cast<float*>(sums_memory.get());
  constexpr int64_t kUnit = 16;  // parallel_for splits at its multiples
  const size_t patches_bytes = static_cast<size_t>(rows_at_once * c.OW * patch) * element;
  const auto all_patches = allocate(static_cast<size_t>(shares) * patches_bytes);  // here: a thread may not throw
  parallel_for(shares * kUnit, kUnit, [&](int64_t begin, int64_t end) {
    for (int64_t share = begin / kUnit; share < end / kUnit; ++share) {
      std::byte* const patches = all_patches.get() + static_cast<size_t>(share) * patches_bytes;
      const int64_t first_piece = pieces * share / shares, last_piece = pieces * (share + 1) / shares;
      for (int64_t piece = first_piece; piece < last_piece; ++piece) {
        const int64_t first = piece * rows_at_once, last = std::min(rows, first + rows_at_once);
        std::byte* to = patches;
        for (int64_t r = first; r < last; ++r) {
          const std::byte* image =
              static_cast<const std::byte*>(x) + static_cast<size_t>(r / c.OH * c.H * c.W * c.C) * element;
          for (int64_t ow = 0; ow < c.OW; ++ow, to += static_cast<size_t>(patch) * element) {
            gather_patch(c, image, r % c.OH * c.stride - c.padding, ow * c.stride - c.padding, element, to);
          }
        }
        gemm({.M = c.F,
              .N = patch,
              .K = (last - first) * c.OW,
              .transpose_a = true,
              .a = c.compute,
              .b = c.compute,
              .c = DType::f32,
              .accumulate = piece > first_piece,
              .on_this_thread = true},
             static_cast<const std::byte*>(dy) + static_cast<size_t>(first * c.OW * c.F) * element, patches, nullptr,
             sums + share * size);
      }
    }
  });
  parallel_for(size, 4096, [&](int64_t begin, int64_t end) {
    for (int64_t share = 1; share < shares; ++share) {
      for (int64_t i = begin; i < end; ++i) sums[i] += sums[share * size + i];
    }
  });
  transpose_inner(c.F, c.kh * c.kw, c.C, sums, dweight);  // (F, kh kw, C) -> (F, C, kh, kw)
}

}  // namespace

void conv_backward_weight(const Conv& c, const void* x, const void* dy, void* dweight) {
  if (c.compute == DType::f64) {
    return plain::conv_backward_weight(c, static_cast<const double*>(x), static_cast<const double*>(dy),
                                       static_cast<double*>(dweight));
  }
  if (c.N == 0) {
    std::memset(dweight, 0, static_cast<size_t>(c.F * c.C * c.kh * c.kw) * sizeof(float));
  } else if (winograd::fits(c)) {
    winograd::backward_weight(c, static_cast<const float*>(x), static_cast<const float*>(dy),
                              static_cast<float*>(dweight));
  } else if (patches_are_faster(c)) {
    weight_gradient_by_patches(c, x, dy, static_cast<float*>(dweight));
  } else {
    onednn::conv_backward_weight(c, x, dy, dweight);
  }
}

}  // namespace latent::kernels
