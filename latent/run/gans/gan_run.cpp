#include <latent/run/gans/gan_run.hpp>

#include <latent/compression/codec.hpp>
#include <latent/core/error.hpp>
#include <latent/space/editing/generator_directions.hpp>

#include <fmt/core.h>

namespace latent {

bool is_gan(const Run& run) { return dynamic_cast<const Gan*>(run.model.get()) != nullptr; }

const Gan& gan_of(const Run& run, std::string_view what) {
  const auto* gan = dynamic_cast<const Gan*>(run.model.get());
  if (gan == nullptr) {
    throw UsageError(fmt::format("{} is for GANs, but the model is of kind '{}'", what, run.model->kind()));
  }
  return *gan;
}

void set_inversion_steps(Run& run, int64_t steps) {
  gan_of(run, "--inversion-steps");
  dynamic_cast<Gan&>(*run.model).set_inversion_steps(steps);
}

space::Directions generator_directions(const Run& run, const GeneratorDirections& asked, uint64_t seed) {
  const Gan& gan = gan_of(run, asked.sefa > 0 ? "--sefa" : "--ganspace");
  space::Directions directions;
  try {
    if (asked.sefa > 0) directions = space::weight_directions(gan.first_weight(), asked.sefa);
    if (asked.space > 0) {
      constexpr int64_t kCodes = 10'000;
      Rng rng(seed);
      const Tensor codes = gan.sample_prior(kCodes, rng);
      const space::Directions found = space::result_directions(codes, gan.first_layer(codes), asked.space);
      directions = asked.sefa > 0 ? space::joined(directions, found) : found;
    }
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
  directions.model = compression::model_hash(gan);
  return directions;
}

}  // namespace latent
