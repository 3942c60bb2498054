#include <latent/space/maps/umap_graph.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent::space {

namespace {

constexpr int64_t kGraphGrain = 256;

// sum over j of exp(-max(0, d_j - rho) / sigma)
double memberships(const float* distance, int64_t k, double rho, double sigma) {
  double sum = 0.0;
  for (int64_t j = 0; j < k; ++j) {
    const double beyond = distance[j] - rho;
    sum += beyond > 0.0 ? std::exp(-beyond / sigma) : 1.0;
  }
  return sum;
}

double find_sigma(const float* distance, int64_t k, double rho, double target) {
  constexpr int kMostHalvings = 64;
  constexpr double kTolerance = 1e-5;
  // From the scale of the row, so that the search gets there whatever the unit of the codes.
  double mean = 0.0;
  for (int64_t j = 0; j < k; ++j) mean += distance[j] / static_cast<double>(k);
  double low = 0.0, high = std::numeric_limits<double>::infinity(), sigma = mean > 0.0 ? mean : 1.0;
  for (int i = 0; i < kMostHalvings; ++i) {
    const double sum = memberships(distance, k, rho, sigma);
    if (std::abs(sum - target) < kTolerance) break;
    (sum > target ? high : low) = sigma;
    sigma = std::isinf(high) ? 2.0 * sigma : 0.5 * (low + high);
  }
  return sigma;
}

// Directed memberships: p of each row's neighbours, in the order of the neighbours' numbers.
SparseMatrix directed_memberships(const Neighbors& neighbors) {
  const int64_t N = neighbors.index.dim(0), k = neighbors.index.dim(1);
  const SmoothScales scales = smooth_scales(neighbors.distance);
  std::vector<int64_t> row_begin(static_cast<size_t>(N) + 1);
  for (int64_t i = 0; i <= N; ++i) row_begin[static_cast<size_t>(i)] = i * k;
  SparseMatrix p = SparseMatrix::with_rows(std::move(row_begin));
  parallel_for(N, kGraphGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const double rho = scales.rho[static_cast<size_t>(i)], sigma = scales.sigma[static_cast<size_t>(i)];
      const int64_t* index = neighbors.index.data<int64_t>() + i * k;
      const float* distance = neighbors.distance.data<float>() + i * k;
      for (int64_t j = 0; j < k; ++j) {
        // By insertion: k is small, and an order of its own would need memory.
        const double beyond = distance[j] - rho;
        const auto weight = static_cast<float>(beyond <= 0.0 || sigma == 0.0 ? 1.0 : std::exp(-beyond / sigma));
        const auto neighbor = static_cast<int32_t>(index[j]);
        int64_t at = i * k + j;
        for (; at > i * k && p.column[static_cast<size_t>(at - 1)] > neighbor; --at) {
          p.column[static_cast<size_t>(at)] = p.column[static_cast<size_t>(at - 1)];
          p.value[static_cast<size_t>(at)] = p.value[static_cast<size_t>(at - 1)];
        }
        p.column[static_cast<size_t>(at)] = neighbor;
        p.value[static_cast<size_t>(at)] = weight;
      }
    }
  });
  return p;
}

}  // namespace

SmoothScales smooth_scales(const Tensor& distance) {
  constexpr double kLeastShare = 1e-3;
  const int64_t N = distance.dim(0), k = distance.dim(1);
  const double target = std::log2(static_cast<double>(k + 1));
  SmoothScales scales{std::vector<double>(static_cast<size_t>(N)), std::vector<double>(static_cast<size_t>(N))};
  std::vector<double> means(static_cast<size_t>(N));  // umap-learn counts the distance 0 to the row itself
  parallel_for(N, kGraphGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* row = distance.data<float>() + i * k;
      double sum = 0.0, rho = 0.0;
      for (int64_t j = 0; j < k; ++j) {
        sum += row[j];
        if (rho == 0.0) rho = row[j];
      }
      const auto at = static_cast<size_t>(i);
      means[at] = sum / static_cast<double>(k + 1);
      scales.rho[at] = rho;
      scales.sigma[at] = find_sigma(row, k, rho, target);
    }
  });
  double mean = 0.0;
  for (const double one : means) mean += one / static_cast<double>(N);
  for (size_t i = 0; i < means.size(); ++i) {
    scales.sigma[i] = std::max(scales.sigma[i], kLeastShare * (scales.rho[i] > 0.0 ? means[i] : mean));
  }
  return scales;
}

std::vector<double> transform_scales(const Tensor& distance) {
  const int64_t M = distance.dim(0), k = distance.dim(1);
  std::vector<double> sigma(static_cast<size_t>(M));
  parallel_for(M, kGraphGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      sigma[static_cast<size_t>(i)] =
          find_sigma(distance.data<float>() + i * k, k, 0.0, std::log2(static_cast<double>(k)));
    }
  });
  return sigma;
}

Graph fuzzy_union(const Neighbors& neighbors) {
  const SparseMatrix p = directed_memberships(neighbors);
  return combined(p, transposed(p), [](float one, float other) { return one + other - one * other; });
}

int64_t connected_components(const Graph& graph, std::vector<int32_t>& component) {
  component.assign(static_cast<size_t>(graph.rows()), -1);
  int32_t count = 0;
  std::vector<int32_t> open;
  for (size_t start = 0; start < component.size(); ++start) {
    if (component[start] >= 0) continue;
    component[start] = count;
    open.assign(1, static_cast<int32_t>(start));
    while (!open.empty()) {
      const auto i = static_cast<size_t>(open.back());
      open.pop_back();
      for (auto e = static_cast<size_t>(graph.begin[i]); e < static_cast<size_t>(graph.begin[i + 1]); ++e) {
        const auto j = static_cast<size_t>(graph.column[e]);
        if (component[j] >= 0) continue;
        component[j] = count;
        open.push_back(graph.column[e]);
      }
    }
    ++count;
  }
  return count;
}

}  // namespace latent::space
