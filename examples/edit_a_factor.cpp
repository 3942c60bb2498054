// Finds the direction of a known factor among the codes of a trained model, and walks one sample along it.
//   example_edit_a_factor shapes.safetensors edited.png     (the model that example_train_vae leaves behind)
// Prints (figures may differ on another processor):
//   right: AUROC 0.81
//   edited.png: 7 pictures, from 3 standard deviations to the left to 3 to the right
#include <latent/data/expressions/attribute.hpp>
#include <latent/formats/image.hpp>
#include <latent/models/model_file.hpp>
#include <latent/report/pictures.hpp>
#include <latent/space/editing/directions.hpp>
#include <latent/training/evaluate.hpp>

#include <fmt/core.h>

int main(int argc, char** argv) try {
  using namespace latent;
  if (argc != 3) {
    fmt::print(stderr, "usage: {} MODEL PICTURE.png\n", argv[0]);
    return 2;
  }
  const LoadedModel loaded = load_model(argv[1]);
  const LatentModel& model = *loaded.model;
  const data::Source shapes = data::open("shapes:1000");
  const Tensor codes = encode_all(model, *shapes.train);  // (1000, D)

  const data::Sides sides = data::choose_sides("factor=x>0.5", *shapes.train, shapes.transform);
  const std::vector<space::Attribute> attributes = {{"right", sides.positive, sides.negative}};
  const space::Directions directions = space::attribute_directions(codes, attributes);
  fmt::print("right: AUROC {:.2f}\n", directions.auroc[0]);

  constexpr int kSteps = 7;
  Tensor strip = Tensor::empty({kSteps, model.latent_dim()});
  for (int step = 0; step < kSteps; ++step) {
    const std::vector<double> amount = {step - 3.0};
    strip.rows(step, step + 1).copy_from(space::edit(codes.rows(0, 1), directions, amount));
  }
  write_png(argv[2], report::image_grid(model.decode(strip)->mean(), kSteps));
  fmt::print("{}: {} pictures, from 3 standard deviations to the left to 3 to the right\n", argv[2], kSteps);
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
