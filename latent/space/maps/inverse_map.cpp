#include <latent/space/maps/inverse_map.hpp>

#include <latent/core/names.hpp>
#include <latent/core/threads.hpp>
#include <latent/space/neighbors/neighbors.hpp>

#include <Eigen/Dense>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent::space {

namespace {

constexpr std::array<std::string_view, 2> kMethods = {"inverse-distance", "local-linear"};
constexpr int64_t kMostDims = 3;

void check_matrix(const Tensor& x, std::string_view name) {
  LATENT_CHECK(x.defined() && x.ndim() == 2 && x.dtype() == DType::f32 && x.dim(1) > 0,
               "[inverse_map] {} of two dimensions in f32 expected, got {} {}", name,
               x.defined() ? name_of(x.dtype()) : "nothing", x.defined() ? x.shape().str() : "");
  const std::span<const float> values = x.span<float>();
  LATENT_CHECK(std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }),
               "[inverse_map] {}: finite values expected", name);
}

using Place = Eigen::Matrix<double, kMostDims, 1>;  // coordinates that a map does not have are 0
using Square = Eigen::Matrix<double, kMostDims, kMostDims>;

// The weights of the nearest map points `rows` for a place; their sum is 1.
class Weights {
 public:
  Weights(const Tensor& map, InverseMethod method) : map_(map), method_(method) {}

  std::vector<double> operator()(const float* place, std::span<const int64_t> rows) const {
    const Place here = point(place);
    std::vector<double> weights(rows.size());
    std::vector<double> squares(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) squares[i] = (row(rows[i]) - here).squaredNorm();
    const double farthest = *std::max_element(squares.begin(), squares.end());
    // So near to a point that its code is the answer. Several may be: then their mean.
    const double touching = 1e-12 * farthest;
    double total = 0.0;
    const bool touches = squares[0] <= touching;
    for (size_t i = 0; i < rows.size(); ++i) {
      weights[i] = touches ? (squares[i] <= touching ? 1.0 : 0.0) : 1.0 / squares[i];
      total += weights[i];
    }
    for (double& weight : weights) weight /= total;
    if (method_ == InverseMethod::local_linear && !touches) tilt(here, rows, weights);
    return weights;
  }

 private:
  Place point(const float* values) const {
    Place place = Place::Zero();
    for (int64_t d = 0; d < map_.dim(1); ++d) place[d] = values[d];
    return place;
  }
  Place row(int64_t i) const { return point(map_.data<float>() + i * map_.dim(1)); }

  // From the weights of a mean to those of a plane: w_i (1 + (p - m)' C^-1 (y_i - m)), where m and C are mean and
  // covariance of the map points y under w. Points on the rim see the place on one side only; there the plane would be
  // continued without an end, so weights below 0 are cut off.
  void tilt(const Place& here, std::span<const int64_t> rows, std::vector<double>& weights) const {
    constexpr double kRidge = 1e-6;  // of the largest variance: points on a line determine no plane
    Place mean = Place::Zero();
    for (size_t i = 0; i < rows.size(); ++i) mean += weights[i] * row(rows[i]);
    Square covariance = Square::Zero();
    for (size_t i = 0; i < rows.size(); ++i) {
      const Place from = row(rows[i]) - mean;
      covariance += weights[i] * from * from.transpose();
    }
    const double trace = covariance.trace();
    if (trace <= 0.0) return;
    covariance += kRidge * trace * Square::Identity();
    const Place slope = covariance.ldlt().solve(here - mean);
    double total = 0.0;
    for (size_t i = 0; i < rows.size(); ++i) {
      weights[i] = std::max(0.0, weights[i] * (1.0 + slope.dot(row(rows[i]) - mean)));
      total += weights[i];
    }
    for (double& weight : weights) weight /= total;
  }

  const Tensor& map_;
  InverseMethod method_;
};

}  // namespace

InverseMethod inverse_method_from(std::string_view name) {
  const auto found = std::find(kMethods.begin(), kMethods.end(), name);
  if (found == kMethods.end()) unknown_name("inverse map", name, kMethods);
  return static_cast<InverseMethod>(found - kMethods.begin());
}

std::string_view name_of(InverseMethod method) { return kMethods[static_cast<size_t>(method)]; }

InverseMap::InverseMap(const Tensor& map, const Tensor& codes, const InverseMapOptions& options)
    : map_(map), codes_(codes), options_(options) {
  check_matrix(map, "map (N, d)");
  check_matrix(codes, "codes (N, D)");
  LATENT_CHECK(map.dim(0) >= 1 && map.dim(0) == codes.dim(0),
               "[inverse_map] a code for each map point expected, got {} for {}", codes.dim(0), map.dim(0));
  LATENT_CHECK(map.dim(1) <= kMostDims, "[inverse_map] map (N, d): d from 1 to {} expected, got {}", kMostDims,
               map.dim(1));
  LATENT_CHECK(options.neighbors >= 1, "[inverse_map] neighbors: at least 1 expected, got {}", options.neighbors);
}

Tensor InverseMap::codes_at(const Tensor& places) const {
  check_matrix(places, "places (M, d)");
  LATENT_CHECK(places.dim(1) == map_.dim(1), "[inverse_map] places (M, {}) expected, got {}", map_.dim(1),
               places.shape().str());
  const int64_t M = places.dim(0), D = codes_.dim(1), k = std::min(options_.neighbors, map_.dim(0));
  Tensor codes = Tensor::zeros({M, D});
  if (M == 0) return codes;
  const Neighbors near = nearest(places, map_, k);
  const Weights weights_of(map_, options_.method);
  parallel_for(M, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const std::span<const int64_t> rows(near.index.data<int64_t>() + i * k, static_cast<size_t>(k));
      const std::vector<double> weights = weights_of(places.data<float>() + i * places.dim(1), rows);
      for (int64_t c = 0; c < D; ++c) {
        double sum = 0.0;
        for (size_t j = 0; j < rows.size(); ++j) sum += weights[j] * codes_.data<float>()[rows[j] * D + c];
        codes.data<float>()[i * D + c] = static_cast<float>(sum);
      }
    }
  });
  return codes;
}

Tensor InverseMap::distances(const Tensor& places) const {
  check_matrix(places, "places (M, d)");
  LATENT_CHECK(places.dim(1) == map_.dim(1), "[inverse_map] places (M, {}) expected, got {}", map_.dim(1),
               places.shape().str());
  if (places.dim(0) == 0) return Tensor::empty(Shape{0});
  return nearest(places, map_, 1).distance.view_as({places.dim(0)});
}

}  // namespace latent::space
