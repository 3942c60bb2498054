#include <latent/nn/causal_runner.hpp>

#include <latent/core/threads.hpp>
#include <latent/kernels/exact.hpp>

#include <algorithm>
#include <array>

namespace latent::nn {

namespace exact = kernels::exact;
static_assert(CausalRunner::kImages == exact::kLanes);

namespace {

std::vector<float> values_of(const Tensor& t) {
  const std::span<const float> values = t.detach().span<float>();
  return {values.begin(), values.end()};
}

// (out, in) -> (in, out)
std::vector<float> packed_linear(const Tensor& weight) {
  const int64_t out = weight.dim(0), in = weight.dim(1);
  std::vector<float> packed(static_cast<size_t>(out * in));
  const auto* w = weight.data<float>();
  for (int64_t i = 0; i < out * in; ++i) packed[static_cast<size_t>(i % in * out + i / in)] = w[i];
  return packed;
}

// (out, in, k, k) -> (k, k, in, out)
std::vector<float> packed_conv(const Tensor& weight) {
  const int64_t out = weight.dim(0), in = weight.dim(1), kk = weight.dim(2) * weight.dim(3);
  std::vector<float> packed(static_cast<size_t>(weight.numel()));
  const auto* w = weight.data<float>();
  for (int64_t i = 0; i < weight.numel(); ++i) {
    const int64_t place = i % kk, c = i / kk % in, o = i / (kk * in);
    packed[static_cast<size_t>((place * in + c) * out + o)] = w[i];
  }
  return packed;
}

// The taps of a convolution at one place that see the rows above, up to `reach`, and in the place's own row what is
// left of it, with the place itself if `own`.
class CausalTaps {
 public:
  CausalTaps(int64_t place, int64_t W, int64_t reach, int64_t channels, bool own) {
    const int64_t k = 2 * reach + 1, y = place / W, x = place % W;
    const int64_t left = std::max<int64_t>(0, x - reach), right = std::min(W - 1, x + reach);
    for (int64_t row = std::max<int64_t>(0, y - reach); row <= y; ++row) {
      const int64_t last = row < y ? right : (own ? x : x - 1);
      if (last < left) continue;
      const int64_t kernel_place = (row - y + reach) * k + left - x + reach;
      taps_[count_++] = {(row * W + left) * channels, kernel_place * channels, (last - left + 1) * channels};
    }
  }
  std::span<const exact::Tap> span() const { return {taps_.data(), count_}; }

 private:
  std::array<exact::Tap, CausalNetwork::kMaxReach + 1> taps_{};
  size_t count_ = 0;
};

}  // namespace

CausalRunner::CausalRunner(const CausalNetwork& network, int64_t H, int64_t W)
    : options_(network.options()),
      H_(H),
      W_(W),
      context_(packed_conv(network.context_weight)),
      features_(packed_linear(network.features_weight)),
      features_bias_(values_of(network.features_bias)),
      output_(packed_linear(network.output_weight)),
      output_bias_(values_of(network.output_bias)),
      skip_(packed_conv(network.skip_weight)) {
  for (const Tensor& weight : network.layer_weights) layers_.push_back(packed_conv(weight));
  for (const Tensor& bias : network.layer_biases) layer_biases_.push_back(values_of(bias));
  const int64_t k = 2 * options_.reach + 1, C = options_.channels, wanted = options_.outputs_per_value;
  const float* centre = &skip_[static_cast<size_t>(k * k / 2 * C * C * wanted)];
  for (int64_t c = 0; c < C; ++c) {
    std::vector<float> link;
    for (int64_t in = 0; in < C; ++in) {
      const float* row = centre + in * C * wanted + c * wanted;
      link.insert(link.end(), row, row + wanted);
    }
    links_.push_back(std::move(link));
  }
}

float* CausalRunner::outputs(int64_t place, const float* features, const float* x, Buffers& buffers) const {
  const CausalNetwork::Options& o = options_;
  const int64_t level = places() * o.hidden * exact::kLanes, outputs = o.channels * o.outputs_per_value;
  buffers.hidden.resize(static_cast<size_t>((o.layers + 1) * level));
  buffers.outputs.resize(static_cast<size_t>(outputs * exact::kLanes));

  const CausalTaps before(place, W_, o.reach, o.channels, false);
  float* h = buffers.hidden.data() + place * o.hidden * exact::kLanes;
  const std::array<exact::Tap, 1> here = {exact::Tap{place * o.features, 0, o.features}};
  exact::product({here, features_.data(), features_bias_.data(), o.hidden}, features, h);
  exact::product({before.span(), context_.data(), nullptr, o.hidden}, x, h);
  exact::activate(Activation::relu, h, o.hidden);
  const CausalTaps around(place, W_, 1, o.hidden, true);
  for (size_t l = 0; l < layers_.size(); ++l) {
    const float* from = buffers.hidden.data() + static_cast<int64_t>(l) * level;
    float* next = h + level;
    exact::product({around.span(), layers_[l].data(), layer_biases_[l].data(), o.hidden}, from, next);
    exact::activate(Activation::relu, next, o.hidden);
    exact::add(h, next, o.hidden);
    h = next;
  }
  const std::array<exact::Tap, 1> all = {exact::Tap{0, 0, o.hidden}};
  exact::product({all, output_.data(), output_bias_.data(), outputs}, h, buffers.outputs.data());
  exact::product({before.span(), skip_.data(), nullptr, outputs}, x, buffers.outputs.data());
  return buffers.outputs.data();
}

float* CausalRunner::link(int64_t place, int64_t channel, const float* x, Buffers& buffers) const {
  const int64_t C = options_.channels, wanted = options_.outputs_per_value;
  float* y = buffers.outputs.data() + channel * wanted * exact::kLanes;
  if (channel == 0) return y;
  const std::array<exact::Tap, 1> earlier = {exact::Tap{place * C, 0, channel}};
  exact::product({earlier, links_[static_cast<size_t>(channel)].data(), nullptr, wanted}, x, y);
  return y;
}

Tensor CausalRunner::generate(const Tensor& features, const Choose& choose) const {
  const int64_t N = features.dim(0), F = options_.features, C = options_.channels, P = places();
  LATENT_CHECK(features.shape() == Shape({N, F, H_, W_}) && features.dtype() == DType::f32,
               "[generate] features (N, {}, {}, {}) f32 expected, got {} {}", F, H_, W_, features.shape().str(),
               name_of(features.dtype()));
  Tensor images = Tensor::empty({N, C, H_, W_});
  const auto* in = features.data<float>();
  auto* out = images.data<float>();
  constexpr int64_t L = exact::kLanes;
  parallel_for(N, L, [&](int64_t begin, int64_t end) {
    Buffers buffers;
    std::vector<float> rows(static_cast<size_t>(P * F * L)), x(static_cast<size_t>(P * C * L));
    for (int64_t first = begin; first < end; first += L) {
      const int64_t lanes = std::min(L, end - first);
      for (int64_t i = 0; i < lanes * F * P; ++i) {
        const int64_t lane = i / (F * P), f = i / P % F, place = i % P;
        rows[static_cast<size_t>((place * F + f) * L + lane)] = in[first * F * P + i];
      }
      for (int64_t place = 0; place < P; ++place) {
        outputs(place, rows.data(), x.data(), buffers);
        for (int64_t c = 0; c < C; ++c) {
          float* row = &x[static_cast<size_t>((place * C + c) * L)];
          choose(first, c * P + place, link(place, c, x.data(), buffers), row);
          for (int64_t lane = 0; lane < lanes; ++lane) out[((first + lane) * C + c) * P + place] = row[lane];
        }
      }
    }
  });
  return images;
}

}  // namespace latent::nn
