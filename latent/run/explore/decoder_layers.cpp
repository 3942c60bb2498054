#include <latent/run/explore/decoder_layers.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/models/beside_linear.hpp>
#include <latent/models/gan.hpp>
#include <latent/models/network_parts.hpp>
#include <latent/models/vae.hpp>
#include <latent/nn/conv1d.hpp>
#include <latent/nn/dropout.hpp>
#include <latent/nn/residual.hpp>
#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <array>
#include <cmath>

namespace latent {

namespace {

constexpr double kNormEps = 1e-5;  // of batch_norm() and group_norm()

nlohmann::json sizes(const Shape& shape) {
  nlohmann::json all = nlohmann::json::array();
  for (int d = 0; d < shape.ndim(); ++d) all.push_back(shape[d]);
  return all;
}

// Puts steps together; false where something is not known.
class Lister {
 public:
  // @param prefix  of the names of tensors, with a dot at its end
  Lister(nlohmann::json& ops, std::vector<std::pair<std::string, Tensor>>& tensors, std::string prefix)
      : ops_(ops), tensors_(tensors), prefix_(std::move(prefix)) {
    ops_ = nlohmann::json::array();
  }

  void step(nlohmann::json op, std::vector<std::pair<std::string, Tensor>> tensors = {}) {
    for (auto& [name, tensor] : tensors) {
      tensors_.emplace_back(fmt::format("{}{}.{}", prefix_, ops_.size(), name), tensor);
    }
    ops_.push_back(std::move(op));
  }

  // Adds up what each of the lists of layers makes of the same values; an empty one hands them on.
  bool sum(const std::vector<std::vector<const nn::Layer*>>& lists) {
    nlohmann::json branches = nlohmann::json::array();
    for (size_t b = 0; b < lists.size(); ++b) {
      nlohmann::json ops = nlohmann::json::array();
      Lister branch(ops, tensors_, fmt::format("{}{}.{}.", prefix_, ops_.size(), b));
      branch.is_channels_last_ = is_channels_last_;
      for (const nn::Layer* layer : lists[b]) {
        if (!branch.push(*layer)) return false;
      }
      branches.push_back(std::move(ops));
    }
    step({{"op", "sum"}, {"branches", branches}});
    return true;
  }

  bool push(const nn::Layer& layer) {
    if (const auto* sequential = dynamic_cast<const nn::Sequential*>(&layer)) {
      for (const auto& child : sequential->layers()) {
        if (!push(*child)) return false;
      }
      return true;
    }
    if (const auto* both = dynamic_cast<const DecoderBesideLinear*>(&layer)) {
      return both->linear() == nullptr ? push(both->rest()) : sum({{both->linear()}, {&both->rest()}});
    }
    if (const auto* block = dynamic_cast<const nn::ResidualBlock*>(&layer)) {
      return sum({{}, {&block->conv1(), &block->conv2()}});
    }
    return product(layer) || rest(layer);
  }

  void activation(Activation activation) {
    if (activation != Activation::none) step({{"op", "activation"}, {"name", name_of(activation)}});
  }

 private:
  // Layers with weights.
  bool product(const nn::Layer& layer) {
    if (const auto* linear = dynamic_cast<const nn::Linear*>(&layer)) {
      step({{"op", "linear"}}, {{"weight", linear->weight.detach()}, {"bias", linear->bias.detach()}});
      activation(linear->options().activation);
    } else if (const auto* conv = dynamic_cast<const nn::Conv2d*>(&layer)) {
      convolution("conv", conv->options(), conv->weight, conv->bias);
    } else if (const auto* transpose = dynamic_cast<const nn::ConvTranspose2d*>(&layer)) {
      convolution("conv_transpose", transpose->options(), transpose->weight, transpose->bias);
    } else if (const auto* along = dynamic_cast<const nn::ConvTranspose1d*>(&layer)) {
      convolution_in_time(*along);
    } else if (const auto* batch = dynamic_cast<const nn::BatchNorm*>(&layer)) {
      batch_norm(*batch);
    } else if (const auto* group = dynamic_cast<const nn::GroupNorm*>(&layer)) {
      step({{"op", "group_norm"}, {"groups", group->groups()}, {"eps", kNormEps}},
           {{"weight", group->weight.detach()}, {"bias", group->bias.detach()}});
    } else {
      return false;
    }
    return true;
  }

  // Those that only arrange values. Steps are in (C, H, W) throughout, and nothing is left out at random any more.
  bool rest(const nn::Layer& layer) {
    if (const auto* only = dynamic_cast<const nn::ActivationLayer*>(&layer)) {
      activation(only->activation());
    } else if (const auto* unflatten = dynamic_cast<const nn::Unflatten*>(&layer)) {
      step({{"op", "unflatten"}, {"shape", sizes(unflatten->sample_shape())}});
    } else if (const auto* crop = dynamic_cast<const Crop*>(&layer)) {
      step({{"op", "crop"}, {"height", crop->h()}, {"width", crop->w()}});
    } else if (dynamic_cast<const nn::ToChannelsLast*>(&layer) != nullptr) {
      is_channels_last_ = true;
    } else if (dynamic_cast<const nn::ToChannelsFirst*>(&layer) != nullptr) {
      is_channels_last_ = false;
    } else {
      return dynamic_cast<const nn::Dropout*>(&layer) != nullptr;
    }
    return true;
  }

  void convolution(const char* op, const nn::Conv2d::Options& options, const Tensor& weight, const Tensor& bias) {
    step({{"op", op},
          {"stride", options.conv.stride},
          {"padding", options.conv.padding},
          {"output_padding", options.conv.output_padding}},
         {{"weight", weight.detach()}, {"bias", bias.detach()}});
    activation(options.activation);
  }

  // Sequences come here as (L, C) where a code was just made one of them.
  void convolution_in_time(const nn::ConvTranspose1d& layer) {
    if (!is_channels_last_) step({{"op", "channels_first"}});
    is_channels_last_ = true;
    const Conv1dOptions& options = layer.options().conv;
    step({{"op", "conv_transpose1d"}, {"stride", options.stride}, {"before", options.before}, {"after", options.after}},
         {{"weight", layer.weight.detach()}, {"bias", layer.bias.detach()}});
    activation(layer.options().activation);
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

  nlohmann::json& ops_;
  std::vector<std::pair<std::string, Tensor>>& tensors_;
  std::string prefix_;
  bool is_channels_last_ = false;  // in the model: whether channels vary fastest
};

constexpr std::array<double, 4> kProbes = {-1.5, 0.0, 0.5, 1.0};

// f(p) of every value for each of the probes: (probes, values) f64.
template <class Function>
std::vector<std::vector<double>> probed(const Shape& sample, Function f) {
  std::vector<std::vector<double>> results;
  for (const double p : kProbes) results.push_back(f(Tensor::full(sample.prepend(1), p)).to_vector());
  return results;
}

// The mean of the likelihood, value by value: itself, low + (high - low) times its logistic function, or a constant.
bool push_mean(Lister& lister, const Vae& vae) {
  const Likelihood& likelihood = *vae.parts().likelihood;
  if (likelihood.outputs_per_value() != 1 || !likelihood.has_exact_mean()) return false;
  const auto means = probed(vae.data_shape(), [&](const Tensor& x) { return likelihood.distribution(x)->mean(); });
  nlohmann::json sigmoids = nlohmann::json::array(), constants = nlohmann::json::array();
  constexpr double kTolerance = 1e-5;
  const size_t count = means[0].size();
  bool plain = true;  // whether what is logistic lies between 0 and 1
  for (size_t i = 0; i < count; ++i) {
    const auto is = [&](auto f) {
      for (size_t k = 0; k < kProbes.size(); ++k) {
        if (std::abs(means[k][i] - f(kProbes[k])) > kTolerance) return false;
      }
      return true;
    };
    if (is([](double p) { return p; })) continue;
    const auto logistic = [](double p) { return 1.0 / (1.0 + std::exp(-p)); };
    const double extent = (means[3][i] - means[0][i]) / (logistic(kProbes[3]) - logistic(kProbes[0]));
    const double low = means[1][i] - 0.5 * extent;
    if (extent != 0.0 && is([&](double p) { return low + extent * logistic(p); })) {
      sigmoids.push_back({i, low, extent});
      plain = plain && std::abs(low) <= kTolerance && std::abs(extent - 1.0) <= kTolerance;
    } else if (is([&](double) { return means[0][i]; })) {
      constants.push_back({i, means[0][i]});
    } else {
      return false;
    }
  }
  if (plain && sigmoids.size() == count) {
    lister.activation(Activation::sigmoid);
  } else if (!sigmoids.empty() || !constants.empty()) {
    lister.step({{"op", "per_value"}, {"sigmoid", sigmoids}, {"constant", constants}});
  }
  return true;
}

// From model values to those that people know: a factor and a constant for each of them.
bool push_units(Lister& lister, const Run& run, const Shape& sample, bool pictures) {
  const auto in_units = [&](const Tensor& x) { return pictures ? for_pictures(run, x) : to_units(run, x); };
  const auto units = probed(sample, in_units);
  const size_t count = units[0].size();
  Tensor scale = Tensor::empty({static_cast<int64_t>(count)}), shift = Tensor::empty({static_cast<int64_t>(count)});
  bool changes = false;
  for (size_t i = 0; i < count; ++i) {
    const double b = units[1][i], a = units[3][i] - b;  // at 0 and 1
    const double size = 1.0 + std::abs(a) + std::abs(b);
    constexpr double kTolerance = 1e-5;
    for (size_t k = 0; k < kProbes.size(); ++k) {
      if (!(std::abs(units[k][i] - (a * kProbes[k] + b)) <= kTolerance * size)) return false;
    }
    changes = changes || std::abs(a - 1.0) > kTolerance || std::abs(b) > kTolerance;
    scale.data<float>()[i] = static_cast<float>(a);
    shift.data<float>()[i] = static_cast<float>(b);
  }
  const Shape shown = in_units(Tensor::zeros(sample.prepend(1))).shape().tail();
  if (!changes && shown == sample) return true;
  lister.step({{"op", "flatten"}});
  if (changes) lister.step({{"op", "scale_shift"}}, {{"scale", scale}, {"shift", shift}});
  lister.step({{"op", "unflatten"}, {"shape", sizes(shown)}});
  return true;
}

std::string name_at(const Run& run, const char* slot) {
  return fmt::format("{} '{}'", slot, run.model->config()->at(slot).at("name").get<std::string>());
}

// Puts all steps together. @return what there are none for, or nothing
std::string list_all(Lister& lister, const Run& run, bool pictures) {
  if (const auto* gan = dynamic_cast<const Gan*>(run.model.get())) {
    if (!lister.push(gan->generator())) return name_at(run, "network");
    lister.activation(gan->output());
  } else {
    const auto* vae = dynamic_cast<const Vae*>(run.model.get());
    if (vae == nullptr || !vae->parts().decoder) return fmt::format("a model of kind '{}'", run.model->kind());
    if (!lister.push(*vae->parts().decoder)) return name_at(run, "network");
    if (!push_mean(lister, *vae)) return name_at(run, "likelihood");
  }
  return push_units(lister, run, run.model->data_shape(), pictures) ? "" : "values that are not scaled one by one";
}

}  // namespace

DecoderLayers decoder_layers(const Run& run, bool pictures) {
  if (!run.model->has_decoder()) return {};
  const NoGrad no_grad;
  nlohmann::json ops;
  DecoderLayers made;
  Lister lister(ops, made.tensors, "decoder.");
  if (std::string missing = list_all(lister, run, pictures); !missing.empty()) return {.missing = std::move(missing)};
  made.ops = std::move(ops);
  return made;
}

}  // namespace latent
