#include <latent/run/editing/ways.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/error.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/editing/steps.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent {

namespace {

// Moments of each dimension, from many draws, whatever the prior is; a standard normal one is known.
struct PriorMoments {
  std::vector<double> mean, stddev;
};

PriorMoments prior_moments(const LatentModel& model) {
  constexpr int64_t kDraws = 10'000;
  const NoGrad no_grad;
  Rng rng(0);
  const Tensor draws = model.sample_prior(kDraws, rng);
  PriorMoments prior;
  constexpr double kErrors = 5.0;  // standard errors within which a prior passes for a standard normal one
  const double tolerance = kErrors / std::sqrt(static_cast<double>(kDraws));
  for (int64_t d = 0; d < draws.dim(1); ++d) {
    double sum = 0.0, squares = 0.0;
    for (int64_t i = 0; i < kDraws; ++i) {
      const double value = draws.data<float>()[i * draws.dim(1) + d];
      sum += value;
      squares += value * value;
    }
    const double mean = sum / kDraws, stddev = std::sqrt(std::max(squares / kDraws - mean * mean, 0.0));
    const bool standard = std::abs(mean) < tolerance && std::abs(stddev - 1.0) < tolerance;
    prior.mean.push_back(standard ? 0.0 : mean);
    prior.stddev.push_back(standard ? 1.0 : stddev);
  }
  return prior;
}

std::vector<space::Dimension> all_dimensions(const LatentModel& model, const Codes& codes) {
  if (codes.z.defined()) return space::rank_dimensions(codes.z, codes.stddev, model.code_scales());
  const int64_t D = model.latent_dim();
  std::vector<space::Dimension> all;
  for (int64_t d = 0; d < D; ++d) all.push_back({.index = d, .kl = std::nan(""), .active = true});
  return all;
}

std::vector<space::Dimension> chosen_dimensions(const std::vector<space::Dimension>& all,
                                                const TraversalOptions& options, std::vector<Remark>& remarks) {
  std::vector<space::Dimension> chosen;
  if (options.dims.empty()) {
    std::ranges::copy_if(all, std::back_inserter(chosen), &space::Dimension::active);
    if (chosen.empty()) {
      constexpr size_t kShown = 5;
      chosen.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, all.size())));
      remarks.push_back({"no dimension is active: the codes hardly depend on the data (posterior collapse)", true});
    }
  }
  for (const int64_t d : options.dims) {
    const auto found = std::ranges::find(all, d, &space::Dimension::index);
    if (found == all.end()) {
      throw UsageError(fmt::format("--dims: dimension {} of {}, numbered from 0", d, all.size()));
    }
    chosen.push_back(*found);
  }
  if (options.most > 0 && options.most < static_cast<int64_t>(chosen.size())) {
    chosen.resize(static_cast<size_t>(options.most));
  }
  return chosen;
}

std::vector<double> sorted_column(const Tensor& codes, int64_t dimension) {
  std::vector<double> column;
  for (int64_t i = 0; i < codes.dim(0); ++i) column.push_back(codes.data<float>()[i * codes.dim(1) + dimension]);
  std::sort(column.begin(), column.end());
  return column;
}

}  // namespace

Strips interpolate_samples(const Run& run, const RunData& data, const std::vector<int64_t>& from,
                           const std::vector<int64_t>& to, int64_t steps, space::Path path) {
  check_has_both_halves(run, "interpolating between samples");
  LATENT_CHECK(from.size() == to.size(), "[interpolate_samples] {} samples to begin at, {} to end at", from.size(),
               to.size());
  const auto count = static_cast<int64_t>(from.size());
  std::vector<int64_t> ends = from;
  ends.insert(ends.end(), to.begin(), to.end());
  check_items(data, ends);
  const Tensor z = encode_samples(*run.model, *data::subset(data.samples, ends), Draw::mean, 0).z;
  const Shape code_shape{z.dim(1)};
  Strips strips{.x_hat = {},
                .codes = Tensor::empty({count * steps, z.dim(1)}),
                .steps = steps,
                .strip_names = {},
                .step_names = {}};
  for (int64_t i = 0; i < count; ++i) {
    const Tensor first = z.rows(i, i + 1).view_as(code_shape);
    const Tensor last = z.rows(count + i, count + i + 1).view_as(code_shape);
    strips.codes.rows(i * steps, (i + 1) * steps).copy_from(space::interpolate(first, last, steps, path));
  }
  strips.x_hat = decode_all(*run.model, strips.codes);
  if (view_of(run, strips.x_hat).look == Look::images) return strips;
  for (size_t i = 0; i < from.size(); ++i) strips.strip_names.push_back(fmt::format("#{} to #{}", from[i], to[i]));
  return strips;
}

bool TraversalOptions::looks_at_data(const Run& run) const {
  return run.model->has_encoder() && (dims.empty() || item >= 0 || are_quantiles);
}

Traversal plan_traversal(const Run& run, const RunData* data, const TraversalOptions& options) {
  check_has_decoder(run);
  if (!run.model->has_encoder() && (options.item >= 0 || options.are_quantiles)) {
    throw UsageError(fmt::format("{}: the model has no encoder, which --item and quantiles need", run.path.string()));
  }
  const int64_t D = run.model->latent_dim();
  Codes codes;
  if (options.looks_at_data(run)) {
    LATENT_CHECK(data, "[plan_traversal] expected data, which these options look at");
    if (options.item >= 0) check_items(*data, std::array{options.item});
    codes = encode_samples(*run.model, *data->samples, Draw::mean, 0);
  }
  Traversal traversal{.is_measured = codes.z.defined()};
  traversal.dimensions = chosen_dimensions(all_dimensions(*run.model, codes), options, traversal.remarks);
  const PriorMoments prior = prior_moments(*run.model);
  const std::vector<double> marks = linspace(options.low, options.high, options.steps);
  const auto K = static_cast<int64_t>(traversal.dimensions.size());
  traversal.values = Tensor::empty({K, options.steps});
  float* value = traversal.values.data<float>();
  for (const space::Dimension& dimension : traversal.dimensions) {
    const auto d = static_cast<size_t>(dimension.index);
    std::vector<double> column;
    if (options.are_quantiles) column = sorted_column(codes.z, dimension.index);
    for (const double mark : marks) {
      *value++ =
          static_cast<float>(options.are_quantiles ? space::quantile(std::span<const double>(column), mark / 100.0)
                                                   : prior.mean[d] + prior.stddev[d] * mark);
    }
  }
  traversal.from = Tensor::empty({D});
  if (options.item >= 0) {
    traversal.from.copy_from(codes.z.rows(options.item, options.item + 1).view_as({D}));
  } else {
    std::ranges::transform(prior.mean, traversal.from.data<float>(), [](double m) { return static_cast<float>(m); });
  }
  for (const double mark : marks) {
    traversal.step_names.push_back(options.are_quantiles ? fmt::format("{:.3g}%", mark) : signed_text(mark));
  }
  return traversal;
}

Strips decode_traversal(const Run& run, const Traversal& traversal) {
  Strips strips{.x_hat = {},
                .codes = {},
                .steps = traversal.values.dim(1),
                .strip_names = {},
                .step_names = traversal.step_names};
  std::vector<int64_t> numbers;
  for (const space::Dimension& dimension : traversal.dimensions) {
    numbers.push_back(dimension.index);
    strips.strip_names.push_back(fmt::format("z_{}", dimension.index));
    if (!std::isnan(dimension.kl)) strips.strip_names.back() += fmt::format("  KL {:.2f}", dimension.kl);
  }
  strips.codes = space::traverse(traversal.from, numbers, traversal.values);
  strips.x_hat = decode_all(*run.model, strips.codes);
  return strips;
}

}  // namespace latent
