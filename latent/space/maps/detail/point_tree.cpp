#include <latent/core/threads.hpp>
#include <latent/space/maps/detail/point_tree.hpp>

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <numeric>

namespace latent::space {

namespace {

// Points come in blocks of a whole vector, so that only the last leaf has a ragged one.
constexpr int64_t kBlock = 16;
constexpr int64_t kBlocksPerLeaf = 4;       // at most; found by measuring
constexpr int64_t kPointsPerThread = 4096;  // that are worth waking one, to sort or to sum
// The kernel changes little within half its width, however near a group is.
constexpr float kWidthSquared = 0.25f;

// Whole numbers in the order of the floats, NaNs included: sorting never meets values without an order.
int32_t key_of(float value) {
  const auto bits = std::bit_cast<int32_t>(value);
  return bits ^ ((bits >> 31) & std::numeric_limits<int32_t>::max());
}

// The square of the distance from a place to a box.
float distance_squared(const std::array<float, 3>& low, const std::array<float, 3>& high, const float* place,
                       int dims) {
  float square = 0.0f;
  for (int k = 0; k < dims; ++k) {
    const auto at = static_cast<size_t>(k);
    const float outside = std::max(std::max(low[at] - place[k], place[k] - high[at]), 0.0f);
    square += outside * outside;
  }
  return square;
}

}  // namespace

PointTree::PointTree(int dims, int64_t count) : dims_(dims) {
  assert((dims == 2 || dims == 3) && count > 0);
  const int64_t blocks = (count + kBlock - 1) / kBlock;
  size_t leaves = 1;
  while (static_cast<int64_t>(leaves) * kBlocksPerLeaf < blocks) leaves *= 2;
  nodes_.resize(2 * leaves);
  moments_.resize(2 * leaves);
  nodes_[1].end = blocks;
  for (size_t i = 2; i < nodes_.size(); ++i) {
    const Node& parent = nodes_[i / 2];
    const int64_t middle = parent.begin + (parent.end - parent.begin) / 2;
    nodes_[i].begin = i % 2 == 0 ? parent.begin : middle;
    nodes_[i].end = i % 2 == 0 ? middle : parent.end;
  }
  for (Node& node : nodes_) {
    node.begin *= kBlock;
    node.end = std::min(node.end * kBlock, count);
  }
  order_.resize(static_cast<size_t>(count));
  for (size_t i = 0; i < order_.size(); ++i) order_[i] = {0, static_cast<int32_t>(i)};
  for (int k = 0; k < dims; ++k) at_[static_cast<size_t>(k)].resize(order_.size());
}

void PointTree::halve(size_t node, const float* y) {
  const Node& parent = nodes_[node];
  const std::span<Entry> entries(order_.data() + parent.begin, static_cast<size_t>(parent.end - parent.begin));
  std::array<float, 3> low = {}, high = {};
  low.fill(std::numeric_limits<float>::infinity());
  high.fill(-std::numeric_limits<float>::infinity());
  for (const Entry& entry : entries) {
    for (int k = 0; k < dims_; ++k) {
      const auto at = static_cast<size_t>(k);
      const float value = y[int64_t{entry.index} * dims_ + k];
      low[at] = std::min(low[at], value);
      high[at] = std::max(high[at], value);
    }
  }
  int longest = 0;
  for (int k = 1; k < dims_; ++k) {
    const auto at = static_cast<size_t>(k), best = static_cast<size_t>(longest);
    if (high[at] - low[at] > high[best] - low[best]) longest = k;
  }
  for (Entry& entry : entries) entry.key = key_of(y[int64_t{entry.index} * dims_ + longest]);
  const auto before = [](const Entry& a, const Entry& b) { return a.key != b.key ? a.key < b.key : a.index < b.index; };
  const int64_t middle = nodes_[2 * node].end - parent.begin;
  std::nth_element(entries.begin(), entries.begin() + middle, entries.end(), before);
}

void PointTree::divide(const float* y) {
  for (size_t level = 1; level < first_leaf(); level *= 2) {
    const int64_t grain = kPointsPerThread * static_cast<int64_t>(level) / size() + 1;
    parallel_for(static_cast<int64_t>(level), grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) halve(level + static_cast<size_t>(i), y);
    });
  }
  refresh(y);
}

PointTree::Moments PointTree::moments_of_leaf(Node& leaf, const float* y) {
  Moments m;
  m.count = static_cast<double>(leaf.end - leaf.begin);
  leaf.low.fill(std::numeric_limits<float>::infinity());
  leaf.high.fill(-std::numeric_limits<float>::infinity());
  for (int64_t i = leaf.begin; i < leaf.end; ++i) {
    const float* place = y + int64_t{order_[static_cast<size_t>(i)].index} * dims_;
    for (size_t k = 0; k < static_cast<size_t>(dims_); ++k) {
      at_[k][static_cast<size_t>(i)] = place[k];
      leaf.low[k] = std::min(leaf.low[k], place[k]);
      leaf.high[k] = std::max(leaf.high[k], place[k]);
      m.mean[k] += place[k];
    }
  }
  for (double& mean : m.mean) mean /= m.count;
  for (auto i = static_cast<size_t>(leaf.begin); i < static_cast<size_t>(leaf.end); ++i) {
    const double dx = at_[0][i] - m.mean[0], dy = at_[1][i] - m.mean[1];
    const double dz = dims_ == 3 ? at_[2][i] - m.mean[2] : 0.0;
    const std::array<double, 6> products = {dx * dx, dx * dy, dy * dy, dx * dz, dy * dz, dz * dz};
    for (size_t p = 0; p < products.size(); ++p) m.products[p] += products[p];
  }
  return m;
}

// Sums of products about another point: the parallel axis theorem.
PointTree::Moments PointTree::joined(const Moments& a, const Moments& b) {
  Moments m;
  m.count = a.count + b.count;
  for (size_t k = 0; k < 3; ++k) m.mean[k] = (a.count * a.mean[k] + b.count * b.mean[k]) / m.count;
  for (const Moments* part : {&a, &b}) {
    const double x = part->mean[0] - m.mean[0], y = part->mean[1] - m.mean[1], z = part->mean[2] - m.mean[2];
    const std::array<double, 6> products = {x * x, x * y, y * y, x * z, y * z, z * z};
    for (size_t p = 0; p < products.size(); ++p) m.products[p] += part->products[p] + part->count * products[p];
  }
  return m;
}

void PointTree::finish(Node& node, const Moments& m) const {
  kernels::Multipole<float>& pole = node.multipole;
  pole.count = static_cast<float>(m.count);
  node.radius_squared = 0.0f;
  for (size_t k = 0; k < static_cast<size_t>(dims_); ++k) {
    pole.center[k] = static_cast<float>(m.mean[k]);
    const float side = std::max(pole.center[k] - node.low[k], node.high[k] - pole.center[k]);
    node.radius_squared += side * side;
  }
  const auto products = [&m](size_t p) { return static_cast<float>(m.products[p]); };
  pole.xx = products(0), pole.xy = products(1), pole.yy = products(2);
  pole.xz = products(3), pole.yz = products(4), pole.zz = products(5);
  pole.trace = pole.xx + pole.yy + pole.zz;
}

void PointTree::refresh(const float* y) {
  const size_t leaves = first_leaf();
  parallel_for(static_cast<int64_t>(leaves), kPointsPerThread / kBlock / kBlocksPerLeaf,
               [&](int64_t begin, int64_t end) {
                 for (size_t i = leaves + static_cast<size_t>(begin); i < leaves + static_cast<size_t>(end); ++i) {
                   moments_[i] = moments_of_leaf(nodes_[i], y);
                   finish(nodes_[i], moments_[i]);
                 }
               });
  for (size_t i = leaves - 1; i >= 1; --i) {
    const Node &left = nodes_[2 * i], &right = nodes_[2 * i + 1];
    for (size_t k = 0; k < static_cast<size_t>(dims_); ++k) {
      nodes_[i].low[k] = std::min(left.low[k], right.low[k]);
      nodes_[i].high[k] = std::max(left.high[k], right.high[k]);
    }
    moments_[i] = joined(moments_[2 * i], moments_[2 * i + 1]);
    finish(nodes_[i], moments_[i]);
  }
}

void PointTree::collect(const Node& target, double theta, Interactions& found) const {
  found.near.clear();
  found.far.clear();
  found.open.assign(1, 1);
  const auto theta_squared = static_cast<float>(theta * theta);
  while (!found.open.empty()) {
    const size_t at = found.open.back();
    found.open.pop_back();
    const Node& node = nodes_[at];
    const float distance = distance_squared(target.low, target.high, node.multipole.center, dims_);
    if (node.radius_squared < theta_squared * (kWidthSquared + distance)) {
      found.far.push_back(node.multipole);
    } else if (at < first_leaf()) {
      found.open.push_back(2 * at + 1);
      found.open.push_back(2 * at);
    } else if (!found.near.empty() && found.near.back().end == node.begin) {
      found.near.back().end = node.end;
    } else {
      found.near.push_back({node.begin, node.end});
    }
  }
}

kernels::PointArrays<float> PointTree::points_from(int64_t begin) const {
  kernels::PointArrays<float> points;
  for (size_t k = 0; k < static_cast<size_t>(dims_); ++k) points.at[k] = at_[k].data() + begin;
  return points;
}

void cauchy_repulsion(const PointTree& sources, const PointTree& targets, double theta, float* sum, float* force) {
  assert(sources.dims_ == targets.dims_);
  const int dims = sources.dims_;
  const size_t leaves = targets.first_leaf();
  constexpr int64_t kLeavesPerThread = 8;  // some microseconds each
  parallel_for(static_cast<int64_t>(leaves), kLeavesPerThread, [&](int64_t begin, int64_t end) {
    PointTree::Interactions found;
    constexpr auto kMost = static_cast<size_t>(kBlock * kBlocksPerLeaf);
    std::array<float, kMost> sums{};
    std::array<std::array<float, kMost>, 3> forces{};
    float* const to[3] = {forces[0].data(), forces[1].data(), forces[2].data()};
    for (size_t leaf = leaves + static_cast<size_t>(begin); leaf < leaves + static_cast<size_t>(end); ++leaf) {
      const PointTree::Node& target = targets.nodes_[leaf];
      sources.collect(target, theta, found);
      const int64_t count = target.end - target.begin;
      kernels::cauchy_sums({.dims = dims, .points = sources.points_from(0), .near = found.near, .far = found.far},
                           count, targets.points_from(target.begin), sums.data(), to);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t own = targets.order_[static_cast<size_t>(target.begin + i)].index;
        sum[own] = sums[static_cast<size_t>(i)];
        for (int k = 0; k < dims; ++k) {
          force[own * dims + k] = forces[static_cast<size_t>(k)][static_cast<size_t>(i)];
        }
      }
    }
  });
}

}  // namespace latent::space
