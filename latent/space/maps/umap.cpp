#include <latent/space/maps/umap.hpp>

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/umap.hpp>
#include <latent/space/maps/detail/umap_init.hpp>
#include <latent/space/maps/detail/umap_matchings.hpp>
#include <latent/space/maps/detail/umap_schedule.hpp>
#include <latent/space/maps/umap_graph.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

namespace latent::space {

namespace {

constexpr int64_t kMostPoints = int64_t{1} << 24;
constexpr int64_t kMostEpochs = 100'000;
// An epoch visits every edge twice, and each of its ends is pushed in one of the visits. Random points push from where
// they stood when the visit began: with snapshots 100 times as often maps are no better.
constexpr int64_t kVisits = 2;
constexpr int64_t kUmapGrain = 16;   // new points
constexpr int64_t kEdgeGrain = 512;  // edges that are worth a thread
constexpr int64_t kMany = 10'000;

void check_codes(const Tensor& codes) {
  LATENT_CHECK(codes.defined() && codes.ndim() == 2 && codes.dtype() == DType::f32 && codes.dim(1) > 0,
               "[umap] codes (N, D) f32 expected, got {} {}", codes.defined() ? name_of(codes.dtype()) : "nothing",
               codes.defined() ? codes.shape().str() : "");
  const std::span<const float> values = codes.span<float>();
  const auto bad = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  LATENT_CHECK(bad == values.end(), "[umap] finite codes expected, got {} in row {}", *bad,
               (bad - values.begin()) / codes.dim(1));
  const float limit = largest_code(codes.dim(1));
  const auto large = std::find_if(values.begin(), values.end(), [&](float value) { return std::abs(value) > limit; });
  LATENT_CHECK(large == values.end(),
               "[umap] codes up to {:.2g} expected, as f32 cannot hold distances between larger ones, got {:.2g} in "
               "row {}: divide all by one number",
               limit, *large, (large - values.begin()) / codes.dim(1));
}

void check_options(int64_t N, const UmapOptions& options) {
  LATENT_CHECK(N <= kMostPoints, "[umap] at most {} points expected, got {}", kMostPoints, N);
  LATENT_CHECK(options.dims == 2 || options.dims == 3, "[umap] dims: 2 or 3 expected, got {}", options.dims);
  LATENT_CHECK(options.neighbors >= 2 && options.neighbors < N,
               "[umap] neighbors: from 2 to less than the {} points expected, got {}", N, options.neighbors);
  LATENT_CHECK(options.epochs >= 0 && options.epochs <= kMostEpochs, "[umap] epochs: 0 to {} expected, got {}",
               kMostEpochs, options.epochs);
  LATENT_CHECK(options.negative_samples >= 0 && options.negative_samples <= 1000,
               "[umap] negative_samples: 0 to 1000 expected, got {}", options.negative_samples);
}

class UmapLayout : public Umap {
 public:
  UmapLayout(const Tensor& codes, const Neighbors& neighbors, const UmapOptions& options)
      : codes_(codes),
        options_(options),
        curve_(fit_umap_curve(options.spread, options.min_dist)),
        epochs_(options.epochs > 0 ? options.epochs : (codes.dim(0) > kMany ? 200 : 500)) {
    const Graph graph = fuzzy_union(neighbors);
    const UmapStart start = umap_start(codes, graph, options);
    init_ = start.init;
    const std::span<const float> places = start.places.span<float>();
    places_.assign(places.begin(), places.end());
    matchings_ = match_edges(graph, epochs_, rng_.fork(0));
    due_ = std::make_unique<DuePairs>(matchings_);
  }

  int64_t total_steps() const override { return epochs_; }
  int64_t steps_done() const override { return done_; }

  void step(int64_t count) override {
    LATENT_CHECK(count >= 1, "[umap] step: at least 1 expected, got {}", count);
    for (; count > 0 && !done(); --count) {
      ++done_;
      for (int64_t visit = kVisits * (done_ - 1) + 1; visit <= kVisits * done_; ++visit) run_visit(visit);
    }
  }

  Tensor positions() const override { return Tensor::from(places_, {codes_.dim(0), options_.dims}); }

  Tensor transform(const Tensor& codes) const override;
  UmapInit init() const override { return init_; }

 private:
  kernels::UmapRound round_at(const std::vector<float>& others, double alpha, uint64_t number) const {
    return {.dims = options_.dims,
            .others = others.data(),
            .num_others = codes_.dim(0),
            .a = static_cast<float>(curve_.a),
            .b = static_cast<float>(curve_.b),
            .alpha = static_cast<float>(alpha),
            .negatives = static_cast<float>(options_.negative_samples),
            .key = philox(options_.seed, rng_.fork(1).state().stream, number)[0]};
  }

  // All edges that are due, one matching after the other. Every edge moves both of its ends by the same length: moves
  // of one end at a time would not cancel, and a group of points would wander off by its own pulls.
  void run_visit(int64_t visit) {
    const double alpha = 1.0 - static_cast<double>(done_ - 1) / static_cast<double>(epochs_);
    others_ = places_;
    for (int64_t m = 0; m < matchings_.size(); ++m) {
      const auto number = static_cast<uint64_t>(visit * matchings_.size() + m);
      const kernels::UmapRound round = round_at(others_, alpha, number);
      parallel_for(matchings_.edges_of(m), kEdgeGrain, [&](int64_t begin, int64_t end) {
        kernels::umap_pairs(round, due_->fill(m, visit, begin, end, places_.data()));
      });
    }
  }

  Tensor codes_;
  UmapOptions options_;
  UmapInit init_ = UmapInit::pca;
  UmapCurve curve_;
  int64_t epochs_, done_ = 0;
  Rng rng_{options_.seed, 0x0a9};
  UmapMatchings matchings_;
  std::unique_ptr<DuePairs> due_;
  std::vector<float> places_, others_;  // (N, dims): now, and when the visit began
};

// What moves new points among old ones: lists of neighbours that pull, memory for those that do at a time, and places.
struct NewPoints {
  NewPoints(const Neighbors& near, int64_t dims);
  // Puts points [begin, end) at the weighted means of their neighbours' places.
  void put_among(const std::vector<float>& old, int64_t begin, int64_t end);
  // The lists of points [begin, end) in visit n. They draw as number `id`, all alike.
  kernels::UmapVertices due(int64_t n, int64_t begin, int64_t end, int64_t id);

  int64_t k, dims;
  std::vector<int32_t> neighbor;  // entry j of point i is i * k + j
  PullSchedule schedule;
  std::vector<int32_t> first, moves, targets;
  std::vector<float> places;
};

// Neighbours are bound by exp(-d / sigma), log2(k) in all, relative to the strongest.
NewPoints::NewPoints(const Neighbors& near, int64_t map_dims) : k(near.index.dim(1)), dims(map_dims) {
  const int64_t M = near.index.dim(0);
  LATENT_CHECK(M * k < std::numeric_limits<int32_t>::max(), "[umap] fewer than 2^31 neighbours expected, got {}",
               M * k);
  const std::vector<double> sigma = transform_scales(near.distance);
  const auto entries = static_cast<size_t>(M * k);
  schedule = {std::vector<float>(entries), std::vector<float>(entries)};
  for (int64_t i = 0; i < M; ++i) {
    const float* row = near.distance.data<float>() + i * k;
    for (int64_t j = 0; j < k; ++j) {
      neighbor.push_back(static_cast<int32_t>(near.index.data<int64_t>()[i * k + j]));
      schedule.rate[static_cast<size_t>(i * k + j)] =
          static_cast<float>(std::exp((double{row[0]} - row[j]) / sigma[static_cast<size_t>(i)]));
    }
    first.push_back(static_cast<int32_t>(i * k));
  }
  moves.resize(static_cast<size_t>(M));
  targets.resize(entries);
  places.resize(static_cast<size_t>(M * dims));
}

void NewPoints::put_among(const std::vector<float>& old, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t d = 0; d < dims; ++d) {
      double sum = 0.0, weights = 0.0;
      for (auto e = static_cast<size_t>(i * k); e < static_cast<size_t>((i + 1) * k); ++e) {
        weights += schedule.rate[e];
        sum += double{schedule.rate[e]} * old[static_cast<size_t>(neighbor[e] * dims + d)];
      }
      places[static_cast<size_t>(i * dims + d)] = static_cast<float>(sum / weights);
    }
  }
}

kernels::UmapVertices NewPoints::due(int64_t n, int64_t begin, int64_t end, int64_t id) {
  for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
    const auto size = static_cast<size_t>(k);
    int32_t* target = targets.data() + i * size;
    for (size_t e = i * size; e < (i + 1) * size; ++e) {
      *target = neighbor[e];
      target += schedule.due(e, n) ? 1 : 0;
    }
    moves[i] = static_cast<int32_t>(target - targets.data()) - first[i];
  }
  return {.count = end - begin,
          .first_id = id,
          .id_step = 0,
          .first = first.data() + begin,
          .moves = moves.data() + begin,
          .targets = targets.data(),
          .places = places.data() + begin * dims};
}

Tensor UmapLayout::transform(const Tensor& codes) const {
  check_codes(codes);
  LATENT_CHECK(codes.dim(1) == codes_.dim(1), "[umap] transform: codes (M, {}) expected, got {}", codes_.dim(1),
               codes.shape().str());
  constexpr double kAlpha = 0.25;
  const int64_t M = codes.dim(0), dims = options_.dims;
  if (M == 0) return Tensor::empty({0, dims});
  NewPoints points(nearest(codes, codes_, options_.neighbors, options_.metric), dims);
  const int64_t epochs = std::max<int64_t>(1, epochs_ / 3);
  parallel_for(M, kUmapGrain, [&](int64_t begin, int64_t end) {
    points.put_among(places_, begin, end);
    for (int64_t n = 1; n <= epochs; ++n) {
      const double alpha = kAlpha * (1.0 - static_cast<double>(n - 1) / static_cast<double>(epochs));
      // All new points draw alike (a number that none of the old ones has), so that none depends on its company.
      kernels::umap_moves(round_at(places_, alpha, static_cast<uint64_t>(n)), points.due(n, begin, end, codes_.dim(0)));
    }
  });
  return Tensor::from(points.places, {M, dims});
}

}  // namespace

std::unique_ptr<Umap> make_umap(const Tensor& codes, const UmapOptions& options) {
  check_codes(codes);
  check_options(codes.dim(0), options);
  return std::make_unique<UmapLayout>(codes, nearest_others(codes, options.neighbors - 1, options.metric), options);
}

std::unique_ptr<Umap> make_umap(const Tensor& codes, const Neighbors& neighbors, const UmapOptions& options) {
  check_codes(codes);
  check_options(codes.dim(0), options);
  const Shape expected{codes.dim(0), options.neighbors - 1};
  LATENT_CHECK(neighbors.index.defined() && neighbors.distance.defined() && neighbors.index.shape() == expected &&
                   neighbors.distance.shape() == expected,
               "[umap] neighbours of shape {} expected, got {}", expected.str(),
               neighbors.index.defined() ? neighbors.index.shape().str() : "nothing");
  const std::span<const float> distances = neighbors.distance.span<float>();
  LATENT_CHECK(std::all_of(distances.begin(), distances.end(), [](float d) { return std::isfinite(d); }),
               "[umap] finite distances of neighbours expected");
  return std::make_unique<UmapLayout>(codes, neighbors, options);
}

}  // namespace latent::space
