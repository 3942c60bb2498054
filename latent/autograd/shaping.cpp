#include <latent/autograd/shaping.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/node.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/kernels/layout.hpp>
#include <latent/kernels/reduce.hpp>

#include <algorithm>
#include <cstring>

namespace latent {

namespace {

using detail::with_any_float_type;
using detail::with_float_type;

// y[n, b, a] = x[n, a, b], for x of shape (N, a..., b...) to be read as `result`.
Tensor transpose_inner(const Tensor& x, int64_t A, int64_t B, const Shape& result) {
  Tensor y = Tensor::empty(result, x.dtype());
  with_any_float_type("channels", x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::transpose_inner(x.dim(0), A, B, x.data<T>(), y.data<T>());
  });
  if (should_record({&x})) {
    record("channels", {&y}, {&x}, [A, B, shape = x.shape()](std::span<const Tensor> grads) {
      return Gradients{transpose_inner(grads[0].detach(), B, A, shape)};
    });
  }
  return y;
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
  Tensor y = x.view_as(shape);
  if (should_record({&x})) {
    record("reshape", {&y}, {&x},
           [from = x.shape()](std::span<const Tensor> grads) { return Gradients{grads[0].view_as(from)}; });
  }
  return y;
}

Tensor flatten(const Tensor& x) {
  LATENT_CHECK(x.ndim() >= 1, "[flatten] at least one dimension expected");
  return reshape(x, Shape{x.dim(0), x.shape().tail().numel()});
}

Tensor columns(const Tensor& x, int64_t begin, int64_t end) {
  LATENT_CHECK(x.ndim() >= 1 && 0 <= begin && begin < end && end <= x.dim(-1), "[columns] [{}, {}) of {}", begin, end,
               x.shape().str());
  const int64_t cols = x.dim(-1), rows = x.numel() / cols;
  std::vector<int64_t> sizes(x.shape().sizes().begin(), x.shape().sizes().end());
  sizes.back() = end - begin;
  Tensor y = Tensor::empty(Shape(sizes), x.dtype());
  with_any_float_type("columns", x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::copy_columns(rows, end - begin, x.data<T>(), cols, begin, y.data<T>(), end - begin, 0);
  });
  if (should_record({&x})) {
    record("columns", {&y}, {&x}, [=, shape = x.shape()](std::span<const Tensor> grads) {
      Tensor dx = Tensor::zeros(shape, grads[0].dtype());
      with_any_float_type("columns", dx.dtype(), [&](auto* t) {
        using T = std::remove_pointer_t<decltype(t)>;
        kernels::copy_columns(rows, end - begin, grads[0].data<T>(), end - begin, 0, dx.data<T>(), cols, begin);
      });
      return Gradients{dx};
    });
  }
  return y;
}

Tensor pad_columns(const Tensor& x, int64_t before, int64_t after) {
  LATENT_CHECK(x.ndim() >= 1 && before >= 0 && after >= 0, "[pad_columns] {} zeros before and {} after {}", before,
               after, x.shape().str());
  const int64_t cols = x.dim(-1), rows = cols == 0 ? 0 : x.numel() / cols, padded = before + cols + after;
  std::vector<int64_t> sizes(x.shape().sizes().begin(), x.shape().sizes().end());
  sizes.back() = padded;
  Tensor y = Tensor::zeros(Shape(sizes), x.dtype());
  with_any_float_type("pad_columns", x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::copy_columns(rows, cols, x.data<T>(), cols, 0, y.data<T>(), padded, before);
  });
  if (should_record({&x})) {
    record("pad_columns", {&y}, {&x}, [before, cols](std::span<const Tensor> grads) {
      return Gradients{columns(grads[0].detach(), before, before + cols)};
    });
  }
  return y;
}

Tensor concat_columns(const std::vector<Tensor>& parts) {
  LATENT_CHECK(!parts.empty() && parts.size() <= kMaxInputs, "[concat_columns] 1 to {} tensors, got {}", kMaxInputs,
               parts.size());
  const int64_t rows = parts[0].dim(0);
  std::vector<int64_t> widths;
  int64_t total = 0;
  for (const Tensor& part : parts) {
    LATENT_CHECK(part.ndim() == 2 && part.dim(0) == rows && part.dtype() == parts[0].dtype(),
                 "[concat_columns] ({}, columns) of one type expected, got {} {}", rows, part.shape().str(),
                 name_of(part.dtype()));
    widths.push_back(part.dim(1));
    total += part.dim(1);
  }
  Tensor y = Tensor::empty(Shape{rows, total}, parts[0].dtype());
  with_any_float_type("concat_columns", y.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    int64_t at = 0;
    for (const Tensor& part : parts) {
      kernels::copy_columns(rows, part.dim(1), part.data<T>(), part.dim(1), 0, y.data<T>(), total, at);
      at += part.dim(1);
    }
  });
  static const Tensor none;
  const auto input = [&](size_t i) { return i < parts.size() ? &parts[i] : &none; };
  if (should_record({input(0), input(1), input(2), input(3), input(4), input(5)})) {
    record("concat_columns", {&y}, {input(0), input(1), input(2), input(3), input(4), input(5)},
           [widths](std::span<const Tensor> grads) {
             Gradients gradients;
             int64_t at = 0;
             for (size_t i = 0; i < widths.size(); ++i) {
               gradients[i] = columns(grads[0].detach(), at, at + widths[i]);
               at += widths[i];
             }
             return gradients;
           });
  }
  return y;
}

Tensor repeat(const Tensor& x, int64_t K) {
  LATENT_CHECK(K >= 1, "[repeat] K >= 1 expected, got {}", K);
  Tensor y = Tensor::empty(x.shape().prepend(K), x.dtype());
  for (int64_t k = 0; k < K && x.numel() > 0; ++k) y.rows(k, k + 1).view_as(x.shape()).copy_from(x);
  if (should_record({&x})) {
    record("repeat", {&y}, {&x}, [K, shape = x.shape(), type = x.dtype()](std::span<const Tensor> grads) {
      const Tensor dy = detail::in_type(grads[0], type);
      Tensor dx = Tensor::empty(shape, type);
      with_float_type("repeat", type, [&](auto* t) {
        using T = std::remove_pointer_t<decltype(t)>;
        kernels::sum_cols(K, shape.numel(), dy.data<T>(), 1.0, dx.data<T>());
      });
      return Gradients{dx};
    });
  }
  return y;
}

Tensor gather_rows(const Tensor& x, std::span<const int64_t> indices) {
  LATENT_CHECK(x.ndim() >= 1, "[gather_rows] at least one dimension expected");
  for (const int64_t index : indices) {
    LATENT_CHECK(index >= 0 && index < x.dim(0), "[gather_rows] index {} of {} rows", index, x.dim(0));
  }
  const auto M = static_cast<int64_t>(indices.size());
  const int64_t cols = x.shape().tail().numel();
  Tensor y = Tensor::empty(x.shape().tail().prepend(M), x.dtype());
  with_any_float_type("gather_rows", x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::gather_rows(M, cols, x.data<T>(), indices.data(), y.data<T>());
  });
  if (should_record({&x})) {
    record("gather_rows", {&y}, {&x},
           [M, cols, kept = std::vector<int64_t>(indices.begin(), indices.end()), shape = x.shape(),
            type = x.dtype()](std::span<const Tensor> grads) {
             const Tensor dy = detail::in_type(grads[0], type);
             Tensor dx = Tensor::zeros(shape, type);
             with_float_type("gather_rows", type, [&](auto* t) {
               using T = std::remove_pointer_t<decltype(t)>;
               kernels::scatter_add_rows(M, cols, dy.data<T>(), kept.data(), dx.data<T>());
             });
             return Gradients{dx};
           });
  }
  return y;
}

Tensor embedding(const Tensor& weight, const Tensor& ids) {
  LATENT_CHECK(ids.dtype() == DType::i32 || ids.dtype() == DType::u8 || ids.dtype() == DType::i64,
               "[embedding] ids of i32, u8 or i64 expected, got {}", name_of(ids.dtype()));
  LATENT_CHECK(weight.ndim() >= 1 && weight.ndim() - 1 + ids.ndim() <= Shape::kMaxDims,
               "[embedding] weight (V, ...) expected, got {}", weight.shape().str());
  const Tensor indices = ids.to(DType::i64);
  Shape result = weight.shape().tail();
  for (int i = ids.ndim(); i-- > 0;) result = result.prepend(ids.dim(i));
  return reshape(gather_rows(weight, indices.span<int64_t>()), result);
}

Tensor to_channels_last(const Tensor& x) {
  LATENT_CHECK(x.ndim() == 4 || x.ndim() == 3, "[to_channels_last] (N, C, H, W) or (N, C, L) expected, got {}",
               x.shape().str());
  const int64_t C = x.dim(1);
  const Shape result = x.ndim() == 3 ? Shape{x.dim(0), x.dim(2), C} : Shape{x.dim(0), x.dim(2), x.dim(3), C};
  if (C == 1) return reshape(x, result);
  return transpose_inner(x, C, result.tail().numel() / std::max<int64_t>(1, C), result);
}

Tensor to_channels_first(const Tensor& x) {
  LATENT_CHECK(x.ndim() == 4 || x.ndim() == 3, "[to_channels_first] (N, H, W, C) or (N, L, C) expected, got {}",
               x.shape().str());
  const int64_t C = x.dim(-1);
  const Shape result = x.ndim() == 3 ? Shape{x.dim(0), C, x.dim(1)} : Shape{x.dim(0), C, x.dim(1), x.dim(2)};
  if (C == 1) return reshape(x, result);
  return transpose_inner(x, result.tail().numel() / std::max<int64_t>(1, C), C, result);
}

}  // namespace latent
