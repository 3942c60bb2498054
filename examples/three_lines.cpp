// The whole way in three lines: data, a trained run, a picture of what it makes up. Then what a run can do.
// Prints (last digits may differ on another processor):
//   shapes.png: 16 samples
//   64 codes of 2 dimensions; reconstruction error 0.03
#include <latent/latent.hpp>

#include <fmt/core.h>

#include <numeric>

int main(int argc, char** argv) {
  const std::filesystem::path picture = argc > 1 ? argv[1] : "shapes.png";
  const latent::data::Source source = latent::open("shapes:2000");
  const latent::Run run = latent::train(source, {.preset = "vae-mlp", .latent_dim = 2, .epochs = 4});
  latent::write_png(picture, latent::image_grid(run.sample(16)));
  fmt::print("{}: 16 samples\n", picture.string());

  std::vector<int64_t> first(64);
  std::iota(first.begin(), first.end(), int64_t{0});
  const auto some = latent::data::subset(source.train, first);
  const latent::Tensor codes = run.encode(*some), x_hat = run.decode(codes);
  const std::vector<double> x = some->range(0, 64).to_vector(), y = x_hat.to_vector();
  double error = 0.0;
  for (size_t i = 0; i < x.size(); ++i) error += (x[i] - y[i]) * (x[i] - y[i]) / static_cast<double>(x.size());
  fmt::print("{} codes of {} dimensions; reconstruction error {:.2f}\n", codes.dim(0), codes.dim(1), error);
}
