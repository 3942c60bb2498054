#include <latent/run/pictures/run_pictures.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/shuffle.hpp>
#include <latent/data/stratified.hpp>
#include <latent/formats/image.hpp>
#include <latent/report/pictures.hpp>
#include <latent/report/matrix_chart.hpp>
#include <latent/run/classes/predictions.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/generate.hpp>
#include <latent/run/units.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

constexpr int64_t kShownColumns = 12;
// Images, series and series of several channels; columns are shown of as many rows as usual_count() says.
struct Shown {
  int64_t reconstructions, samples, manifold_side;
};
constexpr Shown kImages{2 * kShownColumns, 64, 20}, kSeries{20, 30, 10}, kChannels{12, 12, 8};

Shown shown_of(const View& view) {
  if (view.look != Look::series) return kImages;
  return view.channels == 1 ? kSeries : kChannels;
}

Tensor loss_chart(const std::vector<EpochReport>& history, const std::string& held_out_name) {
  const bool has_elbo = !history.empty() && history.front().train.contains("elbo");
  const auto value = [&](const Metrics& metrics) {
    const auto found = metrics.find(has_elbo ? "elbo" : "loss");
    return found == metrics.end() ? std::nan("") : has_elbo ? -found->second : found->second;
  };
  report::Series train{"train", {}, {}}, held_out{held_out_name, {}, {}};
  for (const EpochReport& report : history) {
    train.x.push_back(static_cast<double>(report.epoch));
    train.y.push_back(value(report.train));
    if (report.held_out.empty()) continue;
    held_out.x.push_back(static_cast<double>(report.epoch));
    held_out.y.push_back(value(report.held_out));
  }
  std::vector<report::Series> series = {train};
  if (!held_out.x.empty()) series.push_back(held_out);
  report::ChartOptions options;
  options.title = has_elbo ? "-ELBO" : "loss";
  options.x_label = "epoch";
  options.y_label = "nats per sample";
  return report::line_chart(series, options);
}

// The value below which a standard normal lies with probability p: Newton's method on its distribution function.
double normal_quantile(double p) {
  constexpr int kIterations = 60;
  double z = 0.0;
  for (int i = 0; i < kIterations; ++i) {
    const double density = std::exp(-0.5 * z * z) / std::sqrt(2.0 * M_PI);
    const double step = (0.5 * std::erfc(-z / std::sqrt(2.0)) - p) / density;
    z -= std::clamp(step, -1.0, 1.0);
  }
  return z;
}

struct Moments {
  double mean = 0.0, stddev = 1.0;
};

// Mean and standard deviation of one dimension of the prior, from many draws: exact enough for a picture, whatever the
// prior is.
Moments moments_of(const Tensor& codes, int64_t dimension) {
  double sum = 0.0, squares = 0.0;
  const std::span<const float> values = codes.span<float>();
  for (int64_t i = 0; i < codes.dim(0); ++i) {
    const auto value = static_cast<double>(values[static_cast<size_t>(i * codes.dim(1) + dimension)]);
    sum += value;
    squares += value * value;
  }
  const auto n = static_cast<double>(codes.dim(0));
  return {sum / n, std::sqrt(std::max(squares / n - sum / n * (sum / n), 0.0))};
}

// Codes whose coordinates are quantiles of the prior, first dimension to the right, second one upwards.
Tensor manifold_codes(const LatentModel& model, int64_t side, uint64_t seed) {
  constexpr int64_t kDraws = 10'000;
  Rng rng(seed);
  const Tensor draws = model.sample_prior(kDraws, rng);
  const Moments horizontal = moments_of(draws, 0), vertical = moments_of(draws, 1);
  Tensor codes = Tensor::empty({side * side, 2});
  const std::span<float> z = codes.span<float>();
  for (int64_t row = 0; row < side; ++row) {
    for (int64_t column = 0; column < side; ++column) {
      const auto quantile = [side](int64_t i) {
        return normal_quantile((static_cast<double>(i) + 0.5) / static_cast<double>(side));
      };
      const auto at = static_cast<size_t>(2 * (row * side + column));
      z[at] = static_cast<float>(horizontal.mean + horizontal.stddev * quantile(column));
      z[at + 1] = static_cast<float>(vertical.mean + vertical.stddev * quantile(side - 1 - row));
    }
  }
  return codes;
}

// Means of q(z|x), in batches.
Tensor encoded(const LatentModel& model, const Tensor& x) {
  constexpr int64_t kBatch = 256;
  Tensor codes = Tensor::empty({x.dim(0), model.latent_dim()});
  const int64_t batch = samples_at_once(model.data_shape(), kBatch);
  for (int64_t begin = 0; begin < x.dim(0); begin += batch) {
    const int64_t end = std::min(begin + batch, x.dim(0));
    codes.rows(begin, end).copy_from(model.encode(x.rows(begin, end))->mean());
  }
  return codes;
}

// Samples, as training showed them to the encoder.
Tensor damaged(const data::Dataset& samples, const std::vector<int64_t>& numbers, const data::Corruption& corruption,
               uint64_t seed) {
  Tensor x = samples.batch(numbers);
  data::Corruptor(corruption, samples).apply(numbers, Rng(seed), x.span<float>(), x.span<float>());
  return x;
}

// Random samples: none more likely than others, to compare distributions with.
Tensor any_samples(const data::Dataset& samples, int64_t count, uint64_t seed) {
  constexpr uint64_t kStream = 0x616e79;  // "any"
  std::vector<int64_t> numbers(static_cast<size_t>(std::min(count, samples.size())));
  Shuffle(samples.size(), Rng(seed, kStream)).read(0, numbers);
  return samples.batch(numbers);
}

}  // namespace

std::vector<std::filesystem::path> write_run_pictures(const Run& run, const data::Dataset& shown,
                                                      const std::vector<EpochReport>& history,
                                                      const PictureOptions& options) {
  const LatentModel& model = *run.model;
  const NoGrad no_grad;
  std::vector<std::filesystem::path> written;
  const auto write = [&](const char* name, const Tensor& picture) {
    written.push_back(options.directory / name);
    write_png(written.back(), picture);
  };
  const View view = view_of(run, any_samples(shown, kImages.samples, options.seed));
  const Shown counts = shown_of(view);
  if (model.has_encoder() && model.has_decoder()) {
    const std::vector<int64_t> numbers = data::stratified_sample(
        shown, usual_count(view, shown.sample_shape(), counts.reconstructions), Rng(options.seed));
    const Tensor x = damaged(shown, numbers, run.corruption(), options.seed);
    const Tensor x_hat = decode_all(model, encoded(model, x));
    const int64_t columns = view.look == Look::images ? std::min(kShownColumns, x.dim(0)) : 0;
    write(
        "reconstructions.png",
        picture_of_pairs(run, view, {.x = x, .x_hat = x_hat, .damaged = !run.corruption().empty(), .columns = columns})
            .pixels);
  }
  if (model.has_decoder()) {
    Rng rng(options.seed);
    const Tensor z = model.sample_prior(usual_count(view, shown.sample_shape(), counts.samples), rng);
    const Tensor beside = view.look == Look::columns ? any_samples(shown, 4 * z.dim(0), options.seed) : Tensor();
    write("samples.png", picture_of_set(run, view,
                                        {.x = generate(run, z, draws_samples(run), options.seed),
                                         .data = beside,
                                         .name = std::string(generated_name(draws_samples(run) || !has_noise(run)))})
                             .pixels);
  }
  if (is_classifier(run) && !shown.labels().empty()) {
    const Predictions predictions = predict(run, shown);
    write("confusion.png",
          report::confusion_chart(judge_predictions(predictions, shown.labels()).confusion, class_names_of(run)));
    const bool has_errors = !surest_errors(predictions, shown.labels()).empty();
    if (has_errors) write("errors.png", picture_of_errors(run, shown, predictions).pixels);
  }
  if (!history.empty()) write("loss.png", loss_chart(history, options.held_out_name));
  if (model.has_decoder() && model.latent_dim() == 2) {
    const SampleGrid plane{.x = decode_all(model, manifold_codes(model, counts.manifold_side, options.seed)),
                           .columns = counts.manifold_side,
                           .meaning = SampleGrid::Meaning::plane};
    write("manifold.png", picture_of_grid(run, view, plane).pixels);
  }
  return written;
}

}  // namespace latent
