#include <latent/run/explore/decoder_layers.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/models/network_parts.hpp>
#include <latent/models/vae.hpp>
#include <latent/nn/dropout.hpp>
#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <array>
#include <cmath>

namespace latent {

namespace {

constexpr double kNormEps = 1e-5;  // of batch_norm() and group_norm()

// Puts steps together; false where something is not known.
class Lister {
 public:
  explicit Lister(DecoderLayers& made) : made_(made) { made_.ops = nlohmann::json::array(); }

  void step(nlohmann::json op, std::vector<std::pair<std::string, Tensor>> tensors = {}) {
    const size_t k = made_.ops.size();
    for (auto& [name, tensor] : tensors) made_.tensors.emplace_back(fmt::format("decoder.{}.{}", k, name), tensor);
    made_.ops.push_back(std::move(op));
  }

  bool push(const nn::Layer& layer) {
    if (const auto* sequential = dynamic_cast<const nn::Sequential*>(&layer)) {
      for (const auto& child : sequential->layers()) {
        if (!push(*child)) return false;
      }
      return true;
    }
    if (const auto* linear = dynamic_cast<const nn::Linear*>(&layer)) {
      step({{"op", "linear"}}, {{"weight", linear->weight.detach()}, {"bias", linear->bias.detach()}});
      activation(linear->options().activation);
    } else if (const auto* conv = dynamic_cast<const nn::Conv2d*>(&layer)) {
      convolution("conv", conv->options(), conv->weight, conv->bias);
    } else if (const auto* transpose = dynamic_cast<const nn::ConvTranspose2d*>(&layer)) {
      convolution("conv_transpose", transpose->options(), transpose->weight, transpose->bias);
    } else if (const auto* batch = dynamic_cast<const nn::BatchNorm*>(&layer)) {
      batch_norm(*batch);
    } else if (const auto* group = dynamic_cast<const nn::GroupNorm*>(&layer)) {
      step({{"op", "group_norm"}, {"groups", group->groups()}, {"eps", kNormEps}},
           {{"weight", group->weight.detach()}, {"bias", group->bias.detach()}});
    } else if (const auto* only = dynamic_cast<const nn::ActivationLayer*>(&layer)) {
      activation(only->activation());
    } else if (const auto* unflatten = dynamic_cast<const nn::Unflatten*>(&layer)) {
      nlohmann::json shape = nlohmann::json::array();
      for (int i = 0; i < unflatten->sample_shape().ndim(); ++i) shape.push_back(unflatten->sample_shape()[i]);
      step({{"op", "unflatten"}, {"shape", shape}});
    } else if (const auto* crop = dynamic_cast<const Crop*>(&layer)) {
      step({{"op", "crop"}, {"height", crop->h()}, {"width", crop->w()}});
    } else {
      return is_nothing(layer);
    }
    return true;
  }

  void activation(Activation activation) {
    if (activation != Activation::none) step({{"op", "activation"}, {"name", name_of(activation)}});
  }

 private:
  // Steps are in (C, H, W) throughout, and nothing is left out at random any more.
  static bool is_nothing(const nn::Layer& layer) {
    return dynamic_cast<const nn::ToChannelsLast*>(&layer) != nullptr ||
           dynamic_cast<const nn::ToChannelsFirst*>(&layer) != nullptr ||
           dynamic_cast<const nn::Dropout*>(&layer) != nullptr;
  }

  void convolution(const char* op, const nn::Conv2d::Options& options, const Tensor& weight, const Tensor& bias) {
    step({{"op", op},
          {"stride", options.conv.stride},
          {"padding", options.conv.padding},
          {"output_padding", options.conv.output_padding}},
         {{"weight", weight.detach()}, {"bias", bias.detach()}});
    activation(options.activation);
  }

  void batch_norm(const nn::BatchNorm& layer) {
    const int64_t C = layer.weight.numel();
    Tensor scale = Tensor::empty({C}), shift = Tensor::empty({C});
    for (int64_t c = 0; c < C; ++c) {
      const double deviation = std::sqrt(double{layer.running_var.data<float>()[c]} + kNormEps);
      const double factor = layer.weight.data<float>()[c] / deviation;
      scale.data<float>()[c] = static_cast<float>(factor);
      shift.data<float>()[c] =
          static_cast<float>(layer.bias.data<float>()[c] - factor * layer.running_mean.data<float>()[c]);
    }
    step({{"op", "scale_shift"}}, {{"scale", scale}, {"shift", shift}});
  }

  DecoderLayers& made_;
};

constexpr std::array<double, 4> kProbes = {-1.5, 0.0, 0.5, 1.0};

// f(p) of every value for each of the probes: (probes, values) f64.
template <class Function>
std::vector<std::vector<double>> probed(const Shape& sample, Function f) {
  std::vector<std::vector<double>> results;
  for (const double p : kProbes) results.push_back(f(Tensor::full(sample.prepend(1), p)).to_vector());
  return results;
}

// The mean of the likelihood, value by value: itself, its logistic function, or a constant.
bool push_mean(Lister& lister, const Vae& vae) {
  const Likelihood& likelihood = *vae.parts().likelihood;
  if (likelihood.outputs_per_value() != 1 || !likelihood.has_exact_mean()) return false;
  const auto means = probed(vae.data_shape(), [&](const Tensor& x) { return likelihood.distribution(x)->mean(); });
  nlohmann::json sigmoids = nlohmann::json::array(), constants = nlohmann::json::array();
  constexpr double kTolerance = 1e-5;
  const size_t count = means[0].size();
  for (size_t i = 0; i < count; ++i) {
    const auto is = [&](auto f) {
      for (size_t k = 0; k < kProbes.size(); ++k) {
        if (std::abs(means[k][i] - f(kProbes[k])) > kTolerance) return false;
      }
      return true;
    };
    if (is([](double p) { return p; })) continue;
    if (is([](double p) { return 1.0 / (1.0 + std::exp(-p)); })) {
      sigmoids.push_back(i);
    } else if (is([&](double) { return means[0][i]; })) {
      constants.push_back({i, means[0][i]});
    } else {
      return false;
    }
  }
  if (sigmoids.size() == count) {
    lister.activation(Activation::sigmoid);
  } else if (!sigmoids.empty() || !constants.empty()) {
    lister.step({{"op", "per_value"}, {"sigmoid", sigmoids}, {"constant", constants}});
  }
  return true;
}

// From model values to those that people know: a factor and a constant for each of them.
bool push_units(Lister& lister, const Run& run, const Shape& sample) {
  const auto units = probed(sample, [&](const Tensor& x) { return to_units(run, x); });
  const size_t count = units[0].size();
  Tensor scale = Tensor::empty({static_cast<int64_t>(count)}), shift = Tensor::empty({static_cast<int64_t>(count)});
  bool changes = false;
  for (size_t i = 0; i < count; ++i) {
    const double b = units[1][i], a = units[3][i] - b;  // at 0 and 1
    const double size = 1.0 + std::abs(a) + std::abs(b);
    constexpr double kTolerance = 1e-5;
    for (size_t k = 1; k < kProbes.size(); ++k) {  // pictures are cut to [0, 1], so that what lies below says nothing
      if (!(std::abs(units[k][i] - (a * kProbes[k] + b)) <= kTolerance * size)) return false;
    }
    changes = changes || std::abs(a - 1.0) > kTolerance || std::abs(b) > kTolerance;
    scale.data<float>()[i] = static_cast<float>(a);
    shift.data<float>()[i] = static_cast<float>(b);
  }
  if (!changes) return true;
  nlohmann::json shape = nlohmann::json::array();
  for (int d = 0; d < sample.ndim(); ++d) shape.push_back(sample[d]);
  lister.step({{"op", "flatten"}});
  lister.step({{"op", "scale_shift"}}, {{"scale", scale}, {"shift", shift}});
  lister.step({{"op", "unflatten"}, {"shape", shape}});
  return true;
}

}  // namespace

DecoderLayers decoder_layers(const Run& run) {
  const auto* vae = dynamic_cast<const Vae*>(run.model.get());
  if (vae == nullptr || !vae->parts().decoder) return {};
  const NoGrad no_grad;
  DecoderLayers made;
  Lister lister(made);
  if (!lister.push(*vae->parts().decoder)) return {};
  if (!push_mean(lister, *vae) || !push_units(lister, run, vae->data_shape())) return {};
  return made;
}

}  // namespace latent
