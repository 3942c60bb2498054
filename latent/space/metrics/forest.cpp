#include <latent/space/metrics/forest.hpp>

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace latent::space {

namespace {

constexpr size_t kMostBins = 64;

// The columns of x as numbers of bins, whose upper edges are values of the column.
struct Binned {
  std::vector<std::vector<float>> edges;  // of each column: bin b holds values in (edges[b - 1], edges[b]]
  std::vector<uint8_t> bins;              // (N, D)

  explicit Binned(const Tensor& x) : edges(static_cast<size_t>(x.dim(1))), bins(static_cast<size_t>(x.numel())) {
    const auto N = static_cast<size_t>(x.dim(0)), D = static_cast<size_t>(x.dim(1));
    const float* values = x.data<float>();
    parallel_for(x.dim(1), 1, [&](int64_t begin, int64_t end) {
      std::vector<float> column(N);
      for (auto d = static_cast<size_t>(begin); d < static_cast<size_t>(end); ++d) {
        for (size_t n = 0; n < N; ++n) column[n] = values[n * D + d];
        std::ranges::sort(column);
        for (size_t b = 1; b <= kMostBins; ++b) {
          const float edge = column[b * N / kMostBins - (b * N >= kMostBins ? 1 : 0)];
          if (edges[d].empty() || edge > edges[d].back()) edges[d].push_back(edge);
        }
        for (size_t n = 0; n < N; ++n) {
          const auto bin = std::ranges::lower_bound(edges[d], values[n * D + d]) - edges[d].begin();
          bins[n * D + d] = static_cast<uint8_t>(std::min<size_t>(static_cast<size_t>(bin), edges[d].size() - 1));
        }
      }
    });
  }
};

}  // namespace

// Grows one tree.
struct Forest::Grower {
  const Binned& x;
  std::span<const double> targets;
  size_t D, C;
  const ForestOptions& options;
  Tree tree = {};
  std::vector<double> gains = std::vector<double>(D, 0.0);
  std::vector<size_t> rows = {};  // of the sample, those of a node together

  struct Split {
    double gain = 0.0;
    size_t column = 0, bin = 0;
  };

  // What a split leaves less of the sum of squares about the mean: sum over outputs of
  // (sum left)^2 / n left + (sum right)^2 / n right - (sum)^2 / n.
  Split best_split(size_t begin, size_t end, std::span<const double> total) const {
    Split best;
    std::vector<double> counts(kMostBins), sums(kMostBins * C), left(C);
    const auto n = static_cast<double>(end - begin), least = static_cast<double>(options.least_samples);
    for (size_t d = 0; d < D; ++d) {
      const size_t bins = x.edges[d].size();
      std::fill_n(counts.begin(), bins, 0.0);
      std::fill_n(sums.begin(), bins * C, 0.0);
      for (size_t i = begin; i < end; ++i) {
        const size_t bin = x.bins[rows[i] * D + d];
        counts[bin] += 1.0;
        for (size_t c = 0; c < C; ++c) sums[bin * C + c] += targets[rows[i] * C + c];
      }
      std::ranges::fill(left, 0.0);
      double on_left = 0.0;
      for (size_t bin = 0; bin + 1 < bins; ++bin) {
        on_left += counts[bin];
        double gain = 0.0;
        const bool fits = on_left >= least && n - on_left >= least;
        for (size_t c = 0; c < C; ++c) {
          left[c] += sums[bin * C + c];
          const double right = total[c] - left[c];
          if (fits) gain += left[c] * left[c] / on_left + right * right / (n - on_left) - total[c] * total[c] / n;
        }
        if (gain > best.gain) best = {gain, d, bin};
      }
    }
    return best;
  }

  int64_t grow(size_t begin, size_t end, int64_t depth) {
    const auto place = static_cast<int64_t>(tree.nodes.size());
    tree.nodes.emplace_back();
    std::vector<double> total(C, 0.0);
    double squares = 0.0;
    for (size_t i = begin; i < end; ++i) {
      for (size_t c = 0; c < C; ++c) {
        total[c] += targets[rows[i] * C + c];
        squares += targets[rows[i] * C + c] * targets[rows[i] * C + c];
      }
    }
    for (const double sum : total) tree.values.push_back(sum / static_cast<double>(end - begin));
    if (depth == 0 || static_cast<int64_t>(end - begin) < 2 * options.least_samples) return place;
    const Split split = best_split(begin, end, total);
    constexpr double kRounding = 1e-12;
    if (split.gain <= kRounding * squares) return place;

    gains[split.column] += split.gain;
    const auto middle = std::partition(rows.begin() + static_cast<std::ptrdiff_t>(begin),
                                       rows.begin() + static_cast<std::ptrdiff_t>(end),
                                       [&](size_t row) { return x.bins[row * D + split.column] <= split.bin; });
    const auto at = static_cast<size_t>(middle - rows.begin());
    const int64_t left = grow(begin, at, depth - 1), right = grow(at, end, depth - 1);
    tree.nodes[static_cast<size_t>(place)] = {static_cast<int64_t>(split.column), x.edges[split.column][split.bin],
                                              left, right};
    return place;
  }
};

Forest::Forest(const Tensor& x, std::span<const double> targets, int64_t outputs, const ForestOptions& options)
    : columns_(x.ndim() == 2 ? x.dim(1) : 0), outputs_(outputs), importance_(static_cast<size_t>(columns_), 0.0) {
  LATENT_CHECK(x.ndim() == 2 && x.dim(0) >= 2 && x.dtype() == DType::f32 && outputs >= 1 &&
                   static_cast<int64_t>(targets.size()) == x.dim(0) * outputs,
               "[forest] x (N, D) f32 with N >= 2 and N x {} targets expected, got {} {} and {}", outputs,
               x.shape().str(), name_of(x.dtype()), targets.size());
  LATENT_CHECK(options.trees >= 1 && options.depth >= 1 && options.least_samples >= 1,
               "[forest] trees, depth and least_samples: at least 1, got {}, {} and {}", options.trees, options.depth,
               options.least_samples);
  const Binned binned(x);
  const auto N = static_cast<uint64_t>(x.dim(0));
  std::vector<std::vector<double>> gains(static_cast<size_t>(options.trees));
  trees_.resize(gains.size());
  parallel_for(options.trees, 1, [&](int64_t begin, int64_t end) {
    for (auto t = static_cast<size_t>(begin); t < static_cast<size_t>(end); ++t) {
      Grower grower{binned, targets, static_cast<size_t>(columns_), static_cast<size_t>(outputs), options};
      Rng rng = Rng(options.seed).fork(t);
      for (uint64_t n = 0; n < N; ++n) grower.rows.push_back(static_cast<size_t>(rng.below(N)));
      grower.grow(0, grower.rows.size(), options.depth);
      trees_[t] = std::move(grower.tree);
      gains[t] = std::move(grower.gains);
    }
  });
  for (const std::vector<double>& of_tree : gains) {
    for (size_t d = 0; d < of_tree.size(); ++d) importance_[d] += of_tree[d];
  }
  const double total = std::accumulate(importance_.begin(), importance_.end(), 0.0);
  if (total > 0.0) {
    for (double& share : importance_) share /= total;
  }
}

std::vector<double> Forest::predict(const Tensor& x) const {
  LATENT_CHECK(x.ndim() == 2 && x.dim(1) == columns_ && x.dtype() == DType::f32,
               "[forest] x (N, {}) f32 expected, got {} {}", columns_, x.shape().str(), name_of(x.dtype()));
  const auto C = static_cast<size_t>(outputs_);
  std::vector<double> result(static_cast<size_t>(x.dim(0)) * C, 0.0);
  const float* row = x.data<float>();
  for (size_t n = 0; n < static_cast<size_t>(x.dim(0)); ++n, row += columns_) {
    for (const Tree& tree : trees_) {
      size_t node = 0;
      while (tree.nodes[node].column >= 0) {
        const Node& at = tree.nodes[node];
        node = static_cast<size_t>(row[at.column] <= at.threshold ? at.left : at.right);
      }
      for (size_t c = 0; c < C; ++c) {
        result[n * C + c] += tree.values[node * C + c] / static_cast<double>(trees_.size());
      }
    }
  }
  return result;
}

}  // namespace latent::space
