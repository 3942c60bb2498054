#include <latent/run/neighbors/finding.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/error.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/neighbors/detail/neighbor_labels.hpp>
#include <latent/space/neighbors/posterior_neighbors.hpp>
#include <latent/space/neighbors/retrieval.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace latent {

namespace {

constexpr std::array kNeighborMetrics = {Choice<NeighborMetric>{"euclidean", NeighborMetric::euclidean},
                                         Choice<NeighborMetric>{"cosine", NeighborMetric::cosine},
                                         Choice<NeighborMetric>{"kl", NeighborMetric::kl},
                                         Choice<NeighborMetric>{"wasserstein", NeighborMetric::wasserstein}};

// Codes, or raw values, whose standard deviations are undefined.
Codes compared(const Run& run, const data::Dataset& samples, const NeighborOptions& options) {
  if (options.space == SampleSpace::data) return {values_of(samples), {}};
  Codes codes = encode_samples(*run.model, samples, Draw::mean, 0);
  const std::span<const float> stddev = codes.stddev.span<float>();
  if (options.metric == NeighborMetric::kl && std::ranges::any_of(stddev, [](float s) { return s <= 0.0F; })) {
    throw UsageError(
        fmt::format("{}: the codes of this model are points, between which kl is infinite", run.path.string()),
        "Use --metric euclidean or wasserstein.");
  }
  return codes;
}

// Drops from each row of k + 1 neighbours the query itself, or the last one where it is not among them (of many equal
// samples, those with smaller numbers come first).
space::Neighbors without_self(const space::Neighbors& all, const std::vector<int64_t>& self) {
  const auto N = static_cast<int64_t>(self.size()), k = all.index.dim(1) - 1;
  space::Neighbors others{.index = Tensor::empty({N, k}, DType::i64), .distance = Tensor::empty({N, k})};
  for (int64_t i = 0; i < N; ++i) {
    int64_t to = i * k;
    for (int64_t at = i * (k + 1); to < (i + 1) * k; ++at) {
      if (all.index.data<int64_t>()[at] == self[static_cast<size_t>(i)]) continue;
      others.index.data<int64_t>()[to] = all.index.data<int64_t>()[at];
      others.distance.data<float>()[to++] = all.distance.data<float>()[at];
    }
  }
  return others;
}

space::Neighbors searched(const Codes& asked, const Codes& base, int64_t k, const NeighborOptions& options) {
  if (options.is_between_posteriors()) {
    return space::nearest(space::Posteriors{asked.z, asked.stddev}, space::Posteriors{base.z, base.stddev}, k,
                          space::posterior_metric_from(name_of(options.metric)));
  }
  const auto index = space::make_index(
      base.z, {.method = options.method, .metric = space::metric_from(name_of(options.metric)), .seed = options.seed});
  return index->search(asked.z, k);
}

std::optional<int64_t> same_labels(const RunData& data, const NeighborQueries& queries, const space::Neighbors& found) {
  if (data.samples->labels().empty() || queries.samples->labels().empty()) return std::nullopt;
  const int64_t k = found.index.dim(1);
  int64_t same = 0;
  for (int64_t i = 0; i < found.index.numel(); ++i) {
    same += label_text(*data.samples, found.index.data<int64_t>()[i]) == label_text(*queries.samples, i / k) ? 1 : 0;
  }
  return same;
}

void check_retrieval(const RunData& data, const NeighborQueries& queries) {
  if (!data.samples->labels().empty() && !queries.samples->labels().empty()) return;
  throw UsageError(fmt::format("--retrieval: {} has no labels that could be found again",
                               data.samples->labels().empty() ? data.part() : queries.source));
}

double precision_of_retrieval(const RunData& data, const NeighborQueries& queries, const Codes& asked,
                              const Codes& base, const NeighborOptions& options) {
  std::map<std::string, int64_t> numbers;  // classes of both are the same where their names are
  const auto classes_of = [&](const data::Dataset& samples) {
    std::vector<int64_t> classes;
    for (int64_t i = 0; i < samples.size(); ++i) {
      const bool is_known = samples.labels()[static_cast<size_t>(i)] >= 0;
      const auto next = static_cast<int64_t>(numbers.size());
      classes.push_back(is_known ? numbers.try_emplace(label_text(samples, i), next).first->second : -1);
    }
    return classes;
  };
  return space::mean_average_precision(asked.z, classes_of(*queries.samples), base.z, classes_of(*data.samples),
                                       queries.numbers, space::metric_from(name_of(options.metric)));
}

}  // namespace

NeighborMetric neighbor_metric_from(std::string_view name) { return choose("metric", name, kNeighborMetrics); }
std::string_view name_of(NeighborMetric metric) { return kNeighborMetrics[static_cast<size_t>(metric)].name; }

void NeighborOptions::check() const {
  if (!is_between_posteriors()) return;
  if (retrieval) throw UsageError("--retrieval ranks by --metric euclidean or cosine");
  if (space == SampleSpace::data) {
    throw UsageError(fmt::format("--metric {} compares posteriors, which --space data does not have", name_of(metric)));
  }
  if (method == space::IndexMethod::hnsw) {
    throw UsageError(fmt::format("--method hnsw does not know --metric {}", name_of(metric)), "Use --method exact.");
  }
}

NeighborQueries queries_among(const RunData& data, const std::vector<int64_t>& numbers) {
  check_items(data, numbers);
  return {.samples = data::subset(data.samples, numbers), .numbers = numbers};
}

void check_neighbor_count(const RunData& data, const NeighborQueries& queries, int64_t k) {
  const bool in_data = !queries.numbers.empty();
  const int64_t others = data.samples->size() - (in_data ? 1 : 0);
  if (k <= others) return;
  throw UsageError(fmt::format("-k {}: {} has only {}{}", k, data.part(), others,
                               in_data ? " samples besides a query" : " samples"));
}

FoundNeighbors find_neighbors(const Run& run, const RunData& data, const NeighborQueries& queries,
                              const NeighborOptions& options) {
  options.check();
  if (options.space == SampleSpace::latent) check_has_encoder(run, "--space data compares the samples as they are.");
  check_neighbor_count(data, queries, options.k);
  if (options.retrieval) check_retrieval(data, queries);
  const bool in_data = !queries.numbers.empty();
  const Codes base = compared(run, *data.samples, options), asked = compared(run, *queries.samples, options);
  const int64_t k = in_data ? options.k + 1 : options.k;
  const auto but_self = [&](const space::Neighbors& all) { return in_data ? without_self(all, queries.numbers) : all; };
  FoundNeighbors found;
  const auto start = std::chrono::steady_clock::now();
  found.rows = searched(asked, base, k, options);
  found.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  found.rows = but_self(found.rows);
  if (options.method == space::IndexMethod::hnsw) {
    const space::Neighbors exact = space::nearest(asked.z, base.z, k, space::metric_from(name_of(options.metric)));
    found.recall = space::recall(found.rows, but_self(exact));
  }
  found.same_label = same_labels(data, queries, found.rows);
  if (options.retrieval) found.mean_average_precision = precision_of_retrieval(data, queries, asked, base, options);
  return found;
}

}  // namespace latent
