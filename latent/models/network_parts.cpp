#include <latent/models/network_parts.hpp>

#include <latent/autograd/shaping.hpp>
#include <latent/core/choice.hpp>
#include <latent/nn/dropout.hpp>

namespace latent {

namespace {

constexpr auto kNormalizations = std::to_array<Choice<Normalization>>({
    {"none", Normalization::none},
    {"batch", Normalization::batch},
    {"group", Normalization::group},
});

}  // namespace

Normalization normalization_from(std::string_view name) { return choose("normalization", name, kNormalizations); }

std::string_view name_of(Normalization normalization) {
  return kNormalizations[static_cast<size_t>(normalization)].name;
}

int64_t group_count(int64_t channels) {
  for (int64_t groups = 8; groups > 1; --groups) {
    if (channels % groups == 0 && channels / groups >= 4) return groups;
  }
  return 1;
}

double results_per_value(const HiddenStyle& style) {
  // A normalisation and the activation after it have results of their own.
  return (style.normalization == Normalization::none ? 1.0 : 3.0) + (style.dropout > 0.0 ? 1.0 : 0.0);
}

void push_rest(nn::Sequential& layers, const HiddenStyle& style, int64_t channels) {
  if (style.normalization == Normalization::batch) {
    layers.push(std::make_unique<nn::BatchNorm>(channels));
  } else if (style.normalization == Normalization::group) {
    layers.push(std::make_unique<nn::GroupNorm>(group_count(channels), channels));
  }
  if (style.normalization != Normalization::none) {
    layers.push(std::make_unique<nn::ActivationLayer>(style.activation));
  }
  if (style.dropout > 0.0) layers.push(std::make_unique<nn::Dropout>(style.dropout));
}

void push_hidden(nn::Sequential& layers, int64_t in, int64_t out, const HiddenStyle& style, Rng& rng) {
  const nn::Linear::Options options{
      .in = in, .out = out, .activation = style.fused(), .output = nn::Output::compute_type};
  layers.push(std::make_unique<nn::Linear>(options, rng));
  push_rest(layers, style, out);
}

Tensor Crop::forward(const Tensor& x, const nn::Context&) const {
  const int64_t N = x.dim(0), H = x.dim(1), W = x.dim(2), C = x.dim(3);
  Tensor cropped = columns(reshape(x, {N, H * W * C}), 0, h_ * W * C);  // (N, h W C)
  cropped = columns(reshape(cropped, {N, h_, W * C}), 0, w_ * C);       // (N, h, w C)
  return reshape(cropped, {N, h_, w_, C});
}

}  // namespace latent
