#include <latent/models/denoiser.hpp>

#include <latent/autograd/shaping.hpp>
#include <latent/core/detail/json_fields.hpp>

namespace latent {

UNet::Options Denoiser::options(const Json& config, const Shape& data_shape) {
  LATENT_CHECK(name_in("denoiser", *config) == "unet", "[denoiser] name: expected unet, got {}",
               printable(config->at("name")));
  const JsonFields fields("denoiser", *config, {"name", "channels", "blocks"});
  LATENT_CHECK(data_shape.ndim() == 3, "[denoiser] 'unet' needs images (C, H, W), got samples of shape {}",
               data_shape.str());
  const int64_t C = data_shape[0];
  UNet::Options options{.in = 2 * C, .out = C, .H = data_shape[1], .W = data_shape[2]};
  options.channels = fields.integers("channels", options.channels, 16, 1, int64_t{1} << 16);
  LATENT_CHECK(!options.channels.empty(), "[denoiser] channels: at least one level is needed");
  options.blocks = fields.integer("blocks", options.blocks, 0, 64);
  return options;
}

Denoiser::Denoiser(const UNet::Options& options, Rng& rng) : options_(options), network_(options, rng) {
  add_child("unet", network_);
}

Tensor Denoiser::forward(const Tensor& x, const Tensor& x_hat, const nn::Context& context) const {
  const int64_t N = x.dim(0);
  const Tensor both = concat_columns({flatten(x.detach()), flatten(x_hat.detach())});  // (N, 2 C H W)
  const Tensor images = to_channels_last(reshape(both, {N, options_.in, options_.H, options_.W}));
  const Tensor change = to_channels_first(network_.forward(images, context));
  return add(x.detach(), change);
}

Json Denoiser::config() const {
  return nlohmann::json{{"name", "unet"}, {"channels", options_.channels}, {"blocks", options_.blocks}};
}

}  // namespace latent
