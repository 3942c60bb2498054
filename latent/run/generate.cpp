#include <latent/run/generate.hpp>

#include <latent/core/error.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/kinds/run_kind.hpp>
#include <latent/run/tables/drawn_rows.hpp>

#include <fmt/core.h>

#include <cmath>
#include <numbers>

namespace latent {

bool draws_samples(const Run& run) {
  return run.model->samples_are_draws() || (!run_kind(run.kind()).means_are_samples() && run.model->has_likelihood());
}

Tensor generate(const Run& run, const Tensor& codes, bool draw, uint64_t seed) {
  if (!draw) return decode_all(*run.model, codes);
  constexpr uint64_t kObservationStream = 0x6f627365727665;  // "observe"
  Rng rng(seed, kObservationStream);
  const Tensor x = draw_all(*run.model, codes, rng);
  return with_training_values(run, x, rng.fork(kObservationStream));
}

Tensor truncated_codes(const Run& run, int64_t n, double most, Rng& rng) {
  LATENT_CHECK(most > 0.0, "[truncated_codes] a limit above 0, got {}", most);
  if (!run.model->has_normal_prior()) {
    throw UsageError("--truncation is for models whose codes are drawn from a normal prior, and these are not");
  }
  // P(|z| <= most) of each value; so few are left below a thousandth that drawing would take for ever.
  constexpr double kLeast = 1e-3;
  if (std::erf(most / std::numbers::sqrt2) < kLeast) {
    throw UsageError(fmt::format("--truncation {:g} leaves next to nothing of N(0, 1); use 0.01 or more", most));
  }
  Tensor codes = run.model->sample_prior(n, rng);
  const Tensor scales = run.model->code_scales();
  if (scales.defined()) codes = codes / scales;
  for (float& value : codes.span<float>()) {
    while (std::abs(value) > most) rng.normal({&value, 1});
  }
  return scales.defined() ? codes * scales : codes;
}

bool has_noise(const Run& run) { return run.model->kind() != "gan"; }

std::string_view making_of(const Run& run, bool drawn) {
  if (!has_noise(run)) return "made by the generator";
  if (!drawn) return "means of p(x|z)";
  return knows_column_values(run) ? "drawn from p(x|z), columns spread as in training" : "drawn from p(x|z)";
}

}  // namespace latent
