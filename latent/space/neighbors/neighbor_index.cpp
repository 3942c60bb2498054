#include <latent/space/neighbors/neighbor_index.hpp>

#include <latent/core/names.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/distance.hpp>
#include <latent/space/neighbors/detail/neighbor_filter.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <string_view>
#include <unordered_map>

// Distances are computed by our kernels; hnswlib's own are chosen when it is compiled, not for the processor it runs
// on. What it asks memory for ahead of time is another matter: rows lie all over memory, and without it a search takes
// twice as long. To know what to ask for, it reads the neighbor behind the last one of a list: four bytes that
// malloc(), which rounds sizes up, has always given, but that AddressSanitizer does not let it see.
#if defined(__SANITIZE_ADDRESS__)
#define LATENT_HNSWLIB_STAYS_IN_LISTS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LATENT_HNSWLIB_STAYS_IN_LISTS
#endif
#endif
#define NO_MANUAL_VECTORIZATION  // NOLINT(readability-identifier-naming): the names are hnswlib's
#if defined(__SSE__) && !defined(LATENT_HNSWLIB_STAYS_IN_LISTS)
#define USE_SSE  // NOLINT(readability-identifier-naming)
#endif
// It defines these in whoever includes it; under names of ours, a program that includes hnswlib, too, still links.
#define cpuid latent_hnswlib_cpuid
#define xgetbv latent_hnswlib_xgetbv
#define AVXCapable latent_hnswlib_AVXCapable
#define AVX512Capable latent_hnswlib_AVX512Capable
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wtype-limits"
#include <hnswlib/hnswlib.h>
#pragma GCC diagnostic pop
#undef cpuid
#undef xgetbv
#undef AVXCapable
#undef AVX512Capable

namespace latent::space {

namespace {

constexpr std::array<std::string_view, 2> kMethods = {"exact", "hnsw"};

class ExactIndex : public NeighborIndex {
 public:
  ExactIndex(Tensor base, const IndexOptions& options) : base_(std::move(base)), options_(options) {}
  int64_t size() const override { return base_.dim(0); }
  const IndexOptions& options() const override { return options_; }
  Neighbors search(const Tensor& queries, int64_t k) const override {
    return nearest(queries, base_, k, options_.metric);
  }

 private:
  Tensor base_;
  IndexOptions options_;
};

// Squared Euclidean distances of rows, in f32: a walk through the graph only has to know where to go, and what it finds
// is compared exactly afterwards.
class RowSpace : public hnswlib::SpaceInterface<float> {
 public:
  explicit RowSpace(int64_t D) : dims_(D) {}
  size_t get_data_size() override { return static_cast<size_t>(dims_) * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return &distance; }
  void* get_dist_func_param() override { return &dims_; }

 private:
  static float distance(const void* a, const void* b, const void* D) {
    return kernels::squared_distance_f32(*static_cast<const int64_t*>(D), static_cast<const float*>(a),
                                         static_cast<const float*>(b));
  }
  int64_t dims_;
};

// Rows that are one point to the graph. A graph of many equal points has links from each of them to the others and none
// that lead away, so each point enters once.
struct Groups {
  std::vector<int64_t> begin = {0}, row;  // of group g: row[begin[g]] to row[begin[g + 1] - 1], ascending
  std::vector<uint8_t> equal;             // whether all rows of a group are the same before rounding, too
  int64_t count() const { return static_cast<int64_t>(equal.size()); }
};

// Groups in the order of their first rows.
Groups groups_of(const Tensor& base, const detail::FilterSpace& space) {
  const int64_t N = base.dim(0), D = base.dim(1);
  std::vector<float> here(static_cast<size_t>(D)), there(here.size());
  const auto place = [&](int64_t i, std::vector<float>& point) {
    space.place(base, i, 1, point.data());
    for (float& value : point) value += 0.0F;  // -0 becomes 0
  };
  std::unordered_multimap<size_t, int64_t> seen;  // hash of a point to its group
  std::vector<int64_t> first, group(static_cast<size_t>(N));
  Groups groups;
  for (int64_t i = 0; i < N; ++i) {
    place(i, here);
    const size_t hash =
        std::hash<std::string_view>()({reinterpret_cast<const char*>(here.data()), here.size() * sizeof(float)});
    int64_t& mine = group[static_cast<size_t>(i)] = -1;
    const auto [from, to] = seen.equal_range(hash);
    for (auto one = from; one != to && mine < 0; ++one) {
      place(first[static_cast<size_t>(one->second)], there);
      if (here == there) mine = one->second;
    }
    if (mine < 0) {
      mine = groups.count();
      seen.emplace(hash, mine);
      first.push_back(i);
      groups.equal.push_back(1);
    } else if (groups.equal[static_cast<size_t>(mine)] != 0) {
      const auto* row = base.data<float>();
      const bool same = std::equal(row + i * D, row + (i + 1) * D, row + first[static_cast<size_t>(mine)] * D);
      groups.equal[static_cast<size_t>(mine)] = same ? 1 : 0;
    }
  }
  groups.begin.resize(first.size() + 1, 0);
  for (const int64_t g : group) ++groups.begin[static_cast<size_t>(g) + 1];
  std::partial_sum(groups.begin.begin(), groups.begin.end(), groups.begin.begin());
  std::vector<int64_t> next(groups.begin);
  groups.row.resize(static_cast<size_t>(N));
  for (int64_t i = 0; i < N; ++i) {
    groups.row[static_cast<size_t>(next[static_cast<size_t>(group[static_cast<size_t>(i)])]++)] = i;
  }
  return groups;
}

// Row i of `found` without `self`, or without its last entry: k of k + 1.
void leave_out(const Neighbors& found, int64_t i, int64_t self, Neighbors& others, int64_t row) {
  const int64_t k = others.index.dim(1);
  int64_t to = 0;
  for (int64_t j = 0; j <= k && to < k; ++j) {
    const int64_t at = i * (k + 1) + j;
    if (found.index.data<int64_t>()[at] == self) continue;
    others.index.data<int64_t>()[row * k + to] = found.index.data<int64_t>()[at];
    others.distance.data<float>()[row * k + to++] = found.distance.data<float>()[at];
  }
}

// Rows of a base, evenly spaced, with their k exact neighbours but themselves.
class SelfQueries {
 public:
  SelfQueries(const Tensor& base, int64_t k, Metric metric, int64_t count)
      : count_(std::min(count, base.dim(0))), size_(base.dim(0)), k_(k), rows_(Tensor::empty({count_, base.dim(1)})) {
    for (int64_t i = 0; i < count_; ++i) rows_.rows(i, i + 1).copy_from(base.rows(row(i), row(i) + 1));
    exact_ = others_of(nearest(rows_, base, k + 1, metric));
  }

  double recall_of(const NeighborIndex& index) const { return recall(others_of(index.search(rows_, k_ + 1)), exact_); }

 private:
  int64_t row(int64_t i) const { return i * size_ / count_; }
  Neighbors others_of(const Neighbors& all) const {
    Neighbors others{.index = Tensor::empty({count_, k_}, DType::i64), .distance = Tensor::empty({count_, k_})};
    for (int64_t i = 0; i < count_; ++i) leave_out(all, i, row(i), others, i);
    return others;
  }

  int64_t count_, size_, k_;
  Tensor rows_;
  Neighbors exact_;
};

constexpr int64_t kChosenFor = 10, kQueriesToChoose = 200;

class HnswIndex : public NeighborIndex {
 public:
  HnswIndex(Tensor base, const IndexOptions& options)
      : base_(std::move(base)),
        options_(options),
        // As the exact search sees them: unit rows for cosine, moderate numbers in any case.
        space_(detail::filter_space(base_, base_, options.metric)),
        groups_(groups_of(base_, space_)),
        rows_(base_.dim(1)),
        graph_(&rows_, static_cast<size_t>(groups_.count()), static_cast<size_t>(options.links),
               static_cast<size_t>(options.build_effort), static_cast<size_t>(options.seed)) {
    std::vector<float> row(static_cast<size_t>(base_.dim(1)));
    for (int64_t g = 0; g < groups_.count(); ++g) {
      space_.place(base_, groups_.row[static_cast<size_t>(groups_.begin[static_cast<size_t>(g)])], 1, row.data());
      graph_.addPoint(row.data(), static_cast<size_t>(g));
    }
    if (options_.metric == Metric::cosine) inverse_lengths_ = detail::inverse_lengths(base_);
  }

  // Takes the least effort that finds kWantedRecall.
  void choose_effort() {
    constexpr int64_t kLeast = 32, kMost = 4096;
    in_proportion_ = true;
    options_.search_effort = kLeast;
    const int64_t k = std::min(kChosenFor, size() - 1);
    if (k < 1) return;
    const SelfQueries queries(base_, k, options_.metric, kQueriesToChoose);
    while (options_.search_effort < kMost && queries.recall_of(*this) < kWantedRecall) options_.search_effort *= 2;
  }

  int64_t size() const override { return base_.dim(0); }
  const IndexOptions& options() const override { return options_; }

  Neighbors search(const Tensor& queries, int64_t k) const override {
    const int64_t D = base_.dim(1);
    LATENT_CHECK(queries.defined() && queries.ndim() == 2 && queries.dtype() == DType::f32 && queries.dim(1) == D,
                 "[NeighborIndex] queries (N, {}): expected f32, got {} {}", D,
                 queries.defined() ? name_of(queries.dtype()) : "undefined",
                 queries.defined() ? queries.shape().str() : "");
    LATENT_CHECK(k >= 1 && k <= size(), "[NeighborIndex] k: expected 1 to {}, got {}", size(), k);
    for (const float value : queries.span<float>()) {
      LATENT_CHECK(std::isfinite(value), "[NeighborIndex] queries: expected finite values, got {}", value);
    }
    const int64_t N = queries.dim(0);
    Neighbors found{.index = Tensor::empty({N, k}, DType::i64), .distance = Tensor::empty({N, k})};
    const detail::Comparison comparison(queries, base_, options_.metric, inverse_lengths_);
    std::vector<uint8_t> complete(static_cast<size_t>(N), 1);
    parallel_for(N, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) complete[static_cast<size_t>(i)] = one(queries, comparison, i, found);
    });
    // A graph may have rows that no walk reaches; whoever needs them is answered exactly.
    for (int64_t i = 0; i < N; ++i) {
      if (complete[static_cast<size_t>(i)] != 0) continue;
      const Neighbors exact = nearest(queries.rows(i, i + 1), base_, k, options_.metric);
      found.index.rows(i, i + 1).copy_from(exact.index);
      found.distance.rows(i, i + 1).copy_from(exact.distance);
    }
    return found;
  }

 private:
  int64_t effort_for(int64_t k) const {
    const int64_t effort = options_.search_effort;
    return std::max(k, in_proportion_ ? effort * std::max(k, kChosenFor) / kChosenFor : effort);
  }

  // @return whether k rows were found
  uint8_t one(const Tensor& queries, const detail::Comparison& comparison, int64_t i, Neighbors& found) const {
    const int64_t k = found.index.dim(1);
    std::vector<float> row(static_cast<size_t>(base_.dim(1)));
    space_.place(queries, i, 1, row.data());
    auto heap = graph_.searchKnn(row.data(), static_cast<size_t>(effort_for(k)));
    std::vector<std::pair<float, int64_t>> best;
    for (; !heap.empty(); heap.pop()) {
      const size_t g = heap.top().second;
      const int64_t first = groups_.begin[g], members = groups_.begin[g + 1] - first;
      // Among equal rows, no more than k can be wanted.
      const int64_t last = first + (groups_.equal[g] != 0 ? std::min(members, k) : members);
      for (int64_t at = first; at < last; ++at) {
        const int64_t j = groups_.row[static_cast<size_t>(at)];
        best.emplace_back(comparison.distance(i, j), j);
      }
    }
    if (static_cast<int64_t>(best.size()) < k) return 0;
    std::sort(best.begin(), best.end());
    for (int64_t j = 0; j < k; ++j) {
      found.distance.data<float>()[i * k + j] = best[static_cast<size_t>(j)].first;
      found.index.data<int64_t>()[i * k + j] = best[static_cast<size_t>(j)].second;
    }
    return 1;
  }

  Tensor base_;
  IndexOptions options_;
  detail::FilterSpace space_;
  Groups groups_;
  RowSpace rows_;
  hnswlib::HierarchicalNSW<float> graph_;
  std::vector<double> inverse_lengths_;  // of the base; for cosine
  bool in_proportion_ = false;           // the effort was chosen for kChosenFor neighbours
};

void check_range(const char* name, int64_t value, int64_t low, int64_t high) {
  LATENT_CHECK(value >= low && value <= high, "[make_index] {}: expected {} to {}, got {}", name, low, high, value);
}

}  // namespace

IndexMethod index_method_from(std::string_view name) {
  if (name == "exact") return IndexMethod::exact;
  if (name == "hnsw") return IndexMethod::hnsw;
  unknown_name("method", name, kMethods);
}

std::string_view name_of(IndexMethod method) { return kMethods[static_cast<size_t>(method)]; }

std::unique_ptr<NeighborIndex> make_index(const Tensor& base, const IndexOptions& options) {
  LATENT_CHECK(base.defined() && base.ndim() == 2 && base.dtype() == DType::f32 && base.dim(0) >= 1 && base.dim(1) >= 1,
               "[make_index] base (N, D): expected f32 and at least one row, got {} {}",
               base.defined() ? name_of(base.dtype()) : "undefined", base.defined() ? base.shape().str() : "");
  check_range("links", options.links, 2, 1000);
  check_range("build_effort", options.build_effort, 1, 100'000);
  check_range("search_effort", options.search_effort, 0, 100'000);
  if (options.method == IndexMethod::exact) return std::make_unique<ExactIndex>(base, options);
  auto index = std::make_unique<HnswIndex>(base, options);
  if (options.search_effort == 0) index->choose_effort();
  return index;
}

double recall(const Neighbors& found, const Neighbors& exact) {
  LATENT_CHECK(found.index.shape() == exact.index.shape(), "[recall] one shape expected, got {} and {}",
               found.index.shape().str(), exact.index.shape().str());
  const int64_t N = exact.index.dim(0), k = exact.index.dim(1);
  if (N == 0) return 1.0;
  int64_t hits = 0;
  for (int64_t i = 0; i < N; ++i) {
    const float farthest = exact.distance.data<float>()[i * k + k - 1];
    for (int64_t j = 0; j < k; ++j) hits += found.distance.data<float>()[i * k + j] <= farthest ? 1 : 0;
  }
  return static_cast<double>(hits) / static_cast<double>(N * k);
}

double measured_recall(const NeighborIndex& index, const Tensor& base, int64_t k, int64_t count) {
  LATENT_CHECK(count >= 1 && k >= 1 && k < base.dim(0), "[measured_recall] k: expected 1 to {} and a count, got {}, {}",
               base.dim(0) - 1, k, count);
  return SelfQueries(base, k, index.options().metric, count).recall_of(index);
}

}  // namespace latent::space
