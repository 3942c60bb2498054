// Draws a map of data's codes by UMAP, and reads it backwards: decodes places on the way from one sample to another.
//   example_map_and_back RUN DATA map.png way.png     e.g. runs/demo fashion-mnist map.png way.png
// Prints how far the map can be trusted, e.g. "trustworthiness 0.97" (1 is perfect, 0.5 is chance).
#include <latent/data/dataset.hpp>
#include <latent/formats/image.hpp>
#include <latent/models/model_file.hpp>
#include <latent/report/pictures.hpp>
#include <latent/space/maps/inverse_map.hpp>
#include <latent/space/maps/map_quality.hpp>
#include <latent/space/maps/umap.hpp>
#include <latent/training/evaluate.hpp>

#include <fmt/core.h>

int main(int argc, char** argv) try {
  using namespace latent;
  if (argc != 5) {
    fmt::print(stderr, "usage: {} RUN DATA MAP.png WAY.png\n", argv[0]);
    return 2;
  }
  const LoadedModel loaded = load_model(argv[1]);
  const auto samples = data::open(argv[2]).train;
  const Tensor codes = encode_all(*loaded.model, *samples);  // (N, D)

  const auto layout = space::make_umap(codes, {.neighbors = 15, .min_dist = 0.1, .seed = 1});
  while (!layout->done()) layout->step(10);  // positions() may be looked at in between
  const Tensor map = layout->positions();    // (N, 2)

  const auto names = samples->class_names();
  write_png(argv[3], report::scatter_chart(map, samples->labels(), {names.begin(), names.end()}, {}));
  fmt::print("trustworthiness {:.2f}\n", space::trustworthiness(codes, map, 15));

  // A straight line on the map from the first sample to the second one, as codes, as pictures.
  constexpr int64_t kSteps = 12;
  Tensor places = Tensor::empty({kSteps, 2});
  for (int64_t step = 0; step < kSteps; ++step) {
    const float t = static_cast<float>(step) / (kSteps - 1);
    for (int64_t d = 0; d < 2; ++d) {
      places.data<float>()[2 * step + d] = (1.0f - t) * map.data<float>()[d] + t * map.data<float>()[2 + d];
    }
  }
  const Tensor z = space::InverseMap(map, codes).codes_at(places);  // (12, D)
  write_png(argv[4], report::image_grid(loaded.model->decode(z)->mean(), kSteps));
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
