// Trains a GAN, makes new samples, and finds the codes of real ones.
//   gan [DATA]            a known set or a path (default: fashion-mnist)
// Expected with the default: "gan.png" with samples, and an error of reconstructions below that of the mean image.

#include <latent/latent.hpp>
#include <latent/run/gans/gan_run.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  try {
    const auto source = latent::open(argc > 1 ? argv[1] : "fashion-mnist");
    const latent::Run run = latent::train(source, {.preset = "gan-conv", .channels = {16, 32}, .epochs = 1}, {.seed = 1});
    latent::write_png("gan.png", latent::image_grid(run.sample(64)));

    // A search from the encoder's answer on finds the code of each sample.
    const auto some = latent::data::subset(latent::open_data(run).samples, {0, 1, 2, 3, 4, 5, 6, 7});
    const latent::Tensor x = some->range(0, some->size()), x_hat = run.reconstruct(*some);
    double squares = 0.0;
    for (int64_t i = 0; i < x.numel(); ++i) {
      const double error = double{x.data<float>()[i]} - x_hat.data<float>()[i];
      squares += error * error;
    }
    std::printf("mean squared error of %lld samples: %.4f\n", static_cast<long long>(some->size()),
                squares / static_cast<double>(x.numel()));

    // Directions of the generator's own, without labels.
    const auto directions = latent::generator_directions(run, {.sefa = 3}, 0);
    for (const auto& name : directions.names) std::printf("%s\n", name.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
