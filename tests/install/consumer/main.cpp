// Builds a VAE, encodes two samples and decodes them again: enough to link against every storey of the library.
#include <latent/models/registry.hpp>
#include <latent/training/trainer.hpp>

#include <cstdio>

int main() {
  latent::Rng rng(0);
  const auto model = latent::make_model(latent::Json::parse(R"({
      "model": "vae", "data_shape": [6], "latent_dim": 2,
      "network": {"name": "mlp", "hidden": [8], "activation": "relu", "normalization": "none"},
      "posterior": {"name": "gaussian"}, "prior": {"name": "normal"},
      "likelihood": {"name": "gaussian"}, "objective": {"name": "elbo"}})"),
                                        rng);
  const auto samples = latent::data::from_tensor(latent::Tensor::full({2, 6}, 0.5), latent::data::Kind::table, {});
  const latent::Tensor codes = latent::encode_all(*model, *samples);
  const latent::Tensor x_hat = model->decode(codes)->mean();
  std::printf("codes %s, decoded %s\n", codes.shape().str().c_str(), x_hat.shape().str().c_str());
  return x_hat.shape() == latent::Shape{2, 6} ? 0 : 1;
}
