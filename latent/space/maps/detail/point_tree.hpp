#pragma once
// A tree over the points of a map, for sums over all pairs of points: near ones one by one, far ones in groups.

#include <latent/kernels/cauchy.hpp>

#include <array>
#include <vector>

namespace latent::space {

/// A balanced binary tree over N points in 2 or 3 dimensions. Which node covers how many points depends on N alone;
/// divide() says which points these are, refresh() follows them when they have moved a little, which keeps every sum
/// valid and only makes it dearer.
class PointTree {
 public:
  /// @param dims 2 or 3   @param count at least 1
  PointTree(int dims, int64_t count);

  /// Halves the points along the longer side of their box, again and again, and refreshes.
  /// @param y (N, dims)
  void divide(const float* y);
  /// Boxes and moments for new positions of the points. @param y (N, dims)
  void refresh(const float* y);

  int dims() const { return dims_; }
  int64_t size() const { return static_cast<int64_t>(order_.size()); }

 private:
  friend void cauchy_repulsion(const PointTree& sources, const PointTree& targets, double theta, float* sum,
                               float* force);
  struct Node {
    int64_t begin = 0, end = 0;                // in tree order
    std::array<float, 3> low = {}, high = {};  // box
    float radius_squared = 0;                  // to the farthest corner of the box, from the mean
    kernels::Multipole<float> multipole;
  };
  // What the moments of a parent are put together from.
  struct Moments {
    double count = 0;
    std::array<double, 3> mean = {};
    std::array<double, 6> products = {};  // about the mean: xx, xy, yy, xz, yz, zz
  };
  struct Entry {
    int32_t key, index;
  };
  // What acts on the points of one leaf.
  struct Interactions {
    std::vector<kernels::SourceRange> near;
    std::vector<kernels::Multipole<float>> far;
    std::vector<size_t> open;  // nodes still to look at
  };

  size_t first_leaf() const { return nodes_.size() / 2; }
  void halve(size_t node, const float* y);
  Moments moments_of_leaf(Node& leaf, const float* y);
  static Moments joined(const Moments& a, const Moments& b);
  void finish(Node& node, const Moments& moments) const;
  void collect(const Node& target, double theta, Interactions& found) const;
  kernels::PointArrays<float> points_from(int64_t begin) const;

  int dims_;
  std::vector<Node> nodes_;  // a heap: the children of i are 2i and 2i + 1, the root is 1, leaves are the second half
  std::vector<Moments> moments_;
  std::vector<Entry> order_;              // tree order: which point stands where
  std::array<std::vector<float>, 3> at_;  // coordinates in tree order
};

/// For each target: sum = sum over sources of w = 1 / (1 + |r|^2), force = sum of w^2 r, where r leads from the source
/// to the target. A target that is a source itself finds w = 1 and r = 0 there.
/// A group of sources is taken together, to second order, where its radius is below theta sqrt(1/4 + |r|^2), with r
/// from its mean to the nearest of a leaf of targets. theta = 0 is exact. The same bits at any number of threads.
/// @param sum (targets)   @param force (targets, dims), both in the order of the targets' own positions
/// Source: Barnes & Hut 1986; for t-SNE van der Maaten 2014, arXiv:1301.3342 (to zeroth order).
void cauchy_repulsion(const PointTree& sources, const PointTree& targets, double theta, float* sum, float* force);

}  // namespace latent::space
