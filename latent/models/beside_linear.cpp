#include <latent/models/beside_linear.hpp>

#include <latent/autograd/shaping.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

class EncoderBesideLinear : public nn::Layer {
 public:
  EncoderBesideLinear(std::unique_ptr<nn::Layer> linear, std::unique_ptr<nn::Layer> rest)
      : linear_(std::move(linear)), rest_(std::move(rest)) {
    if (linear_) add_child("linear", *linear_);
    add_child("conv", *rest_);
  }
  Tensor forward(const Tensor& x, const nn::Context& context) const override {
    const Tensor h = rest_->forward(x, context);
    return linear_ ? concat_columns({linear_->forward(x, context), h}) : h;
  }

 private:
  std::unique_ptr<nn::Layer> linear_, rest_;
};

Tensor parameter_of(const nn::Layer& layer, std::string_view name) {
  const std::vector<nn::NamedTensor> all = layer.parameters();
  return std::find_if(all.begin(), all.end(), [&](const nn::NamedTensor& t) { return t.name == name; })->tensor;
}

}  // namespace

DecoderBesideLinear::DecoderBesideLinear(std::unique_ptr<nn::Layer> linear, std::unique_ptr<nn::Layer> rest)
    : linear_(std::move(linear)), rest_(std::move(rest)) {
  if (linear_) add_child("linear", *linear_);
  add_child("conv", *rest_);
}

Tensor DecoderBesideLinear::forward(const Tensor& z, const nn::Context& context) const {
  const Tensor x_hat = rest_->forward(z, context);
  return linear_ ? add(linear_->forward(z, context), x_hat) : x_hat;
}

std::unique_ptr<nn::Layer> encoder_beside_linear(std::unique_ptr<nn::Layer> linear, std::unique_ptr<nn::Layer> rest) {
  return std::make_unique<EncoderBesideLinear>(std::move(linear), std::move(rest));
}

std::unique_ptr<nn::Layer> decoder_beside_linear(std::unique_ptr<nn::Layer> linear, std::unique_ptr<nn::Layer> rest) {
  return std::make_unique<DecoderBesideLinear>(std::move(linear), std::move(rest));
}

void start_linear_path(const PrincipalAxes& axes, int64_t latent_dim, const LinearNames& names, nn::Layer& encoder,
                       nn::Layer& decoder) {
  const int64_t k = axes.components.dim(0), D = axes.components.dim(1);
  Tensor in = parameter_of(encoder, names.encoder + ".weight"), offset = parameter_of(encoder, names.encoder + ".bias");
  Tensor out = parameter_of(decoder, names.decoder + ".weight"), mean = parameter_of(decoder, names.decoder + ".bias");
  const auto* u = axes.components.data<float>();
  const auto* m = axes.mean.data<float>();
  std::ranges::fill(in.span<float>(), 0.0F);
  std::ranges::fill(offset.span<float>(), 0.0F);
  std::ranges::fill(out.span<float>(), 0.0F);
  std::copy(m, m + D, mean.data<float>());
  // z = (x - mean) u c / s has standard deviation c in each direction, and x = mean + s u z / c goes back.
  for (int64_t i = 0; i < k; ++i) {
    const double c = axes.code_stddev.empty() ? 1.0 : axes.code_stddev[static_cast<size_t>(i)];
    const double s = std::sqrt(axes.variance[static_cast<size_t>(i)]) / c;
    if (!(s > 0.0)) continue;
    double shift = 0.0;
    for (int64_t d = 0; d < D; ++d) {
      const double direction = u[i * D + d];
      shift += direction * m[d];
      in.data<float>()[i * D + d] = static_cast<float>(direction / s);
      out.data<float>()[d * latent_dim + i] = static_cast<float>(direction * s);
    }
    offset.data<float>()[i] = static_cast<float>(-shift / s);
  }
}

}  // namespace latent
