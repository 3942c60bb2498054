#include <cli/generated.hpp>

#include <latent/core/error.hpp>
#include <latent/run/generate.hpp>

namespace latent::cli {

void GeneratedOptions::declare(Arguments& arguments) {
  arguments.add_flag("--mean", mean,
                     "the mean of p(x|z) for each code, without its noise (the default for pictures, unless the model "
                     "knows whole 8-bit values)");
  arguments
      .add_flag("--draw", draw,
                "a draw from p(x|z) for each code, so that samples vary as the data does (the default for tables and "
                "for models of whole 8-bit values)")
      ->excludes(arguments.get_option("--mean"));
}

bool GeneratedOptions::draws(const Run& run) const { return mean || draw ? draw : draws_samples(run); }

Tensor GeneratedOptions::make(const Run& run, const Tensor& codes, uint64_t seed) const {
  if (draw && !has_noise(run)) {
    throw UsageError("--draw: a generator has no noise to add to its samples", "Leave it out.");
  }
  return generate(run, codes, draws(run), seed);
}

std::string GeneratedOptions::text(const Run& run) const {
  std::string text(making_of(run, draws(run)));
  if (!mean && !draw && has_noise(run))
    text += draws(run) ? "; --mean leaves its noise out" : "; --draw adds its noise";
  return text;
}

}  // namespace latent::cli
