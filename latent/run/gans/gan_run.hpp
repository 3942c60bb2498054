#pragma once
// What only GANs have: a search for codes, and directions of the generator's own.

#include <latent/models/gan.hpp>
#include <latent/run/run.hpp>
#include <latent/space/editing/directions.hpp>

#include <string_view>

namespace latent {

bool is_gan(const Run& run);
/// The run's model. @param what  that needs it: "--sefa"   @throws UsageError if it is no GAN
const Gan& gan_of(const Run& run, std::string_view what);

/// How many steps encoding takes from the encoder's answer on; see Gan::encode(). @throws UsageError if it is no GAN
void set_inversion_steps(Run& run, int64_t steps);

/// Which directions a generator has by itself.
struct GeneratorDirections {
  int64_t sefa = 0;   ///< of its first layer's weight; see space::weight_directions()
  int64_t space = 0;  ///< of what that layer makes of 10,000 codes; see space::result_directions()
  bool any() const { return sefa > 0 || space > 0; }
};
/// With the model's hash. @param seed  of the codes for `space`
/// @throws UsageError if it is no GAN, or has fewer directions
space::Directions generator_directions(const Run& run, const GeneratorDirections& asked, uint64_t seed);

}  // namespace latent
