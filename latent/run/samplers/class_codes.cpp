#include <latent/run/samplers/class_codes.hpp>

#include <latent/core/error.hpp>
#include <latent/data/class_number.hpp>
#include <latent/probability/fitted_gaussian_prior.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/codes.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <sstream>

namespace latent {

namespace {

// Dimensions above which each is drawn by itself: the samples of a class say little of how so many hang together.
constexpr int64_t kMostCorrelated = 1024;

// Numbers of the classes that are named, in the order of the names.
std::vector<int64_t> classes_named(const std::string& text, std::span<const std::string> names) {
  std::vector<int64_t> classes;
  if (text == "all") {
    for (size_t c = 0; c < names.size(); ++c) classes.push_back(static_cast<int64_t>(c));
    return classes;
  }
  std::stringstream stream(text);
  for (std::string name; std::getline(stream, name, ',');) {
    try {
      classes.push_back(data::class_number(name, names));
    } catch (const std::invalid_argument& error) {
      throw UsageError(fmt::format("--like: {}", error.what()));
    }
  }
  return classes;
}

// Draws of q(z|x) of the samples of a class, each sample as often.
Tensor draws_of(const Run& run, const std::shared_ptr<const data::Dataset>& of_class, uint64_t seed) {
  constexpr int64_t kDraws = 2000;  // enough for the covariance of the posteriors themselves
  const int64_t N = of_class->size(), times = (kDraws + N - 1) / N;
  const Codes codes = encode_samples(*run.model, *of_class, Draw::mean, 0);
  const int64_t D = codes.z.dim(1);
  Tensor draws = Tensor::empty({N * times, D});
  Rng(seed).normal(draws.span<float>());
  for (int64_t i = 0; i < N * times; ++i) {
    const int64_t row = i % N;
    for (int64_t d = 0; d < D; ++d) {
      float& value = draws.data<float>()[i * D + d];
      value = codes.z.data<float>()[row * D + d] + codes.stddev.data<float>()[row * D + d] * value;
    }
  }
  return draws;
}

}  // namespace

ClassCodes codes_of_classes(const Run& run, const data::Dataset& samples, const std::string& classes, int64_t count,
                            uint64_t seed) {
  check_has_both_halves(run, "drawing samples like those of a class");
  const auto labels = samples.labels();
  if (labels.empty()) throw UsageError("--like: the data that the model was trained on has no labels");
  const int64_t D = run.model->latent_dim();
  ClassCodes result;
  const std::vector<int64_t> numbers = classes_named(classes, samples.class_names());
  result.codes = Tensor::empty({static_cast<int64_t>(numbers.size()) * count, D});
  const std::shared_ptr<const data::Dataset> all(&samples, [](const data::Dataset*) {});  // outlives the subsets below
  for (size_t k = 0; k < numbers.size(); ++k) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < samples.size(); ++i) {
      if (labels[static_cast<size_t>(i)] == numbers[k]) rows.push_back(i);
    }
    const std::string& name = samples.class_names()[static_cast<size_t>(numbers[k])];
    if (rows.empty()) throw UsageError(fmt::format("--like: no sample of the training is of class '{}'", name));
    const Rng tape = Rng(seed).fork(static_cast<uint64_t>(numbers[k]));
    FittedGaussianPrior gaussian(
        D, D > kMostCorrelated ? FittedGaussianPrior::Covariance::diagonal : FittedGaussianPrior::Covariance::full);
    gaussian.fit(draws_of(run, data::subset(all, std::move(rows)), tape.state().stream));
    Rng rng = tape;
    const auto begin = static_cast<int64_t>(k) * count;
    result.codes.rows(begin, begin + count).copy_from(gaussian.sample(count, rng));
    result.labels.insert(result.labels.end(), static_cast<size_t>(count), numbers[k]);
  }
  return result;
}

}  // namespace latent
