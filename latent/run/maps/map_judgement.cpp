#include <latent/autograd/shaping.hpp>
#include <latent/core/rng.hpp>
#include <latent/data/stratified.hpp>
#include <latent/run/maps/sample_map.hpp>
#include <latent/space/maps/map_quality.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent {

namespace {

constexpr int64_t kJudgedNeighbors = 15;    // k of trustworthiness and agreement
constexpr int64_t kAccuracyNeighbors = 10;  // of the labels
constexpr int64_t kMostJudged = 10'000;

// Rows of unit length: near to each other where their directions are.
Tensor directions_of(const Tensor& x) {
  Tensor directions = Tensor::empty(x.shape());
  const auto D = static_cast<size_t>(x.dim(1));
  for (int64_t i = 0; i < x.dim(0); ++i) {
    const std::span<const float> from = x.span<float>().subspan(static_cast<size_t>(i) * D, D);
    const double square = std::inner_product(from.begin(), from.end(), from.begin(), 0.0);
    std::transform(from.begin(), from.end(), directions.data<float>() + static_cast<size_t>(i) * D,
                   [&](float value) { return static_cast<float>(value / std::sqrt(square)); });
  }
  return directions;
}

bool is_zero_row(const Tensor& x, int64_t row) {
  const float* from = x.data<float>() + row * x.dim(1);
  return std::all_of(from, from + x.dim(1), [](float value) { return value == 0.0F; });
}

}  // namespace

std::optional<MapJudgement> judge_map(const MappedSamples& samples, const Tensor& positions, space::Metric metric,
                                      uint64_t seed) {
  const bool cosine = metric == space::Metric::cosine;
  const std::span<const int64_t> labels = samples.data.samples->labels();
  std::vector<int64_t> rows = data::subsample(positions.dim(0), kMostJudged, Rng(seed));
  if (cosine) std::erase_if(rows, [&](int64_t row) { return is_zero_row(samples.x, row); });
  MapJudgement judgement{.samples = static_cast<int64_t>(rows.size()), .label_neighbors = kAccuracyNeighbors};
  judgement.neighbors = std::min(kJudgedNeighbors, (judgement.samples - 1) / 2);
  if (judgement.neighbors < 1) return std::nullopt;
  const Tensor picked = gather_rows(samples.x, rows);
  const Tensor before = cosine ? directions_of(picked) : picked;
  const space::MapQuality measured = space::map_quality(before, gather_rows(positions, rows), judgement.neighbors);
  judgement.trustworthiness = measured.trustworthiness;
  judgement.agreement = measured.agreement;
  judgement.labelled = std::count_if(labels.begin(), labels.end(), [](int64_t label) { return label >= 0; });
  if (judgement.labelled > kAccuracyNeighbors) {
    judgement.label_accuracy = space::neighbor_label_accuracy(positions, labels, kAccuracyNeighbors);
  }
  return judgement;
}

}  // namespace latent
