#include <latent/run/samplers/fit_sampler.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/core/interrupted.hpp>
#include <latent/core/names.hpp>
#include <latent/core/shuffle.hpp>
#include <latent/core/text.hpp>
#include <latent/models/model_file.hpp>
#include <latent/models/registry.hpp>
#include <latent/models/vae.hpp>
#include <latent/probability/mixture_sampler.hpp>
#include <latent/probability/posterior_sampler.hpp>
#include <latent/run/codes.hpp>
#include <latent/space/clusters/mixture.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/training/flow_fit.hpp>
#include <latent/training/run_files.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace latent {

namespace {

constexpr std::string_view kNone = "none";
constexpr uint64_t kChosenStream = 0x63686f73656e;

// The posteriors of samples; of those that are neither Gaussians nor points, draws.
Codes posteriors_of(const Vae& vae, const data::Dataset& samples, uint64_t seed) {
  const bool is_gaussian = vae.parts().posterior->is_gaussian();
  Codes codes = encode_samples(vae, samples, is_gaussian ? Draw::mean : Draw::sample, seed);
  if (!is_gaussian) codes.stddev = Tensor::zeros(codes.z.shape());
  return codes;
}

// mu + stddev eps, once for each sample.
Tensor drawn(const Codes& codes, uint64_t seed) {
  Tensor z = Tensor::empty(codes.z.shape());
  Rng rng(seed);
  rng.normal(z.span<float>());
  const float* mu = codes.z.data<float>();
  const float* stddev = codes.stddev.data<float>();
  for (int64_t i = 0; i < z.numel(); ++i) z.data<float>()[i] = mu[i] + stddev[i] * z.data<float>()[i];
  return z;
}

void fit(MixtureSampler& sampler, const Codes& codes, int64_t components, uint64_t seed) {
  const space::Mixture mixture = space::fit_mixture(drawn(codes, seed), {.k = components, .seed = seed});
  sampler.set(mixture.weights, mixture.means, mixture.variances);
}

void fit(PosteriorSampler& sampler, const Codes& codes, int64_t components, uint64_t seed) {
  std::vector<int64_t> chosen(static_cast<size_t>(components));
  Shuffle(codes.z.dim(0), Rng(seed).fork(kChosenStream)).read(0, chosen);
  sampler.set(space::rows_at(codes.z, chosen), space::rows_at(codes.stddev, chosen));
}

// The model with another "sampler" in its config, and the weights of all else.
std::unique_ptr<LatentModel> with_sampler(const LatentModel& model, const nlohmann::json& sampler, uint64_t seed) {
  nlohmann::json config = *model.config();
  config.erase("sampler");
  if (!sampler.is_null()) config["sampler"] = sampler;
  Rng rng(seed);
  std::unique_ptr<LatentModel> copy = make_model(config, rng);
  std::map<std::string, Tensor> own;
  for (const nn::NamedTensor& tensor : model.state()) own.emplace(tensor.name, tensor.tensor);
  for (nn::NamedTensor& tensor : copy->state()) {
    if (!tensor.name.starts_with("sampler.")) tensor.tensor.copy_from(own.at(tensor.name));
  }
  return copy;
}

}  // namespace

void SamplerOptions::check() const {
  if (method == kNone) return;
  std::vector<std::string_view> names(sampler_names().begin(), sampler_names().end());
  names.push_back(kNone);
  if (std::ranges::find(names, method) == names.end()) {
    try {
      unknown_name("--method", printable(std::string_view(method)), names);
    } catch (const std::invalid_argument& error) {
      throw UsageError(error.what());
    }
  }
  if (components && method == "flow") throw UsageError("--components belongs to --method mixture and vamp");
}

Json SamplerOptions::config() const {
  if (method == kNone) return {};
  if (method == "flow") return nlohmann::json{{"name", method}, {"hidden", hidden}, {"steps", steps}};
  nlohmann::json config = {{"name", method}};
  if (components) config["components"] = *components;
  return config;
}

void check_takes_sampler(const Run& run) {
  if (dynamic_cast<const Vae*>(run.model.get()) != nullptr) return;
  throw UsageError(
      fmt::format("{}: a model of kind '{}'; only autoencoders and VAEs can be given another way of drawing "
                  "codes",
                  run.path.string(), run.model->kind()));
}

FittedSampler fit_sampler(const Run& run, const data::Dataset* samples, const SamplerOptions& options,
                          const std::function<bool(double done)>& goes_on) {
  options.check();
  check_takes_sampler(run);
  FittedSampler fitted{.model = with_sampler(*run.model, *options.config(), options.seed), .info = {}, .loss = {}};
  nlohmann::json info = *run.info;
  info.erase("sampler");
  fitted.info = info;
  if (options.method == kNone) return fitted;
  LATENT_CHECK(samples != nullptr, "[fit_sampler] '{}' is fitted to samples, and there are none", options.method);
  const auto& vae = dynamic_cast<const Vae&>(*fitted.model);
  Sampler& sampler = *vae.parts().sampler;
  const int64_t components = sampler.config()->value("components", int64_t{1});
  if (samples->size() < components) {
    throw UsageError(fmt::format("--components {}: there are only {}", components, counted(samples->size(), "sample")));
  }
  const Codes codes = posteriors_of(vae, *samples, options.seed);
  const auto ask = [&](double done) {
    if (goes_on && !goes_on(done)) throw Interrupted("interrupted: the run is as it was");
  };
  ask(0.0);
  info["sampler"] = {{"codes", samples->size()}, {"seed", options.seed}};
  if (auto* flow = dynamic_cast<FlowSampler*>(&sampler)) {
    const auto all = static_cast<double>(options.updates);
    fitted.loss =
        fit_flow(*flow, codes.z, codes.stddev, {.updates = options.updates, .seed = options.seed}, [&](int64_t done) {
          ask(static_cast<double>(done) / all);
          return true;
        });
    info["sampler"]["updates"] = options.updates;
    info["sampler"]["loss"] = *fitted.loss;
  } else if (auto* mixture = dynamic_cast<MixtureSampler*>(&sampler)) {
    fit(*mixture, codes, components, options.seed);
  } else {
    fit(dynamic_cast<PosteriorSampler&>(sampler), codes, components, options.seed);
  }
  ask(1.0);
  fitted.info = std::move(info);
  return fitted;
}

void write_fitted(const FittedSampler& fitted, const std::filesystem::path& to) {
  const bool is_directory = std::filesystem::is_directory(to);
  save_model(is_directory ? RunFiles{.directory = to}.model() : to, *fitted.model, fitted.info);
}

}  // namespace latent
