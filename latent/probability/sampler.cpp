#include <latent/probability/sampler.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/probability/flow_sampler.hpp>
#include <latent/probability/mixture_sampler.hpp>
#include <latent/probability/posterior_sampler.hpp>

namespace latent {

namespace {

struct SamplerKind {
  std::unique_ptr<Sampler> (*make)(const Json& config, int64_t latent_dim, Rng& rng);
  double (*num_elements)(const Json& config, int64_t latent_dim);
};

constexpr auto kSamplers = std::to_array<Choice<SamplerKind>>({
    {"flow", {FlowSampler::make, FlowSampler::num_elements}},
    {"mixture", {MixtureSampler::make, MixtureSampler::num_elements}},
    {"vamp", {PosteriorSampler::make, PosteriorSampler::num_elements}},
});
constexpr auto kSamplerNames = names_of(kSamplers);

}  // namespace

double num_sampler_elements(const Json& config, int64_t latent_dim) {
  return choose("sampler", name_in("sampler", *config), kSamplers).num_elements(config, latent_dim);
}

std::unique_ptr<Sampler> make_sampler(const Json& config, int64_t latent_dim, Rng& rng, int64_t max_elements) {
  const double elements = num_sampler_elements(config, latent_dim);
  LATENT_CHECK(elements <= static_cast<double>(max_elements),
               "[sampler] needs {:.0f} weights, more than the {} allowed", elements, max_elements);
  return choose("sampler", name_in("sampler", *config), kSamplers).make(config, latent_dim, rng);
}

std::span<const std::string_view> sampler_names() { return kSamplerNames; }

}  // namespace latent
