#include <latent/space/probes/knn_classifier.hpp>

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/space/linear/detail/rows.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

namespace latent::space {

namespace {

constexpr std::array<int64_t, 6> kNeighbors = {1, 3, 5, 7, 10, 15};

void check_neighbors(const Neighbors& found, size_t values, int64_t k) {
  LATENT_CHECK(k >= 1 && k <= found.index.dim(1), "[knn] k: expected 1 to {}, got {}", found.index.dim(1), k);
  for (const int64_t index : found.index.span<int64_t>()) {
    LATENT_CHECK(0 <= index && index < static_cast<int64_t>(values), "[knn] neighbour {} of {} labels", index, values);
  }
}

// How much each of the first k neighbours of row i counts.
void weigh(const Neighbors& found, int64_t i, KnnWeights weights, std::span<double> out) {
  const float* distance = found.distance.data<float>() + i * found.index.dim(1);
  const bool any_zero = weights == KnnWeights::distance && distance[0] <= 0.0F;
  for (size_t j = 0; j < out.size(); ++j) {
    if (weights == KnnWeights::uniform) {
      out[j] = 1.0;
    } else {
      out[j] = any_zero ? (distance[j] <= 0.0F ? 1.0 : 0.0) : 1.0 / distance[j];
    }
  }
}

// The neighbours of a row among the others: found among all with one to spare, and itself (or the farthest) left out.
Neighbors without_self(const Neighbors& found, std::span<const int64_t> self) {
  const int64_t N = found.index.dim(0), k = found.index.dim(1) - 1;
  Neighbors others{.index = Tensor::empty({N, k}, DType::i64), .distance = Tensor::empty({N, k})};
  for (int64_t i = 0; i < N; ++i) {
    const int64_t* index = found.index.data<int64_t>() + i * (k + 1);
    const float* distance = found.distance.data<float>() + i * (k + 1);
    int64_t kept = 0;
    for (int64_t j = 0; j <= k && kept < k; ++j) {
      if (index[j] == self[static_cast<size_t>(i)]) continue;
      others.index.data<int64_t>()[i * k + kept] = index[j];
      others.distance.data<float>()[i * k + kept] = distance[j];
      ++kept;
    }
  }
  return others;
}

// Rows to leave out, ascending.
std::vector<int64_t> rows_to_ask(int64_t N, uint64_t seed) {
  constexpr int64_t kMostAsked = 4'000;
  constexpr uint64_t kStream = 0x6b6e6e;  // "knn"
  std::vector<int64_t> rows = Rng(seed).fork(kStream).permutation(N);
  rows.resize(static_cast<size_t>(std::min(N, kMostAsked)));
  std::sort(rows.begin(), rows.end());
  return rows;
}

// The error of (neighbours, rows asked, k, weights), smaller is better.
using Error = std::function<double(const Neighbors&, std::span<const int64_t>, int64_t, KnnWeights)>;

KnnOptions choose(const Tensor& x, uint64_t seed, const Error& error) {
  check_rows("choose_knn", x);
  LATENT_CHECK(x.dim(0) >= 2, "[choose_knn] at least 2 rows expected, got {}", x.dim(0));
  const std::vector<int64_t> asked = rows_to_ask(x.dim(0), seed);
  const int64_t most = std::min(kNeighbors.back(), x.dim(0) - 1);
  KnnOptions best;
  double least = std::numeric_limits<double>::infinity();
  for (const bool standardize : {false, true}) {
    const Tensor rows = standardize ? Standardizer::fit(x).apply(x) : x;
    const Tensor queries = rows_at(rows, asked);
    for (const Metric metric : {Metric::euclidean, Metric::cosine}) {
      const Neighbors found = without_self(nearest(queries, rows, most + 1, metric), asked);
      for (const KnnWeights weights : {KnnWeights::uniform, KnnWeights::distance}) {
        for (const int64_t k : kNeighbors) {
          if (k > most) break;
          const double e = error(found, asked, k, weights);
          if (e >= least) continue;
          least = e;
          best = {.k = k, .metric = metric, .weights = weights, .standardize = standardize};
        }
      }
    }
  }
  return best;
}

}  // namespace

std::string KnnOptions::str() const {
  std::string text = fmt::format("k = {}, {}", k, name_of(metric));
  if (standardize) text += ", standardised";
  if (weights == KnnWeights::distance) text += ", weighted by distance";
  return text;
}

std::vector<int64_t> knn_classes(const Neighbors& found, std::span<const int64_t> labels, int64_t k,
                                 KnnWeights weights) {
  check_neighbors(found, labels.size(), k);
  const int64_t most = labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end());
  for (const int64_t label : labels) LATENT_CHECK(label >= 0, "[knn] labels: not negative, got {}", label);
  const int64_t N = found.index.dim(0), stride = found.index.dim(1);
  std::vector<int64_t> classes(static_cast<size_t>(N));
  parallel_for(N, 256, [&](int64_t begin, int64_t end) {
    std::vector<double> votes(static_cast<size_t>(most) + 1), weight(static_cast<size_t>(k));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t* index = found.index.data<int64_t>() + i * stride;
      weigh(found, i, weights, weight);
      std::fill(votes.begin(), votes.end(), 0.0);
      for (size_t j = 0; j < weight.size(); ++j) {
        votes[static_cast<size_t>(labels[static_cast<size_t>(index[j])])] += weight[j];
      }
      int64_t winner = labels[static_cast<size_t>(index[0])];
      for (size_t j = 1; j < weight.size(); ++j) {  // from the nearest on, so that of equals the nearest wins
        const int64_t label = labels[static_cast<size_t>(index[j])];
        if (votes[static_cast<size_t>(label)] > votes[static_cast<size_t>(winner)]) winner = label;
      }
      classes[static_cast<size_t>(i)] = winner;
    }
  });
  return classes;
}

std::vector<double> knn_values(const Neighbors& found, std::span<const double> values, int64_t k, KnnWeights weights) {
  check_neighbors(found, values.size(), k);
  const int64_t N = found.index.dim(0), stride = found.index.dim(1);
  std::vector<double> means(static_cast<size_t>(N));
  std::vector<double> weight(static_cast<size_t>(k));
  for (int64_t i = 0; i < N; ++i) {
    const int64_t* index = found.index.data<int64_t>() + i * stride;
    weigh(found, i, weights, weight);
    double sum = 0.0;
    for (size_t j = 0; j < weight.size(); ++j) sum += weight[j] * values[static_cast<size_t>(index[j])];
    means[static_cast<size_t>(i)] = sum / std::accumulate(weight.begin(), weight.end(), 0.0);
  }
  return means;
}

Knn::Knn(const Tensor& x, const KnnOptions& options) : options_(options), x_(x) {
  check_rows("knn", x);
  LATENT_CHECK(options.k >= 1 && options.k <= x.dim(0), "[knn] k: expected 1 to {}, got {}", x.dim(0), options.k);
  if (!options.standardize) return;
  const Standardizer standardizer = Standardizer::fit(x);
  mean_ = standardizer.mean;
  scale_ = standardizer.scale;
  x_ = standardizer.apply(x);
}

Neighbors Knn::neighbors_of(const Tensor& x) const {
  const Tensor queries = options_.standardize ? Standardizer{mean_, scale_}.apply(x) : x;
  return nearest(queries, x_, options_.k, options_.metric);
}

std::vector<int64_t> Knn::predict_classes(const Tensor& x, std::span<const int64_t> labels) const {
  return knn_classes(neighbors_of(x), labels, options_.k, options_.weights);
}

std::vector<double> Knn::predict_values(const Tensor& x, std::span<const double> values) const {
  return knn_values(neighbors_of(x), values, options_.k, options_.weights);
}

KnnOptions choose_knn(const Tensor& x, std::span<const int64_t> labels, uint64_t seed) {
  return choose(x, seed, [&](const Neighbors& found, std::span<const int64_t> asked, int64_t k, KnnWeights weights) {
    const std::vector<int64_t> predicted = knn_classes(found, labels, k, weights);
    double wrong = 0.0;
    for (size_t i = 0; i < asked.size(); ++i) {
      wrong += predicted[i] == labels[static_cast<size_t>(asked[i])] ? 0.0 : 1.0;
    }
    return wrong;
  });
}

KnnOptions choose_knn_for_values(const Tensor& x, std::span<const double> values, uint64_t seed) {
  return choose(x, seed, [&](const Neighbors& found, std::span<const int64_t> asked, int64_t k, KnnWeights weights) {
    const std::vector<double> predicted = knn_values(found, values, k, weights);
    double squares = 0.0;
    for (size_t i = 0; i < asked.size(); ++i) {
      const double error = predicted[i] - values[static_cast<size_t>(asked[i])];
      squares += error * error;
    }
    return squares;
  });
}

}  // namespace latent::space
