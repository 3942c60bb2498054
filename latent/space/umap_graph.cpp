#include <latent/space/umap_graph.hpp>

#include <latent/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace latent::space {

namespace {

constexpr int64_t kGrain = 256;

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
  double low = 0.0, high = std::numeric_limits<double>::infinity(), sigma = 1.0;
  for (int i = 0; i < kMostHalvings; ++i) {
    const double sum = memberships(distance, k, rho, sigma);
    if (std::abs(sum - target) < kTolerance) break;
    (sum > target ? high : low) = sigma;
    sigma = std::isinf(high) ? 2.0 * sigma : 0.5 * (low + high);
  }
  return sigma;
}

// Directed memberships: p of each row's neighbours, in the order of the neighbours' numbers.
struct Directed {
  std::vector<int64_t> first;
  std::vector<int32_t> neighbor;
  std::vector<float> weight;
};

Directed directed_memberships(const Neighbors& neighbors) {
  const int64_t N = neighbors.index.dim(0), k = neighbors.index.dim(1);
  const SmoothScales scales = smooth_scales(neighbors.distance);
  const auto entries = static_cast<size_t>(N * k);
  Directed p{std::vector<int64_t>(static_cast<size_t>(N) + 1), std::vector<int32_t>(entries),
             std::vector<float>(entries)};
  for (int64_t i = 0; i <= N; ++i) p.first[static_cast<size_t>(i)] = i * k;
  parallel_for(N, kGrain, [&](int64_t begin, int64_t end) {
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
        for (; at > i * k && p.neighbor[static_cast<size_t>(at - 1)] > neighbor; --at) {
          p.neighbor[static_cast<size_t>(at)] = p.neighbor[static_cast<size_t>(at - 1)];
          p.weight[static_cast<size_t>(at)] = p.weight[static_cast<size_t>(at - 1)];
        }
        p.neighbor[static_cast<size_t>(at)] = neighbor;
        p.weight[static_cast<size_t>(at)] = weight;
      }
    }
  });
  return p;
}

Directed transposed(const Directed& p) {
  const size_t N = p.first.size() - 1;
  Directed q{std::vector<int64_t>(N + 1), std::vector<int32_t>(p.neighbor.size()), std::vector<float>(p.weight.size())};
  for (const int32_t j : p.neighbor) ++q.first[static_cast<size_t>(j) + 1];
  for (size_t i = 0; i < N; ++i) q.first[i + 1] += q.first[i];
  std::vector<int64_t> next(q.first.begin(), q.first.end() - 1);
  for (size_t i = 0; i < N; ++i) {
    for (auto e = static_cast<size_t>(p.first[i]); e < static_cast<size_t>(p.first[i + 1]); ++e) {
      const auto at = static_cast<size_t>(next[static_cast<size_t>(p.neighbor[e])]++);
      q.neighbor[at] = static_cast<int32_t>(i);
      q.weight[at] = p.weight[e];
    }
  }
  return q;
}

// Calls each(neighbour, p, q) for the neighbours that row i has in either direction, ascending; 0 where it has none.
template <class Each>
void merge_row(const Directed& p, const Directed& q, size_t i, const Each& each) {
  auto a = static_cast<size_t>(p.first[i]), b = static_cast<size_t>(q.first[i]);
  const auto a_end = static_cast<size_t>(p.first[i + 1]), b_end = static_cast<size_t>(q.first[i + 1]);
  constexpr int32_t kNone = std::numeric_limits<int32_t>::max();
  while (a < a_end || b < b_end) {
    const int32_t from_p = a < a_end ? p.neighbor[a] : kNone, from_q = b < b_end ? q.neighbor[b] : kNone;
    const int32_t neighbor = std::min(from_p, from_q);
    const float weight_p = from_p == neighbor ? p.weight[a++] : 0.0f;
    const float weight_q = from_q == neighbor ? q.weight[b++] : 0.0f;
    each(neighbor, weight_p, weight_q);
  }
}

}  // namespace

SmoothScales smooth_scales(const Tensor& distance) {
  constexpr double kLeastShare = 1e-3;
  const int64_t N = distance.dim(0), k = distance.dim(1);
  const double target = std::log2(static_cast<double>(k + 1));
  SmoothScales scales{std::vector<double>(static_cast<size_t>(N)), std::vector<double>(static_cast<size_t>(N))};
  std::vector<double> means(static_cast<size_t>(N));  // umap-learn counts the distance 0 to the row itself
  parallel_for(N, kGrain, [&](int64_t begin, int64_t end) {
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
  constexpr double kLeast = 1e-30;  // where all distances are 0
  const int64_t M = distance.dim(0), k = distance.dim(1);
  std::vector<double> sigma(static_cast<size_t>(M));
  parallel_for(M, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const double found = find_sigma(distance.data<float>() + i * k, k, 0.0, std::log2(static_cast<double>(k)));
      sigma[static_cast<size_t>(i)] = std::max(found, kLeast);
    }
  });
  return sigma;
}

Graph fuzzy_union(const Neighbors& neighbors) {
  const Directed p = directed_memberships(neighbors), q = transposed(p);
  const int64_t N = neighbors.index.dim(0);
  Graph graph;
  graph.first.assign(static_cast<size_t>(N) + 1, 0);
  // A membership so small that it is 0 in f32 is no entry.
  parallel_for(N, kGrain, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      merge_row(p, q, i, [&](int32_t, float pw, float qw) { graph.first[i + 1] += pw > 0.0f || qw > 0.0f ? 1 : 0; });
    }
  });
  for (size_t i = 0; i < static_cast<size_t>(N); ++i) graph.first[i + 1] += graph.first[i];
  graph.neighbor.resize(static_cast<size_t>(graph.first.back()));
  graph.weight.resize(graph.neighbor.size());
  parallel_for(N, kGrain, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      auto at = static_cast<size_t>(graph.first[i]);
      merge_row(p, q, i, [&](int32_t neighbor, float pw, float qw) {
        if (pw <= 0.0f && qw <= 0.0f) return;
        graph.neighbor[at] = neighbor;
        graph.weight[at++] = pw + qw - pw * qw;
      });
    }
  });
  return graph;
}

int64_t connected_components(const Graph& graph, std::vector<int32_t>& component) {
  component.assign(static_cast<size_t>(graph.size()), -1);
  int32_t count = 0;
  std::vector<int32_t> open;
  for (size_t start = 0; start < component.size(); ++start) {
    if (component[start] >= 0) continue;
    component[start] = count;
    open.assign(1, static_cast<int32_t>(start));
    while (!open.empty()) {
      const auto i = static_cast<size_t>(open.back());
      open.pop_back();
      for (auto e = static_cast<size_t>(graph.first[i]); e < static_cast<size_t>(graph.first[i + 1]); ++e) {
        const auto j = static_cast<size_t>(graph.neighbor[e]);
        if (component[j] >= 0) continue;
        component[j] = count;
        open.push_back(graph.neighbor[e]);
      }
    }
    ++count;
  }
  return count;
}

}  // namespace latent::space
