#include <latent/run/gans/generated_data.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/error.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/classes/predictions.hpp>
#include <latent/run/generate.hpp>

#include <fmt/core.h>

namespace latent {

GeneratedData generated_data(const Run& run, int64_t n, uint64_t seed, const Run* classifier) {
  check_has_decoder(run);
  const NoGrad no_grad;
  Rng rng(seed);
  GeneratedData generated;
  generated.codes = run.model->sample_prior(n, rng);
  const Tensor x = generate(run, generated.codes, draws_samples(run), seed);
  std::vector<int64_t> labels;
  std::vector<std::string> names;
  if (classifier != nullptr) {
    const Shape takes = classifier_of(*classifier).data_shape();
    if (takes != run.model->data_shape()) {
      throw UsageError(fmt::format("the classifier takes samples of shape {}, but the model makes some of {}",
                                   takes.str(), run.model->data_shape().str()));
    }
    names = class_names_of(*classifier);
    labels = predict(*classifier, *data::from_tensor(x, run.kind(), {})).classes;
  }
  generated.data = {.source = "generated samples",
                    .split = std::string(data::name_of(data::Split::all)),
                    .samples = data::from_tensor(x, run.kind(), {}, std::move(labels), std::move(names))};
  return generated;
}

}  // namespace latent
