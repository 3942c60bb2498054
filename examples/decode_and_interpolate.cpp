// Loads a trained model, encodes two samples and walks from one code to the other.
//   example_decode_and_interpolate RUN DATA way.png     e.g. runs/demo fashion-mnist way.png
// Prints where the picture is: one strip, the first sample on the left, the last one on the right.
#include <latent/data/dataset.hpp>
#include <latent/formats/image.hpp>
#include <latent/models/model_file.hpp>
#include <latent/report/pictures.hpp>
#include <latent/space/editing/interpolate.hpp>

#include <fmt/core.h>

int main(int argc, char** argv) try {
  using namespace latent;
  if (argc != 4) {
    fmt::print(stderr, "usage: {} RUN DATA PICTURE.png\n", argv[0]);
    return 2;
  }
  const LoadedModel loaded = load_model(argv[1]);
  const LatentModel& model = *loaded.model;
  const Tensor x = data::open(argv[2]).train->range(0, 2);  // (2, C, H, W)

  const Tensor mu = model.encode(x)->mean();  // (2, D)
  const Shape code{model.latent_dim()};
  constexpr int64_t kSteps = 12;
  const Tensor z = space::interpolate(mu.rows(0, 1).view_as(code), mu.rows(1, 2).view_as(code), kSteps);  // (12, D)
  const Tensor x_hat = model.decode(z)->mean();  // (12, C, H, W)

  write_png(argv[3], report::image_grid(x_hat, kSteps));
  fmt::print("{}: {} pictures\n", argv[3], kSteps);
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
