#include <latent/run/generate.hpp>

#include <latent/run/codes.hpp>
#include <latent/run/kinds/run_kind.hpp>

namespace latent {

bool draws_samples(const Run& run) {
  return run.model->samples_are_draws() || (!run_kind(run.kind()).means_are_samples() && run.model->has_likelihood());
}

Tensor generate(const Run& run, const Tensor& codes, bool draw, uint64_t seed) {
  if (!draw) return decode_all(*run.model, codes);
  constexpr uint64_t kObservationStream = 0x6f627365727665;  // "observe"
  Rng rng(seed, kObservationStream);
  return draw_all(*run.model, codes, rng);
}

}  // namespace latent
