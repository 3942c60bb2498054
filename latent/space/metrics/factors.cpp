#include <latent/space/metrics/factors.hpp>

#include <latent/core/rng.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/metrics/forest.hpp>
#include <latent/space/metrics/scores.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace latent::space {

namespace {

constexpr size_t kBins = 20, kMostDistinct = 100;

void check(const char* function, const Tensor& codes, std::span<const Factor> factors, int64_t least) {
  LATENT_CHECK(codes.ndim() == 2 && codes.dim(0) >= least && codes.dim(1) >= 1 && codes.dtype() == DType::f32,
               "[{}] codes (N, D) f32 with N >= {} expected, got {} {}", function, least, codes.shape().str(),
               name_of(codes.dtype()));
  LATENT_CHECK(std::ranges::all_of(codes.span<float>(), [](float z) { return std::isfinite(z); }),
               "[{}] codes must be finite", function);
  bool varies = false;
  for (const Factor& factor : factors) {
    LATENT_CHECK(static_cast<int64_t>(factor.values.size()) == codes.dim(0), "[{}] factor '{}': {} values for {} codes",
                 function, factor.name, factor.values.size(), codes.dim(0));
    varies = varies || std::ranges::adjacent_find(factor.values, std::not_equal_to<>()) != factor.values.end();
  }
  LATENT_CHECK(varies, "[{}] no factor varies", function);
}

std::vector<double> distinct(std::vector<double> values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());  // Clang 14 cannot compile std::ranges::unique
  return values;
}

// Numbers of bins of equal width.
std::vector<size_t> in_bins(std::span<const double> values) {
  const auto [low, high] = std::ranges::minmax(values);
  std::vector<size_t> bins;
  bins.reserve(values.size());
  for (const double value : values) {
    const double place = high > low ? (value - low) / (high - low) : 0.0;
    bins.push_back(std::min(static_cast<size_t>(place * static_cast<double>(kBins)), kBins - 1));
  }
  return bins;
}

// Numbers of classes: the distinct values, in their order.
std::vector<size_t> as_classes(std::span<const double> values, const std::vector<double>& levels) {
  std::vector<size_t> classes;
  classes.reserve(values.size());
  for (const double value : values) {
    classes.push_back(static_cast<size_t>(std::ranges::lower_bound(levels, value) - levels.begin()));
  }
  return classes;
}

std::vector<size_t> levels_of(const Factor& factor) {
  const std::vector<double> levels = distinct(factor.values);
  return levels.size() <= kMostDistinct ? as_classes(factor.values, levels) : in_bins(factor.values);
}

std::vector<double> column(const Tensor& codes, int64_t d) {
  std::vector<double> values;
  values.reserve(static_cast<size_t>(codes.dim(0)));
  for (int64_t n = 0; n < codes.dim(0); ++n) {
    values.push_back(static_cast<double>(codes.data<float>()[n * codes.dim(1) + d]));
  }
  return values;
}

double entropy(std::span<const double> counts) {
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  double sum = 0.0;
  for (const double count : counts) {
    if (count > 0.0) sum -= count / total * std::log(count / total);
  }
  return sum;
}

std::vector<double> counts_of(std::span<const size_t> classes) {
  std::vector<double> counts(std::ranges::max(classes) + 1, 0.0);
  for (const size_t c : classes) counts[c] += 1.0;
  return counts;
}

// I(a; b) = H(a) + H(b) - H(a, b).
double mutual_information(std::span<const size_t> a, std::span<const size_t> b) {
  const size_t width = std::ranges::max(b) + 1;
  std::vector<size_t> both(a.size());
  for (size_t i = 0; i < a.size(); ++i) both[i] = a[i] * width + b[i];
  return entropy(counts_of(a)) + entropy(counts_of(b)) - entropy(counts_of(both));
}

// 1 - entropy of the shares over its largest value; 0 for nothing. One share alone is all there can be: 1.
double concentration(std::span<const double> weights) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (!(total > 0.0)) return 0.0;
  return weights.size() == 1 ? 1.0 : 1.0 - entropy(weights) / std::log(static_cast<double>(weights.size()));
}

// What a forest is to predict of some samples: a number each, or a one-hot row.
struct Targets {
  int64_t outputs = 1;
  std::vector<double> values;
  std::vector<int64_t> classes;  // empty for numbers
};
Targets targets_of(const Factor& factor, std::span<const int64_t> rows) {
  Targets targets;
  if (!factor.is_class) {
    for (const int64_t row : rows) targets.values.push_back(factor.values[static_cast<size_t>(row)]);
    return targets;
  }
  const std::vector<double> levels = distinct(factor.values);
  targets.outputs = static_cast<int64_t>(levels.size());
  const std::vector<size_t> classes = as_classes(factor.values, levels);
  for (const int64_t row : rows) {
    targets.classes.push_back(static_cast<int64_t>(classes[static_cast<size_t>(row)]));
    for (size_t c = 0; c < levels.size(); ++c) targets.values.push_back(c == classes[static_cast<size_t>(row)] ? 1 : 0);
  }
  return targets;
}

double score(const Targets& truth, const std::vector<double>& predicted) {
  if (truth.classes.empty()) return r_squared(truth.values, predicted);
  std::vector<int64_t> classes;
  for (size_t i = 0; i < truth.classes.size(); ++i) {
    const auto first = predicted.begin() + static_cast<std::ptrdiff_t>(i) * truth.outputs;
    classes.push_back(std::max_element(first, first + truth.outputs) - first);
  }
  return accuracy(truth.classes, classes);
}

}  // namespace

double mutual_information_gap(const Tensor& codes, std::span<const Factor> factors) {
  check("mutual_information_gap", codes, factors, 1);
  std::vector<std::vector<size_t>> of_dims;
  for (int64_t d = 0; d < codes.dim(1); ++d) of_dims.push_back(in_bins(column(codes, d)));
  double sum = 0.0, varying = 0.0;
  for (const Factor& factor : factors) {
    const std::vector<size_t> levels = levels_of(factor);
    const double of_factor = entropy(counts_of(levels));
    if (of_factor <= 0.0) continue;
    double first = 0.0, second = 0.0;
    for (const std::vector<size_t>& dim : of_dims) {
      const double information = mutual_information(dim, levels);
      second = std::max(second, std::min(first, information));
      first = std::max(first, information);
    }
    sum += (first - second) / of_factor;
    varying += 1.0;
  }
  return sum / varying;
}

Dci dci_of_importance(const Tensor& importance) {
  LATENT_CHECK(importance.ndim() == 2 && importance.dtype() == DType::f64 && importance.numel() > 0,
               "[dci] importance (D, K) f64 expected, got {} {}", importance.shape().str(),
               name_of(importance.dtype()));
  const std::span<const double> R = importance.span<double>();
  LATENT_CHECK(std::ranges::all_of(R, [](double r) { return r >= 0.0 && std::isfinite(r); }),
               "[dci] importance must be finite and not negative");
  const auto D = static_cast<size_t>(importance.dim(0)), K = static_cast<size_t>(importance.dim(1));
  const double total = std::accumulate(R.begin(), R.end(), 0.0);
  Dci scores;
  for (size_t d = 0; d < D; ++d) {
    const std::span<const double> row = R.subspan(d * K, K);
    const double share = total > 0.0 ? std::accumulate(row.begin(), row.end(), 0.0) / total : 0.0;
    scores.disentanglement += share * concentration(row);
  }
  for (size_t k = 0; k < K; ++k) {
    std::vector<double> of_factor(D);
    for (size_t d = 0; d < D; ++d) of_factor[d] = R[d * K + k];
    scores.completeness += concentration(of_factor) / static_cast<double>(K);
  }
  return scores;
}

DciResult dci(const Tensor& codes, std::span<const Factor> factors, const DciOptions& options) {
  check("dci", codes, factors, 4);
  LATENT_CHECK(options.most_samples >= 4, "[dci] most_samples: at least 4, got {}", options.most_samples);
  std::vector<int64_t> order = Rng(options.seed).permutation(codes.dim(0));
  order.resize(static_cast<size_t>(std::min(codes.dim(0), options.most_samples)));
  const std::span<const int64_t> all(order);
  const std::span<const int64_t> fitted = all.first(all.size() / 2), judged = all.subspan(all.size() / 2);
  const Tensor x = rows_at(codes, fitted), held_out = rows_at(codes, judged);

  DciResult result;
  std::vector<std::vector<double>> columns;
  for (const Factor& factor : factors) {
    const Targets targets = targets_of(factor, fitted);
    if (distinct(targets.values).size() < 2) {
      result.informativeness.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const Forest forest(x, targets.values, targets.outputs, {.seed = options.seed});
    columns.push_back(forest.importance());
    result.informativeness.push_back(score(targets_of(factor, judged), forest.predict(held_out)));
  }
  const auto K = static_cast<int64_t>(columns.size());
  LATENT_CHECK(K > 0, "[dci] no factor varies in the samples looked at");
  result.importance = Tensor::empty({codes.dim(1), K}, DType::f64);
  for (int64_t k = 0; k < K; ++k) {
    for (int64_t d = 0; d < codes.dim(1); ++d) {
      result.importance.data<double>()[d * K + k] = columns[static_cast<size_t>(k)][static_cast<size_t>(d)];
    }
  }
  result.scores = dci_of_importance(result.importance);
  for (const double value : result.informativeness) {
    if (!std::isnan(value)) result.scores.informativeness += value / static_cast<double>(K);
  }
  return result;
}

}  // namespace latent::space
