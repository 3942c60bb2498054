#pragma once
// Functions of one or two numbers, over arrays. Not hot in any preset: plain loops, f32 and f64.

#include <cstdint>

namespace latent::kernels {

enum class Unary : uint8_t { affine, exp, log, square, sqrt, abs, sigmoid, softplus, clamp };

/// Parameters of affine (x * a + b) and clamp ([a, b]).
struct UnaryParameters {
  double a = 1.0, b = 0.0;
};

template <class T>
void unary(Unary op, UnaryParameters p, const T* x, T* y, int64_t n);
/// dx = dy * op'(x). @param y the forward result
template <class T>
void unary_backward(Unary op, UnaryParameters p, const T* x, const T* y, const T* dy, T* dx, int64_t n);

enum class Binary : uint8_t { add, sub, mul, div };

/// How `b` meets `a` of n elements: element i of a meets element (i / repeat) % period of b.
/// Same shape: repeat 1, period n. Trailing part: repeat 1, period D. One per row: repeat D, period N. Scalar:
/// period 1.
struct Broadcast {
  int64_t n = 0, repeat = 1, period = 1;
};

template <class T>
void binary(Binary op, Broadcast shape, const T* a, const T* b, T* y);
/// da (n) and db (period), either may be null; db is summed over what it was broadcast to, in a fixed order.
template <class T>
void binary_backward(Binary op, Broadcast shape, const T* a, const T* b, const T* dy, T* da, T* db);

/// y += x
template <class T>
void accumulate(const T* x, T* y, int64_t n);

}  // namespace latent::kernels
