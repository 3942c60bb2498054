#include <latent/run/clusters/clustering.hpp>

#include <latent/autograd/shaping.hpp>
#include <latent/core/choice.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/text.hpp>
#include <latent/space/clusters/kmeans.hpp>
#include <latent/space/metrics/scores.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

namespace latent {

namespace {

constexpr std::array kClusterMethods = {Choice<ClusterMethod>{"kmeans", ClusterMethod::kmeans},
                                        Choice<ClusterMethod>{"gmm", ClusterMethod::gmm}};

Clustering by_kmeans(const Tensor& z, const ClusterOptions& options, int64_t k, bool& converged) {
  const space::Kmeans fit = space::fit_kmeans(z, {.k = k, .restarts = options.restarts, .seed = options.seed});
  converged = fit.converged;
  return {.centers = fit.centers,
          .clusters = fit.clusters,
          .sizes = fit.sizes,
          .values = fit.distances,
          .value_name = "distance",
          .rank = fit.distances,
          .bic = space::kmeans_bic(fit, z.dim(1)),
          .inertia = fit.inertia,
          .iterations = fit.iterations};
}

// Each sample belongs to its most probable component.
Clustering by_mixture(const Tensor& z, const space::MixtureOptions& options, bool& converged) {
  const space::Mixture fit = space::fit_mixture(z, options);
  converged = fit.converged;
  const int64_t k = fit.size(), D = z.dim(1);
  const Tensor joint = fit.log_joint(z), shares = fit.responsibilities(z);
  Clustering result{.centers = fit.means,
                    .value_name = "probability",
                    .bic = fit.bic(z.dim(0)),
                    .log_likelihood = fit.log_likelihood,
                    .covariance = options.covariance,
                    .iterations = fit.iterations};
  result.sizes.assign(static_cast<size_t>(k), 0);
  for (int64_t i = 0; i < z.dim(0); ++i) {
    const double* row = shares.data<double>() + i * k;
    const int64_t c = std::max_element(row, row + k) - row;
    result.clusters.push_back(c);
    ++result.sizes[static_cast<size_t>(c)];
    result.values.push_back(row[c]);
    result.rank.push_back(-joint.data<double>()[i * k + c]);
  }
  result.weights = Tensor::from(fit.weights, {k});
  result.covariances = Tensor::from(fit.variances, space::is_square(fit.covariance) ? Shape{k, D, D} : Shape{k, D});
  return result;
}

void sort_by_size(Clustering& clustering) {
  std::vector<int64_t> from(clustering.sizes.size());
  std::iota(from.begin(), from.end(), int64_t{0});
  std::stable_sort(from.begin(), from.end(), [&](int64_t a, int64_t b) {
    return clustering.sizes[static_cast<size_t>(a)] > clustering.sizes[static_cast<size_t>(b)];
  });
  std::vector<int64_t> to(from.size());
  const std::vector<int64_t> sizes = clustering.sizes;
  for (size_t c = 0; c < from.size(); ++c) {
    to[static_cast<size_t>(from[c])] = static_cast<int64_t>(c);
    clustering.sizes[c] = sizes[static_cast<size_t>(from[c])];
  }
  for (int64_t& cluster : clustering.clusters) cluster = to[static_cast<size_t>(cluster)];
  for (Tensor* rows : {&clustering.centers, &clustering.weights, &clustering.covariances}) {
    if (rows->defined()) *rows = gather_rows(*rows, from);
  }
}

std::optional<double> silhouette_of(const Tensor& z, const std::vector<int64_t>& clusters, uint64_t seed) {
  constexpr int64_t kMostCompared = 5'000;
  constexpr uint64_t kStream = 0x73696c686f75;  // "silhou"
  std::vector<int64_t> rows = Rng(seed).fork(kStream).permutation(z.dim(0));
  rows.resize(static_cast<size_t>(std::min(kMostCompared, z.dim(0))));
  std::vector<int64_t> of_rows;
  for (const int64_t row : rows) of_rows.push_back(clusters[static_cast<size_t>(row)]);
  const auto count = std::set<int64_t>(of_rows.begin(), of_rows.end()).size();
  if (count < 2 || count >= rows.size()) return std::nullopt;
  return space::silhouette(gather_rows(z, rows), of_rows);
}

}  // namespace

ClusterMethod cluster_method_from(std::string_view name) { return choose("method", name, kClusterMethods); }

Clustering cluster_codes(const Tensor& z, const ClusterOptions& options) {
  std::optional<space::ClusterCount> count;
  std::vector<Remark> remarks;
  if (options.k == 0) {
    count = space::count_clusters(z, {.most = options.k_max, .restarts = options.restarts, .seed = options.seed},
                                  options.progress);
    if (count->k == options.k_max && options.k_max > 1) {
      remarks.push_back({fmt::format("the ICL still falls at {}, the most that were tried; more with --k-max",
                                     counted(count->k, "cluster")),
                         true});
    }
  }
  const int64_t k = count ? count->k : options.k;
  bool converged = false;
  Clustering found;
  if (options.method == ClusterMethod::kmeans) {
    found = by_kmeans(z, options, k, converged);
  } else {
    space::MixtureOptions mixture{.k = k, .restarts = options.restarts, .seed = options.seed};
    if (count) mixture.covariance = count->covariance;
    if (options.covariance) mixture.covariance = *options.covariance;
    found = by_mixture(z, mixture, converged);
  }
  sort_by_size(found);
  const auto empty = std::count(found.sizes.begin(), found.sizes.end(), 0);
  if (empty > 0) remarks.push_back({fmt::format("{} empty: codes coincide", counted(empty, "cluster")), true});
  if (!converged) remarks.push_back({"the best run stopped before it had settled", true});
  found.count = std::move(count);
  found.remarks = std::move(remarks);
  return found;
}

ClusterScores score_clusters(const Tensor& z, const Clustering& clustering, std::span<const int64_t> labels,
                             uint64_t seed) {
  ClusterScores scores{.silhouette = silhouette_of(z, clustering.clusters, seed)};
  if (labels.empty()) return scores;
  scores.adjusted_rand_index = space::adjusted_rand_index(labels, clustering.clusters);
  scores.normalized_mutual_information = space::normalized_mutual_information(labels, clustering.clusters);
  return scores;
}

std::vector<CommonClass> common_classes(const Clustering& clustering, const data::Dataset& samples) {
  const std::span<const int64_t> labels = samples.labels();
  std::vector<CommonClass> common(clustering.sizes.size());
  const size_t classes = samples.class_names().size();
  std::vector<int64_t> counts(clustering.sizes.size() * classes, 0);
  for (size_t i = 0; i < labels.size(); ++i) {
    ++counts[static_cast<size_t>(clustering.clusters[i]) * classes + static_cast<size_t>(labels[i])];
  }
  for (size_t c = 0; c < common.size() && classes > 0; ++c) {
    const auto begin = counts.begin() + static_cast<ptrdiff_t>(c * classes);
    const auto most = std::max_element(begin, begin + static_cast<ptrdiff_t>(classes));
    if (*most > 0) common[c] = {.label = most - begin, .count = *most};
  }
  return common;
}

}  // namespace latent
