#include <latent/autograd/reduce.hpp>

#include <latent/autograd/dispatch.hpp>
#include <latent/autograd/node.hpp>
#include <latent/kernels/reduce.hpp>

namespace latent {

namespace {

using detail::with_float_type;

struct Sides {
  int64_t rows, cols;
};

// Sum over the columns of x seen as (rows, cols), times `factor`.
Tensor sum_over_columns(const char* name, const Tensor& x, Sides sides, const Shape& result, double factor) {
  Tensor y = Tensor::empty(result, x.dtype());
  with_float_type(name, x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::sum_rows(sides.rows, sides.cols, x.data<T>(), y.data<T>());
    if (factor != 1.0) {
      for (T& value : y.span<T>()) value = static_cast<T>(value * factor);
    }
  });
  if (should_record({&x})) {
    record(name, {&y}, {&x}, [name, sides, factor, shape = x.shape(), type = x.dtype()](std::span<const Tensor> grads) {
      const Tensor dy = detail::in_type(grads[0], type);
      Tensor dx = Tensor::empty(shape, type);
      with_float_type(name, type, [&](auto* t) {
        using T = std::remove_pointer_t<decltype(t)>;
        kernels::spread_rows(sides.rows, sides.cols, dy.data<T>(), factor, dx.data<T>());
      });
      return Gradients{dx};
    });
  }
  return y;
}

Sides split_first(const char* name, const Tensor& x) {
  LATENT_CHECK(x.ndim() >= 1, "[{}] at least one dimension expected", name);
  return {x.dim(0), x.shape().tail().numel()};
}

Sides split_last(const char* name, const Tensor& x) {
  LATENT_CHECK(x.ndim() >= 1, "[{}] at least one dimension expected", name);
  const int64_t cols = x.dim(-1);
  return {cols == 0 ? 0 : x.numel() / cols, cols};
}

Shape without_last(const Shape& shape) { return Shape(shape.sizes().first(static_cast<size_t>(shape.ndim()) - 1)); }

}  // namespace

Tensor sum(const Tensor& x) { return sum_over_columns("sum", x, {1, x.numel()}, Shape(), 1.0); }

Tensor mean(const Tensor& x) {
  LATENT_CHECK(x.numel() > 0, "[mean] of no elements");
  return sum_over_columns("mean", x, {1, x.numel()}, Shape(), 1.0 / static_cast<double>(x.numel()));
}

Tensor sum_per_sample(const Tensor& x) {
  const Sides sides = split_first("sum_per_sample", x);
  return sum_over_columns("sum_per_sample", x, sides, Shape{sides.rows}, 1.0);
}

Tensor sum_last(const Tensor& x) {
  const Sides sides = split_last("sum_last", x);
  return sum_over_columns("sum_last", x, sides, without_last(x.shape()), 1.0);
}

Tensor mean_first(const Tensor& x) {
  const Sides sides = split_first("mean_first", x);
  LATENT_CHECK(sides.rows > 0, "[mean_first] of no rows");
  const double factor = 1.0 / static_cast<double>(sides.rows);
  Tensor y = Tensor::empty(x.shape().tail(), x.dtype());
  with_float_type("mean_first", x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::sum_cols(sides.rows, sides.cols, x.data<T>(), factor, y.data<T>());
  });
  if (should_record({&x})) {
    record("mean_first", {&y}, {&x},
           [sides, factor, shape = x.shape(), type = x.dtype()](std::span<const Tensor> grads) {
             const Tensor dy = detail::in_type(grads[0], type);
             Tensor dx = Tensor::empty(shape, type);
             with_float_type("mean_first", type, [&](auto* t) {
               using T = std::remove_pointer_t<decltype(t)>;
               kernels::spread_cols(sides.rows, sides.cols, dy.data<T>(), factor, dx.data<T>());
             });
             return Gradients{dx};
           });
  }
  return y;
}

Tensor logsumexp_first(const Tensor& x) {
  const Sides sides = split_first("logsumexp_first", x);
  LATENT_CHECK(sides.rows > 0, "[logsumexp_first] of no rows");
  Tensor y = Tensor::empty(x.shape().tail(), x.dtype());
  with_float_type("logsumexp_first", x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::logsumexp_cols(sides.rows, sides.cols, x.data<T>(), y.data<T>());
  });
  if (should_record({&x})) {
    record("logsumexp_first", {&y}, {&x}, [sides, x = x.detach(), y = y.detach()](std::span<const Tensor> grads) {
      const Tensor dy = detail::in_type(grads[0], x.dtype());
      Tensor dx = Tensor::empty(x.shape(), x.dtype());
      with_float_type("logsumexp_first", x.dtype(), [&](auto* t) {
        using T = std::remove_pointer_t<decltype(t)>;
        kernels::logsumexp_cols_backward(sides.rows, sides.cols, x.data<T>(), y.data<T>(), dy.data<T>(), dx.data<T>());
      });
      return Gradients{dx};
    });
  }
  return y;
}

Tensor log_softmax(const Tensor& x) {
  const Sides sides = split_last("log_softmax", x);
  LATENT_CHECK(sides.cols > 0, "[log_softmax] of no columns");
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  with_float_type("log_softmax", x.dtype(), [&](auto* t) {
    using T = std::remove_pointer_t<decltype(t)>;
    kernels::log_softmax_rows(sides.rows, sides.cols, x.data<T>(), y.data<T>());
  });
  if (should_record({&x})) {
    record("log_softmax", {&y}, {&x}, [sides, y = y.detach()](std::span<const Tensor> grads) {
      const Tensor dy = detail::in_type(grads[0], y.dtype());
      Tensor dx = Tensor::empty(y.shape(), y.dtype());
      with_float_type("log_softmax", y.dtype(), [&](auto* t) {
        using T = std::remove_pointer_t<decltype(t)>;
        kernels::log_softmax_rows_backward(sides.rows, sides.cols, y.data<T>(), dy.data<T>(), dx.data<T>());
      });
      return Gradients{dx};
    });
  }
  return y;
}

}  // namespace latent
