// UMAP's moves: the vector version against the plain one, on every vector width of this processor.
#include <latent/core/rng.hpp>
#include <latent/kernels/cpu/umap_plain.hpp>
#include <latent/kernels/umap.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <vector>

namespace latent {
namespace {

using kernels::UmapPairs;
using kernels::UmapRound;
using kernels::UmapVertices;

constexpr int64_t kOthers = 200;

std::vector<float> normals(size_t count, uint64_t stream) {
  std::vector<float> values(count);
  Rng(3, stream).normal(std::span<float>(values));
  return values;
}

// Vertices with lists of 0, 1, 2, ... targets.
struct Problem {
  Problem(int64_t count, int64_t dims)
      : others(normals(static_cast<size_t>(kOthers * dims), 1)),
        start(normals(static_cast<size_t>(count * dims), 2)),
        round{.dims = dims,
              .others = others.data(),
              .num_others = kOthers,
              .a = 1.577f,
              .b = 0.895f,
              .alpha = 0.1f,
              .negatives = 2.5f,
              .key = 99} {
    Rng rng(4);
    for (int64_t v = 0; v < count; ++v) {
      first.push_back(static_cast<int32_t>(targets.size()));
      moves.push_back(static_cast<int32_t>(v % 5));
      for (int64_t m = 0; m < v % 5; ++m) targets.push_back(static_cast<int32_t>(rng.below(kOthers)));
    }
    targets.push_back(0);
  }
  UmapVertices vertices(std::vector<float>& places, int64_t begin = 0) const {
    return {.count = static_cast<int64_t>(first.size()) - begin,
            .first_id = begin,
            .id_step = 1,
            .first = first.data() + begin,
            .moves = moves.data() + begin,
            .targets = targets.data(),
            .places = places.data() + begin * round.dims};
  }
  std::vector<float> others, start;
  UmapRound round;
  std::vector<int32_t> first, moves, targets;
};

TEST(UmapKernel, MatchesThePlainVersion) {
  // At most 4 pulls and 10 pushes, each with a power of relative error below 1e-5 in f32.
  constexpr double kRounding = 2e-4;
  on_every_target([] {
    for (const int64_t dims : {2, 3}) {
      for (const int64_t count : {1, 7, 17, 129}) {
        const Problem problem(count, dims);
        std::vector<float> fast = problem.start, plain = problem.start;
        kernels::umap_moves(problem.round, problem.vertices(fast));
        kernels::umap_moves_plain(problem.round, problem.vertices(plain));
        for (size_t i = 0; i < fast.size(); ++i) {
          EXPECT_NEAR(fast[i], plain[i], kRounding) << "count " << count << ", value " << i;
        }
        EXPECT_EQ(fast[0], problem.start[0]) << "a vertex without targets stays";
      }
    }
  });
}

TEST(UmapKernel, DoesNotDependOnHowVerticesAreDivided) {
  on_every_target([] {
    const Problem problem(50, 2);
    std::vector<float> whole = problem.start, parts = problem.start;
    kernels::umap_moves(problem.round, problem.vertices(whole));
    UmapVertices front = problem.vertices(parts);
    front.count = 13;
    kernels::umap_moves(problem.round, front);
    kernels::umap_moves(problem.round, problem.vertices(parts, 13));
    EXPECT_EQ(whole, parts);
  });
}

// Edges between vertices 2 e and 2 e + 1, in no order.
struct Edges {
  explicit Edges(int64_t count) {
    for (int64_t e = 0; e < count; ++e) {
      const auto at = static_cast<int32_t>((e * 5) % count);
      heads.push_back(e % 2 == 0 ? 2 * at : 2 * at + 1);
      tails.push_back(e % 2 == 0 ? 2 * at + 1 : 2 * at);
    }
  }
  UmapPairs pairs(std::vector<float>& places, int64_t begin, int64_t end) const {
    return {end - begin, heads.data() + begin, tails.data() + begin, places.data()};
  }
  std::vector<int32_t> heads, tails;
};

TEST(UmapKernel, PairsMatchThePlainVersion) {
  // A pull and 5 pushes, each with a power of relative error below 1e-5 in f32.
  constexpr double kRounding = 1e-4;
  on_every_target([] {
    for (const int64_t dims : {2, 3}) {
      for (const int64_t count : {1, 7, 17, 99}) {
        const Edges edges(count);
        const std::vector<float> start = normals(static_cast<size_t>(kOthers * dims), 5);
        UmapRound round = Problem(1, dims).round;
        round.others = start.data();
        round.negatives = 5.0f;
        std::vector<float> fast = start, plain = start, parts = start;
        kernels::umap_pairs(round, edges.pairs(fast, 0, count));
        kernels::umap_pairs_plain(round, edges.pairs(plain, 0, count));
        for (size_t i = 0; i < fast.size(); ++i) EXPECT_NEAR(fast[i], plain[i], kRounding) << count << ", value " << i;
        kernels::umap_pairs(round, edges.pairs(parts, 0, count / 3));
        kernels::umap_pairs(round, edges.pairs(parts, count / 3, count));
        EXPECT_EQ(fast, parts) << "however edges are divided";
      }
    }
  });
}

TEST(UmapKernel, APullMovesBothEndsByTheSameLength) {
  on_every_target([] {
    const UmapRound round{.num_others = 2, .a = 1.0f, .b = 1.0f, .alpha = 0.5f, .negatives = 0.0f};
    const int32_t head = 0, tail = 1;
    std::vector<float> places = {3.0f, 1.0f, 1.0f, 1.0f};
    kernels::umap_pairs(round, {.count = 1, .heads = &head, .tails = &tail, .places = places.data()});
    // By hand: the slope at distance 2 is -2 / (1 + 4), times difference 2 and alpha 0.5: a step of 0.4.
    EXPECT_NEAR(places[0], 2.6f, 1e-5);
    EXPECT_NEAR(places[2], 1.4f, 1e-5);
    EXPECT_NEAR(places[1], 1.0f, 1e-5);
    EXPECT_NEAR(places[3], 1.0f, 1e-5);
  });
}

TEST(UmapKernel, SurvivesPointsOnTopOfEachOtherAndFarAway) {
  on_every_target([] {
    Problem problem(20, 2);
    for (float& value : problem.others) value = 0.0f;
    std::vector<float> places(40, 0.0f);
    kernels::umap_moves(problem.round, problem.vertices(places));
    for (const float value : places) EXPECT_EQ(value, 0.0f);
    places.assign(40, 1e6f);
    kernels::umap_moves(problem.round, problem.vertices(places));
    for (const float value : places) EXPECT_TRUE(std::isfinite(value));
  });
}

TEST(UmapKernel, DrawsAreUniformAndWithinRange) {
  UmapRound round{.num_others = 10, .key = 7};
  constexpr int kDraws = 20000;
  constexpr double kExpected = kDraws / 10.0;
  std::vector<int> counts(10);
  for (int t = 0; t < kDraws; ++t) ++counts.at(static_cast<size_t>(kernels::umap_draw(round, t % 100, t / 100)));
  // chi^2 with 9 degrees of freedom exceeds 27.9 with probability 0.001.
  double chi = 0.0;
  for (const int count : counts) chi += (count - kExpected) * (count - kExpected) / kExpected;
  EXPECT_LT(chi, 27.9);
  round.num_others = int64_t{1} << 24;
  for (int t = 0; t < kDraws; ++t) {
    const int64_t draw = kernels::umap_draw(round, 1, t);
    ASSERT_TRUE(draw >= 0 && draw < round.num_others);
  }
}

}  // namespace
}  // namespace latent
