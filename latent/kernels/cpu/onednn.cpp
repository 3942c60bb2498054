// Everything that calls oneDNN: matrix products and convolutions in f32 and bf16. Differences between its 2.x and 3.x
// interfaces stay in this file.

#include <latent/core/allocator.hpp>
#include <latent/core/thread_team.hpp>
#include <latent/kernels/conv.hpp>
#include <latent/kernels/cpu/bf16_as_f32.hpp>
#include <latent/kernels/cpu/gemv.hpp>
#include <latent/kernels/cpu/onednn.hpp>
#include <latent/kernels/cpu/plain.hpp>
#include <latent/kernels/cpu/winograd.hpp>
#include <latent/kernels/gemm.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <dnnl.hpp>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <unordered_map>

namespace latent::kernels {

namespace {

using dnnl::memory;
using Dims = memory::dims;
using Tag = memory::format_tag;

const dnnl::engine& engine() {
  static const dnnl::engine kInstance(dnnl::engine::kind::cpu, 0);
  return kInstance;
}

dnnl::stream& stream() {
  thread_local dnnl::stream instance(engine());
  return instance;
}

memory::data_type type_of(DType dtype) {
  return dtype == DType::bf16 ? memory::data_type::bf16 : memory::data_type::f32;
}

// What a primitive does and the memory that it is given: a call only sets pointers. Room to work in is ours, and comes
// from the allocator at each call: the library's own belongs to the thread that made the primitive, and here another
// thread may run it.
struct Step {
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;
  size_t room = 0;

  void run() {
    std::shared_ptr<std::byte> scratch;
    if (room > 0) {
      scratch = allocate(room);
      arguments.at(DNNL_ARG_SCRATCHPAD).set_data_handle(scratch.get());
    }
    primitive.execute(stream(), arguments);
  }
};

// A primitive made for one shape, with its memory objects.
struct Prepared {
  Step step;
  // For convolutions: weights in the layout that the primitive wants, and the way there (or back).
  Step reorder;
  bool reorders = false;

  void bind(int argument, const void* data) { step.arguments.at(argument).set_data_handle(const_cast<void*>(data)); }
  void run() { step.run(); }
};

// What makes two calls the same to oneDNN, as plain words.
using Key = std::array<int64_t, 17>;
struct KeyHash {
  size_t operator()(const Key& key) const {
    uint64_t hash = 0xcbf29ce484222325u;
    for (const int64_t word : key)
      hash = (hash ^ static_cast<uint64_t>(word)) * 0x9e3779b97f4a7c15u, hash ^= hash >> 29;
    return hash;
  }
};

// The library's code generators do not look whether they were given the memory that they write to. So it is asked for
// here first: several times what the largest of them take. @throws std::bad_alloc
void check_room() {
  constexpr size_t kNeeded = size_t{16} << 20;
  void* const room =
      ::mmap(nullptr, kNeeded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) throw std::bad_alloc();
  ::munmap(room, kNeeded);
}

// What `make` returns. @throws std::bad_alloc where the library has an error of its own for that
template <class Make>
Prepared make_checked(const Make& make) {
  check_room();
  try {
    return make();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
    throw;
  }
}

// Primitives that no call is using, for all threads. A call takes one out and puts it back, because it holds the
// pointers of the call; where several threads want the same one at once, each gets its own. Emptied when full: a
// program that meets that many shapes (say, batches of every size) should not grow for ever, nor a server with its
// threads.
class Pool {
 public:
  using Primitives = std::unordered_multimap<Key, Prepared, KeyHash>;

  // The node is empty if there is none.
  Primitives::node_type take(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = idle_.find(key);
    return found == idle_.end() ? Primitives::node_type() : idle_.extract(found);
  }
  void put_back(Primitives::node_type node) {
    Primitives dropped;  // ends outside of the lock
    const std::lock_guard lock(mutex_);
    if (idle_.size() >= onednn::kMostIdlePrimitives) dropped.swap(idle_);
    idle_.insert(std::move(node));
  }
  size_t size() {
    const std::lock_guard lock(mutex_);
    return idle_.size();
  }

 private:
  std::mutex mutex_;
  Primitives idle_;
};

Pool& pool() {
  engine();  // which must outlive the primitives
  static Pool instance;
  return instance;
}

// A primitive while a call uses it. It is planned for a number of threads and computes only a part of its result with
// fewer: the size of the team, which must be about to run it, belongs to the key.
class Borrowed {
 public:
  template <class Make>
  Borrowed(const ThreadTeam& team, Key key, const Make& make) {
    team.share_denormals();
    key.back() = team.size();
    node_ = pool().take(key);
    if (!node_.empty()) return;
    Pool::Primitives made;
    made.emplace(key, make_checked(make));
    node_ = made.extract(made.begin());
  }
  ~Borrowed() {
    try {
      pool().put_back(std::move(node_));
    } catch (const std::bad_alloc&) {  // then it is made anew
    }
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

  Prepared* operator->() { return &node_.mapped(); }
  Prepared& operator*() { return node_.mapped(); }

 private:
  Pool::Primitives::node_type node_;
};

memory unbound(const memory::desc& desc) { return {desc, engine(), DNNL_MEMORY_NONE}; }

dnnl::primitive_attr attributes(Activation activation, bool accumulate = false) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops ops;
  if (accumulate) {
    ops.append_sum(1.0f);
    attr.set_post_ops(ops);
  }
  const auto append = [&](dnnl::algorithm algorithm, float alpha) {
#if DNNL_VERSION_MAJOR >= 3
    ops.append_eltwise(algorithm, alpha, 0.0f);
#else
    ops.append_eltwise(1.0f, algorithm, alpha, 0.0f);
#endif
  };
  switch (activation) {
    case Activation::none: return attr;
    case Activation::relu: append(dnnl::algorithm::eltwise_relu, 0.0f); break;
    case Activation::leaky_relu: append(dnnl::algorithm::eltwise_relu, static_cast<float>(kLeakyReluSlope)); break;
    case Activation::elu: append(dnnl::algorithm::eltwise_elu, 1.0f); break;
    case Activation::gelu: append(dnnl::algorithm::eltwise_gelu_erf, 0.0f); break;
    case Activation::silu: append(dnnl::algorithm::eltwise_swish, 1.0f); break;
    case Activation::tanh: append(dnnl::algorithm::eltwise_tanh, 0.0f); break;
    case Activation::sigmoid: append(dnnl::algorithm::eltwise_logistic, 0.0f); break;
  }
  attr.set_post_ops(ops);
  return attr;
}

// What `description` describes, with room for its work.
template <class Primitive, class Description>
Step step_of(const Description& description, std::unordered_map<int, memory> arguments) {
  const memory::desc scratchpad = description.scratchpad_desc();
  Step step{Primitive(description), std::move(arguments), scratchpad.get_size()};
  if (step.room > 0) step.arguments.emplace(DNNL_ARG_SCRATCHPAD, unbound(scratchpad));
  return step;
}

Step reorder_step(const memory& from, const memory& to) {
  const dnnl::reorder::primitive_desc description(engine(), from.get_desc(), engine(), to.get_desc(),
                                                  attributes(Activation::none));
  return step_of<dnnl::reorder>(description, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

Prepared prepare_gemm(const Gemm& g, bool has_bias) {
  const memory::desc a({g.M, g.K}, type_of(g.a), g.transpose_a ? Tag::ba : Tag::ab);
  const memory::desc b({g.K, g.N}, type_of(g.b), g.transpose_b ? Tag::ba : Tag::ab);
  const memory::desc c({g.M, g.N}, type_of(g.c), Tag::ab);
  const memory::desc bias = has_bias ? memory::desc({1, g.N}, memory::data_type::f32, Tag::ab) : memory::desc();
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::matmul::primitive_desc primitive(engine(), a, b, bias, c, attributes(g.activation, g.accumulate));
#else
  const auto desc = has_bias ? dnnl::matmul::desc(a, b, bias, c) : dnnl::matmul::desc(a, b, c);
  const dnnl::matmul::primitive_desc primitive(desc, attributes(g.activation, g.accumulate), engine());
#endif
  Prepared made;
  made.step = step_of<dnnl::matmul>(
      primitive, {{DNNL_ARG_SRC, unbound(a)}, {DNNL_ARG_WEIGHTS, unbound(b)}, {DNNL_ARG_DST, unbound(c)}});
  if (has_bias) made.step.arguments.emplace(DNNL_ARG_BIAS, unbound(bias));
  return made;
}

// The descriptors of a convolution on channels-last images; the weight's layout is oneDNN's choice.
struct ConvDescs {
  memory::desc x, y, weight, plain_weight, bias;
  Dims strides, dilates{0, 0}, padding_begin, padding_end;

  ConvDescs(const Conv& c, DType x_type, DType y_type, DType weight_type, DType plain_weight_type)
      : x({c.N, c.C, c.H, c.W}, type_of(x_type), Tag::nhwc),
        y({c.N, c.F, c.OH, c.OW}, type_of(y_type), Tag::nhwc),
        weight({c.F, c.C, c.kh, c.kw}, type_of(weight_type), Tag::any),
        plain_weight({c.F, c.C, c.kh, c.kw}, type_of(plain_weight_type), Tag::oihw),
        bias({c.F}, memory::data_type::f32, Tag::x),
        strides{c.stride, c.stride},
        padding_begin{c.padding, c.padding},
        // What the last output still sees beyond the image: less than the padding where the stride leaves rows over.
        padding_end{std::max<int64_t>(0, (c.OH - 1) * c.stride + c.kh - c.H - c.padding),
                    std::max<int64_t>(0, (c.OW - 1) * c.stride + c.kw - c.W - c.padding)} {}
};

dnnl::convolution_forward::primitive_desc forward_desc(const ConvDescs& d, bool has_bias, Activation activation) {
  const memory::desc bias = has_bias ? d.bias : memory::desc();
#if DNNL_VERSION_MAJOR >= 3
  return {engine(),
          dnnl::prop_kind::forward_training,
          dnnl::algorithm::convolution_direct,
          d.x,
          d.weight,
          bias,
          d.y,
          d.strides,
          d.dilates,
          d.padding_begin,
          d.padding_end,
          attributes(activation)};
#else
  const dnnl::convolution_forward::desc desc(dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct,
                                             d.x, d.weight, bias, d.y, d.strides, d.dilates, d.padding_begin,
                                             d.padding_end);
  return {desc, attributes(activation), engine()};
#endif
}

// Where a weight's pointer goes: the plain layout's argument of the reorder, or of the primitive itself.
enum class Laid : uint8_t { from_plain, to_plain };

// Adds the weight argument and, where layouts differ, the reorder between it and the plain one.
void lay_weight(Prepared& made, int argument, const memory::desc& plain, const memory::desc& laid, Laid way) {
  made.reorders = plain != laid;
  if (!made.reorders) {
    made.step.arguments.emplace(argument, unbound(laid));
    return;
  }
  const memory laid_weight(laid, engine()), plain_weight = unbound(plain);
  made.step.arguments.emplace(argument, laid_weight);
  made.reorder =
      way == Laid::to_plain ? reorder_step(laid_weight, plain_weight) : reorder_step(plain_weight, laid_weight);
}

Prepared prepare_forward(const Conv& c, bool has_bias, Activation activation, DType y_type) {
  const ConvDescs d(c, c.compute, y_type, c.compute, c.compute);
  const auto primitive = forward_desc(d, has_bias, activation);
  Prepared made;
  made.step = step_of<dnnl::convolution_forward>(
      primitive, {{DNNL_ARG_SRC, unbound(primitive.src_desc())}, {DNNL_ARG_DST, unbound(primitive.dst_desc())}});
  if (has_bias) made.step.arguments.emplace(DNNL_ARG_BIAS, unbound(d.bias));
  lay_weight(made, DNNL_ARG_WEIGHTS, d.plain_weight, primitive.weights_desc(), Laid::from_plain);
  return made;
}

Prepared prepare_backward_data(const Conv& c, DType dx_type) {
  const ConvDescs d(c, dx_type, c.compute, c.compute, c.compute);
  // The hint is a forward convolution in the compute type.
  const auto hint = forward_desc(ConvDescs(c, c.compute, c.compute, c.compute, c.compute), false, Activation::none);
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::convolution_backward_data::primitive_desc primitive(engine(), dnnl::algorithm::convolution_direct, d.x,
                                                                  d.weight, d.y, d.strides, d.dilates, d.padding_begin,
                                                                  d.padding_end, hint, attributes(Activation::none));
#else
  const dnnl::convolution_backward_data::desc desc(dnnl::algorithm::convolution_direct, d.x, d.weight, d.y, d.strides,
                                                   d.dilates, d.padding_begin, d.padding_end);
  const dnnl::convolution_backward_data::primitive_desc primitive(desc, attributes(Activation::none), engine(), hint);
#endif
  Prepared made;
  made.step =
      step_of<dnnl::convolution_backward_data>(primitive, {{DNNL_ARG_DIFF_SRC, unbound(primitive.diff_src_desc())},
                                                           {DNNL_ARG_DIFF_DST, unbound(primitive.diff_dst_desc())}});
  lay_weight(made, DNNL_ARG_WEIGHTS, d.plain_weight, primitive.weights_desc(), Laid::from_plain);
  return made;
}

Prepared prepare_backward_weight(const Conv& c) {
  const ConvDescs d(c, c.compute, c.compute, DType::f32, DType::f32);
  const auto hint = forward_desc(ConvDescs(c, c.compute, c.compute, c.compute, c.compute), false, Activation::none);
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::convolution_backward_weights::primitive_desc primitive(
      engine(), dnnl::algorithm::convolution_direct, d.x, d.weight, d.y, d.strides, d.dilates, d.padding_begin,
      d.padding_end, hint, attributes(Activation::none));
#else
  const dnnl::convolution_backward_weights::desc desc(dnnl::algorithm::convolution_direct, d.x, d.weight, d.y,
                                                      d.strides, d.dilates, d.padding_begin, d.padding_end);
  const dnnl::convolution_backward_weights::primitive_desc primitive(desc, attributes(Activation::none), engine(),
                                                                     hint);
#endif
  Prepared made;
  made.step = step_of<dnnl::convolution_backward_weights>(
      primitive,
      {{DNNL_ARG_SRC, unbound(primitive.src_desc())}, {DNNL_ARG_DIFF_DST, unbound(primitive.diff_dst_desc())}});
  lay_weight(made, DNNL_ARG_DIFF_WEIGHTS, d.plain_weight, primitive.diff_weights_desc(), Laid::to_plain);
  return made;
}

enum class Op : int64_t { gemm, conv_forward, conv_backward_data, conv_backward_weight };

Key conv_key(Op op, const Conv& c, bool has_bias, Activation activation, DType other) {
  return {static_cast<int64_t>(op),
          c.N,
          c.H,
          c.W,
          c.C,
          c.F,
          c.kh,
          c.kw,
          c.OH,
          c.OW,
          c.stride,
          c.padding,
          static_cast<int64_t>(c.compute),
          static_cast<int64_t>(has_bias),
          static_cast<int64_t>(activation),
          static_cast<int64_t>(other)};
}

void bind_weight(Prepared& p, int argument, const void* weight) {
  if (!p.reorders) return p.bind(argument, weight);
  p.reorder.arguments.at(DNNL_ARG_FROM).set_data_handle(const_cast<void*>(weight));
  p.reorder.run();
}

}  // namespace

size_t onednn::idle_primitives() { return pool().size(); }

Bf16Units bf16_units() {
  const auto has = [isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa())](dnnl::cpu_isa wanted) {
    return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
  };
  if (has(dnnl::cpu_isa::avx512_core_amx)) return Bf16Units::matrices;
  if (has(dnnl::cpu_isa::avx512_core_bf16)) return Bf16Units::vectors;
  return has(dnnl::cpu_isa::avx512_core) ? Bf16Units::emulated : Bf16Units::none;
}

bool bf16_as_f32::is_needed() {
  static const bool kNeeded = bf16_units() == Bf16Units::none;
  return kNeeded;
}

void gemm(const Gemm& g, const void* A, const void* B, const void* bias, void* C) {
  if (g.M == 0 || g.N == 0) return;
  if (g.c == DType::f64) {
    return plain::gemm(g, static_cast<const double*>(A), static_cast<const double*>(B),
                       static_cast<const double*>(bias), static_cast<double*>(C));
  }
  if (g.M == 1 && g.transpose_b && !g.accumulate) return gemv(g, A, B, static_cast<const float*>(bias), C);
  if (g.a == DType::bf16 && bf16_as_f32::is_needed()) return bf16_as_f32::gemm(g, A, B, bias, C);
  assert(g.K > 0 && (!g.accumulate || (bias == nullptr && g.activation == Activation::none)));
  const Key key{static_cast<int64_t>(Op::gemm),
                g.M,
                g.N,
                g.K,
                static_cast<int64_t>(g.transpose_a),
                static_cast<int64_t>(g.transpose_b),
                static_cast<int64_t>(g.a),
                static_cast<int64_t>(g.b),
                static_cast<int64_t>(g.c),
                static_cast<int64_t>(g.activation),
                static_cast<int64_t>(bias != nullptr),
                static_cast<int64_t>(g.accumulate)};
  const ThreadTeam team(g.on_this_thread ? ThreadTeam::Members::caller : ThreadTeam::Members::all);
  Borrowed p(team, key, [&] { return prepare_gemm(g, bias != nullptr); });
  p->bind(DNNL_ARG_SRC, A);
  p->bind(DNNL_ARG_WEIGHTS, B);
  p->bind(DNNL_ARG_DST, C);
  if (bias != nullptr) p->bind(DNNL_ARG_BIAS, bias);
  p->run();
}

void conv_forward(const Conv& c, const void* x, const void* weight, const void* bias, Activation activation, void* y,
                  DType y_type) {
  if (c.N == 0) return;
  if (c.compute == DType::f64) {
    return plain::conv_forward(c, static_cast<const double*>(x), static_cast<const double*>(weight),
                               static_cast<const double*>(bias), activation, static_cast<double*>(y));
  }
  if (c.compute == DType::bf16 && bf16_as_f32::is_needed()) {
    return bf16_as_f32::conv_forward(c, x, weight, bias, activation, y, y_type);
  }
  if (winograd::fits(c)) {
    return winograd::forward(c, static_cast<const float*>(x), static_cast<const float*>(weight),
                             static_cast<const float*>(bias), activation, static_cast<float*>(y));
  }
  const Key key = conv_key(Op::conv_forward, c, bias != nullptr, activation, y_type);
  const ThreadTeam team;
  Borrowed p(team, key, [&] { return prepare_forward(c, bias != nullptr, activation, y_type); });
  p->bind(DNNL_ARG_SRC, x);
  bind_weight(*p, DNNL_ARG_WEIGHTS, weight);
  if (bias != nullptr) p->bind(DNNL_ARG_BIAS, bias);
  p->bind(DNNL_ARG_DST, y);
  p->run();
}

void conv_backward_data(const Conv& c, const void* dy, const void* weight, void* dx, DType dx_type) {
  if (c.N == 0) return;
  if (c.compute == DType::f64) {
    return plain::conv_backward_data(c, static_cast<const double*>(dy), static_cast<const double*>(weight),
                                     static_cast<double*>(dx));
  }
  if (c.compute == DType::bf16 && bf16_as_f32::is_needed()) {
    return bf16_as_f32::conv_backward_data(c, dy, weight, dx, dx_type);
  }
  if (winograd::fits(c)) {
    return winograd::backward_data(c, static_cast<const float*>(dy), static_cast<const float*>(weight),
                                   static_cast<float*>(dx));
  }
  const Key key = conv_key(Op::conv_backward_data, c, false, Activation::none, dx_type);
  const ThreadTeam team;
  Borrowed p(team, key, [&] { return prepare_backward_data(c, dx_type); });
  p->bind(DNNL_ARG_DIFF_DST, dy);
  bind_weight(*p, DNNL_ARG_WEIGHTS, weight);
  p->bind(DNNL_ARG_DIFF_SRC, dx);
  p->run();
}

void onednn::conv_backward_weight(const Conv& c, const void* x, const void* dy, void* dweight) {
  if (c.compute == DType::bf16 && bf16_as_f32::is_needed()) {
    return bf16_as_f32::conv_backward_weight(c, x, dy, dweight);
  }
  const Key key = conv_key(Op::conv_backward_weight, c, false, Activation::none, DType::f32);
  const ThreadTeam team;
  Borrowed p(team, key, [&] { return prepare_backward_weight(c); });
  p->bind(DNNL_ARG_SRC, x);
  p->bind(DNNL_ARG_DIFF_DST, dy);
  if (!p->reorders) p->bind(DNNL_ARG_DIFF_WEIGHTS, dweight);
  p->run();
  if (p->reorders) {
    p->reorder.arguments.at(DNNL_ARG_TO).set_data_handle(dweight);
    p->reorder.run();
  }
}

}  // namespace latent::kernels
