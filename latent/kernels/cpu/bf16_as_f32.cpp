#include <latent/kernels/cpu/bf16_as_f32.hpp>

#include <latent/core/allocator.hpp>
#include <latent/kernels/activation.hpp>
#include <latent/kernels/cpu/onednn.hpp>

namespace latent::kernels::bf16_as_f32 {

namespace {

// A factor in f32: converted, or as it is.
class Factor {
 public:
  Factor(const void* values, DType type, int64_t n) : values_(values) {
    if (type == DType::f32) return;
    memory_ = allocate(static_cast<size_t>(n) * sizeof(float));
    convert(values, type, memory_.get(), DType::f32, n);
    values_ = memory_.get();
  }
  const void* get() const { return values_; }

 private:
  std::shared_ptr<std::byte> memory_;
  const void* values_;
};

// Where a product goes: to f32, and from there to the type that is asked for.
class Target {
 public:
  Target(void* values, DType type, int64_t n) : values_(values), type_(type), n_(n) {
    if (type != DType::f32) memory_ = allocate(static_cast<size_t>(n) * sizeof(float));
  }
  void* get() const { return memory_ ? memory_.get() : values_; }
  void finish() const {
    if (memory_) convert(memory_.get(), DType::f32, values_, type_, n_);
  }

 private:
  std::shared_ptr<std::byte> memory_;
  void* values_;
  DType type_;
  int64_t n_;
};

Conv in_f32(Conv conv) {
  conv.compute = DType::f32;
  return conv;
}

int64_t x_size(const Conv& c) { return c.N * c.H * c.W * c.C; }
int64_t y_size(const Conv& c) { return c.N * c.OH * c.OW * c.F; }
int64_t weight_size(const Conv& c) { return c.F * c.C * c.kh * c.kw; }

}  // namespace

void gemm(const Gemm& g, const void* A, const void* B, const void* bias, void* C) {
  Gemm wide = g;
  wide.a = wide.b = wide.c = DType::f32;
  const Factor a(A, g.a, g.M * g.K), b(B, g.b, g.K * g.N);
  const Target c(C, g.c, g.M * g.N);
  if (g.accumulate && g.c != DType::f32) convert(C, g.c, c.get(), DType::f32, g.M * g.N);
  kernels::gemm(wide, a.get(), b.get(), bias, c.get());
  c.finish();
}

void conv_forward(const Conv& c, const void* x, const void* weight, const void* bias, Activation activation, void* y,
                  DType y_type) {
  const Factor wide_x(x, c.compute, x_size(c)), wide_weight(weight, c.compute, weight_size(c));
  const Target wide_y(y, y_type, y_size(c));
  kernels::conv_forward(in_f32(c), wide_x.get(), wide_weight.get(), bias, activation, wide_y.get(), DType::f32);
  wide_y.finish();
}

void conv_backward_data(const Conv& c, const void* dy, const void* weight, void* dx, DType dx_type) {
  const Factor wide_dy(dy, c.compute, y_size(c)), wide_weight(weight, c.compute, weight_size(c));
  const Target wide_dx(dx, dx_type, x_size(c));
  kernels::conv_backward_data(in_f32(c), wide_dy.get(), wide_weight.get(), wide_dx.get(), DType::f32);
  wide_dx.finish();
}

void conv_backward_weight(const Conv& c, const void* x, const void* dy, void* dweight) {
  const Factor wide_x(x, c.compute, x_size(c)), wide_dy(dy, c.compute, y_size(c));
  onednn::conv_backward_weight(in_f32(c), wide_x.get(), wide_dy.get(), dweight);
}

}  // namespace latent::kernels::bf16_as_f32
