#include <latent/run/evaluation/generated_quality.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>
#include <latent/core/shuffle.hpp>
#include <latent/core/text.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/classes/predictions.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/generate.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/metrics/frechet.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace latent {

namespace {

// Tapes of the choice of real samples.
constexpr uint64_t kFloorStream = 0x666c6f6f72, kRealStream = 0x7265616c;

// Whether two runs made the same of a source before its values were scaled.
bool read_alike(const Run& run, const Run& features) {
  if (!run.data || !features.data) return true;
  const data::OpenOptions &a = run.data->open, &b = features.data->open;
  return a.size == b.size && (!a.size || a.fit == b.fit) && a.grayscale == b.grayscale && a.binarize == b.binarize &&
         a.drawn_bits == b.drawn_bits;
}

bool is_same_scale(const data::Transform& a, const data::Transform& b) {
  return (a.of_pixels() && b.of_pixels()) || (a.shift == b.shift && a.scale == b.scale);
}

// Model values of the run as those of the classifier.
Tensor as_features_sees(const Run& run, const Run& features, const Tensor& x) {
  const data::Transform from = run.transform(), to = features.transform().per_value(run.model->data_shape());
  if (is_same_scale(run.transform(), features.transform())) return x;
  const Tensor stored = from.inverse(x);  // (N, ...) f64
  Tensor values = Tensor::empty(x.shape());
  const int64_t numel = run.model->data_shape().numel();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const auto at = static_cast<size_t>(to.shift.size() == 1 ? 0 : i % numel);
    values.data<float>()[i] = static_cast<float>((stored.data<double>()[i] - to.shift[at]) * to.scale[at]);
  }
  return values;
}

// The last hidden layer: (N, D).
Tensor features_of(const Classifier& classifier, const Tensor& x) {
  const NoGrad no_grad;
  const DenormalMode denormals(Denormals::flushed);
  const int64_t N = x.dim(0), batch = samples_at_once(classifier.data_shape(), 256);
  Tensor features = Tensor::empty({N, classifier.latent_dim()});
  for (int64_t begin = 0; begin < N; begin += batch) {
    const int64_t end = std::min(begin + batch, N);
    features.rows(begin, end).copy_from(classifier.encode(x.rows(begin, end))->mean());
  }
  return features;
}

// `count` random rows, in random order; all of them where there are no more.
std::vector<int64_t> some_of(int64_t rows, int64_t count, Rng tape) {
  const Shuffle order(rows, tape);
  std::vector<int64_t> chosen(static_cast<size_t>(std::min(rows, count)));
  order.read(0, chosen);
  return chosen;
}

// Samples of the run's data as the classifier reads them.
std::shared_ptr<const data::Dataset> as_features_reads(const RunData& all, const data::Dataset& samples,
                                                       const std::vector<int64_t>& numbers) {
  std::vector<int64_t> indices;
  indices.reserve(numbers.size());
  for (const int64_t i : numbers) indices.push_back(samples.source_index(i));
  return data::subset(all.samples, std::move(indices));
}

std::vector<double> class_shares(const Classifier& classifier, const Tensor& features) {
  std::vector<double> shares(static_cast<size_t>(classifier.classes()), 0.0);
  for (const int64_t c : predictions_of(classifier, features).classes) shares[static_cast<size_t>(c)] += 1.0;
  for (double& share : shares) share /= static_cast<double>(features.dim(0));
  return shares;
}

std::optional<double> accuracy_of(const Classifier& classifier, const Tensor& features, const data::Dataset& samples) {
  const std::span<const int64_t> labels = samples.labels();
  if (labels.empty()) return std::nullopt;
  const ClassificationFigures figures = judge_predictions(predictions_of(classifier, features), labels);
  return figures.samples > 0 ? std::optional(figures.accuracy) : std::nullopt;
}

nlohmann::json recipe_of(const Run& features) {
  nlohmann::json recipe = {{"config", *features.model->config()}};
  for (const char* key : {"run", "training"}) {
    if (features.info->contains(key)) recipe[key] = features.info->at(key);
  }
  return recipe;
}

void check_samples_suffice(const std::string& what, int64_t samples, int64_t dims,
                           const GeneratedQualityOptions& options) {
  if (samples <= dims) {
    throw UsageError(fmt::format("{}: the covariance of {} features needs at least {} samples", what, dims, dims + 1));
  }
  if (samples <= options.neighbors) {
    throw UsageError(
        fmt::format("{}: {} neighbours need at least {} samples", what, options.neighbors, options.neighbors + 1));
  }
}

// "codes by a flow, " where they are not drawn from the prior.
std::string codes_text(const Run& run) {
  const nlohmann::json sampler = run.model->config()->value("sampler", nlohmann::json());
  return sampler.is_object() ? fmt::format("codes by a {}, ", sampler.value("name", "sampler")) : std::string();
}

std::string protocol_of_generated(const Run& run, const RunData& data, const Run& features,
                                  const GeneratedQuality& found, const GeneratedQualityOptions& options) {
  std::string text =
      fmt::format("{} ({}{}, seed {}) against {} ({}), by the {} features of the last hidden layer of {}",
                  counted(found.samples, "new sample"), codes_text(run), making_of(run, draws_samples(run)),
                  options.seed, data.part(), counted(found.compared, "sample"), found.dims, features.path.string());
  text += "; Fréchet distance of Gaussians with their means and covariances (N - 1)";
  if (found.frechet_floor) {
    text += fmt::format(", its floor that of {}", counted(found.floor_samples, "random training sample"));
  }
  text += fmt::format("; precision and recall by {} (Kynkäänniemi et al. 2019) of {} on each side",
                      counted(options.neighbors, "nearest neighbor"),
                      counted(std::min(found.samples, found.compared), "sample"));
  return text;
}

}  // namespace

void check_generated_quality(const Run& run, const RunData& data, const Run& features,
                             const GeneratedQualityOptions& options) {
  check_has_decoder(run);
  const std::string name = fmt::format("--features {}", features.path.string());
  if (!is_classifier(features)) {
    throw UsageError(
        fmt::format("{}: a model of kind '{}', where a classifier is needed", name, features.model->kind()),
        fmt::format("Train one with: latent train {} --preset cnn --epochs 3 --out CNN_RUN", data.source));
  }
  if (features.model->data_shape() != run.model->data_shape()) {
    throw UsageError(fmt::format("{}: it takes samples {}, but the model makes {}", name,
                                 features.model->data_shape().str(), run.model->data_shape().str()));
  }
  const RunSource source(features, data.source, options.read);
  if (!source.is_trained_on()) {
    throw UsageError(
        fmt::format("{}: trained on {}, not on {}", name, features.data ? features.data->source : "other data",
                    data.source),
        "Features say most of the data that they were trained on: latent train DATA --preset cnn --out CNN_RUN");
  }
  const bool is_comparable = is_same_scale(run.transform(), features.transform()) ||
                             run.transform().of_pixels() == features.transform().of_pixels();
  if (!read_alike(run, features) || !is_comparable) {
    throw UsageError(fmt::format("{}: reads {} in another way than the model does", name, data.source),
                     "Train both with the same --size, --fit, --grayscale and --binarize.");
  }
  const int64_t dims = features.model->latent_dim();
  check_samples_suffice(fmt::format("--samples {}", options.samples), options.samples, dims, options);
  check_samples_suffice(data.part(), data.samples->size(), dims, options);
}

GeneratedQuality measure_generated(const Run& run, const RunData& data, const Run& features,
                                   const GeneratedQualityOptions& options) {
  check_generated_quality(run, data, features, options);
  const Classifier& classifier = classifier_of(features);
  const RunData all = RunSource(features, data.source, options.read).part("all");
  const int64_t real_rows = data.samples->size();
  std::vector<int64_t> every(static_cast<size_t>(real_rows));
  for (int64_t i = 0; i < real_rows; ++i) every[static_cast<size_t>(i)] = i;
  const auto real_samples = as_features_reads(all, *data.samples, every);
  const Tensor real = encode_samples(classifier, *real_samples, Draw::mean, 0).z;
  const space::GaussianMoments moments = space::gaussian_moments(real);

  GeneratedQuality found{.samples = options.samples, .compared = real_rows, .dims = classifier.latent_dim()};
  found.class_names = class_names_of(features);
  found.recipe = recipe_of(features);
  found.class_shares_of_data = class_shares(classifier, real);
  found.accuracy = accuracy_of(classifier, real, *real_samples);
  const Tensor drawn =
      features_of(classifier, as_features_sees(run, features, run.sample(options.samples, options.seed)));
  found.frechet_distance = space::frechet_distance(space::gaussian_moments(drawn), moments);
  found.class_shares = class_shares(classifier, drawn);

  const Rng tape(options.seed);
  const int64_t each = std::min(real_rows, options.samples);
  const Tensor some = space::rows_at(real, some_of(real_rows, each, tape.fork(kRealStream)));
  found.manifold = space::precision_recall(some, drawn.rows(0, each), options.neighbors);
  const auto training_part = data.training ? data.training : all.training;
  // A part that holds the training samples would be compared with itself.
  const bool is_apart =
      data.split != data::name_of(data::Split::train) && data.split != data::name_of(data::Split::all);
  if (is_apart && training_part->size() > found.dims) {
    const auto numbers = some_of(training_part->size(), options.samples, tape.fork(kFloorStream));
    const auto chosen = as_features_reads(all, *training_part, numbers);
    const Tensor training = encode_samples(classifier, *chosen, Draw::mean, 0).z;
    found.frechet_floor = space::frechet_distance(space::gaussian_moments(training), moments);
    found.floor_samples = chosen->size();
  }
  found.protocol = protocol_of_generated(run, data, features, found, options);
  return found;
}

}  // namespace latent
