#include <latent/space/editing/directions.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/names.hpp>
#include <latent/core/rng.hpp>
#include <latent/space/editing/binary_logistic.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/linear/symmetric_eigen.hpp>
#include <latent/space/metrics/ranking.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace latent::space {

namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowMatrixF = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::array<Choice<DirectionMethod>, 2> kDirectionMethods = {
    {{"mean", DirectionMethod::mean}, {"logistic", DirectionMethod::logistic}}};

void check_codes(const char* function, const Tensor& codes) {
  LATENT_CHECK(codes.defined() && codes.ndim() == 2 && codes.dtype() == DType::f32 && codes.numel() > 0,
               "[{}] codes (N, D): expected f32, not empty, got {}", function,
               codes.defined() ? codes.shape().str() : "undefined");
}

Eigen::Map<const RowMatrixF> rows_of(const Tensor& x) { return {x.data<float>(), x.dim(0), x.dim(1)}; }

Tensor to_tensor(const RowMatrix& rows) {
  Tensor x = Tensor::empty({rows.rows(), rows.cols()});
  Eigen::Map<RowMatrixF>(x.data<float>(), rows.rows(), rows.cols()) = rows.cast<float>();
  return x;
}

// Codes with each dimension's mean taken off and divided by its standard deviation; constant dimensions become 0.
struct Standardized {
  RowMatrix x;  // (N, D)
  Eigen::RowVectorXd mean, stddev;
};

Standardized standardized(const Tensor& codes) {
  Standardized result;
  result.x = rows_of(codes).cast<double>();
  LATENT_CHECK(result.x.allFinite(), "[directions] codes: expected finite values");
  result.mean = result.x.colwise().mean();
  result.x.rowwise() -= result.mean;
  result.stddev = (result.x.colwise().squaredNorm() / static_cast<double>(result.x.rows())).cwiseSqrt();
  // What rounding leaves of a constant is no spread.
  for (Eigen::Index d = 0; d < result.stddev.size(); ++d) {
    if (result.stddev[d] <= 1e-7 * std::abs(result.mean[d])) result.stddev[d] = 0.0;
    const double scale = result.stddev[d] > 0.0 ? 1.0 / result.stddev[d] : 0.0;
    result.x.col(d) *= scale;
  }
  return result;
}

void check_attribute(const Attribute& attribute, int64_t N) {
  std::set<int64_t> positive;
  for (const auto* side : {&attribute.positive, &attribute.negative}) {
    const char* what = side == &attribute.positive ? "with" : "without";
    LATENT_CHECK(!side->empty(), "[directions] '{}': no sample {} the attribute", attribute.name, what);
    for (const int64_t row : *side) {
      LATENT_CHECK(0 <= row && row < N, "[directions] '{}': sample {} of {}", attribute.name, row, N);
      if (side == &attribute.positive) positive.insert(row);
      LATENT_CHECK(side == &attribute.positive || !positive.contains(row),
                   "[directions] '{}': sample {} is on both sides", attribute.name, row);
    }
  }
}

Eigen::RowVectorXd mean_of(const RowMatrix& x, std::span<const int64_t> rows) {
  Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(x.cols());
  for (const int64_t row : rows) sum += x.row(row);
  return sum / static_cast<double>(rows.size());
}

Eigen::RowVectorXd logistic_weight(const RowMatrix& x, const Attribute& attribute, double l2) {
  RowMatrix chosen(static_cast<Eigen::Index>(attribute.positive.size() + attribute.negative.size()), x.cols());
  std::vector<uint8_t> is_positive;
  for (const auto* side : {&attribute.positive, &attribute.negative}) {
    for (const int64_t row : *side) {
      chosen.row(static_cast<Eigen::Index>(is_positive.size())) = x.row(row);
      is_positive.push_back(side == &attribute.positive ? 1 : 0);
    }
  }
  const std::span<const double> values(chosen.data(), static_cast<size_t>(chosen.size()));
  const BinaryLogistic fit = fit_binary_logistic(values, x.cols(), is_positive, l2);
  return Eigen::Map<const Eigen::RowVectorXd>(fit.weight.data(), x.cols());
}

// Unit vectors, one row for each attribute, in standardised codes; or why there are none.
struct UnitVectors {
  RowMatrix W;          // (A, D)
  std::string problem;  // empty if W is good
};

// The orthonormal rows nearest to W: (W W^T)^(-1/2) W.
UnitVectors symmetric_orthogonalised(const RowMatrix& W, std::span<const Attribute> attributes) {
  const Eigen::Index A = W.rows();
  std::vector<double> products(static_cast<size_t>(A * A));
  Eigen::Map<RowMatrix>(products.data(), A, A) = W.lazyProduct(W.transpose());
  const Eigenpairs pairs = largest_eigenpairs_plain(A, products, A);
  const Eigen::Map<const RowMatrix> V(pairs.vectors.data(), A, A);  // rows
  constexpr double kLeast = 1e-6;  // of unit vectors: an angle of a twentieth of a degree between two
  if (pairs.values.back() >= kLeast) {
    const RowMatrix shrunk =
        Eigen::Map<const Eigen::VectorXd>(pairs.values.data(), A).cwiseSqrt().cwiseInverse().asDiagonal() * V;
    const RowMatrix inverse_root = V.transpose().lazyProduct(shrunk);
    return {inverse_root.lazyProduct(W), {}};
  }
  Eigen::Index worst = 0;
  V.row(A - 1).cwiseAbs().maxCoeff(&worst);
  return {{},
          fmt::format("'{}' depends linearly on the other attributes, so they cannot be made orthogonal",
                      attributes[static_cast<size_t>(worst)].name)};
}

UnitVectors unit_vectors(const RowMatrix& x, std::span<const Attribute> attributes, const AttributeOptions& options) {
  RowMatrix W(static_cast<Eigen::Index>(attributes.size()), x.cols());
  for (size_t a = 0; a < attributes.size(); ++a) {
    const Attribute& attribute = attributes[a];
    const Eigen::RowVectorXd w = options.method == DirectionMethod::logistic
                                     ? logistic_weight(x, attribute, options.l2)
                                     : mean_of(x, attribute.positive) - mean_of(x, attribute.negative);
    constexpr double kLeast = 1e-9;  // in standard deviations
    if (w.norm() <= kLeast)
      return {{}, fmt::format("'{}': the codes of both sides have the same mean", attribute.name)};
    W.row(static_cast<Eigen::Index>(a)) = w.normalized();
  }
  if (options.orthogonal == Orthogonal::symmetric) return symmetric_orthogonalised(W, attributes);
  return {W, {}};
}

struct ScoredSides {
  std::vector<double> scores;
  std::vector<uint8_t> is_positive;
};

ScoredSides scored(const RowMatrix& x, const Eigen::RowVectorXd& w, const Attribute& attribute) {
  ScoredSides sides;
  for (const auto* side : {&attribute.positive, &attribute.negative}) {
    for (const int64_t row : *side) {
      sides.scores.push_back(x.row(row).dot(w));
      sides.is_positive.push_back(side == &attribute.positive ? 1 : 0);
    }
  }
  return sides;
}

// The score above which the shares of both sides that are told rightly add up to most (Youden 1950): halfway between
// two neighbouring scores.
double best_threshold(const ScoredSides& sides) {
  std::vector<std::pair<double, uint8_t>> sorted;
  for (size_t i = 0; i < sides.scores.size(); ++i) sorted.emplace_back(sides.scores[i], sides.is_positive[i]);
  std::sort(sorted.begin(), sorted.end());
  const auto positives = static_cast<double>(std::ranges::count(sides.is_positive, 1));
  const auto negatives = static_cast<double>(sorted.size()) - positives;
  double below = 0.0, best = -1.0, threshold = sorted.front().first;
  for (size_t i = 0; i + 1 < sorted.size(); ++i) {
    below += sorted[i].second != 0 ? -1.0 / positives : 1.0 / negatives;
    if (sorted[i].first == sorted[i + 1].first || below <= best) continue;
    best = below;
    threshold = 0.5 * (sorted[i].first + sorted[i + 1].first);
  }
  return threshold;
}

// An attribute's sides, one random half of each to find a direction with, the other half to measure it.
struct Halves {
  Attribute fitted, held_out;
};

Halves halves_of(const Attribute& attribute, Rng rng) {
  Halves halves{{attribute.name, {}, {}}, {attribute.name, {}, {}}};
  for (auto side : {&Attribute::positive, &Attribute::negative}) {
    const std::vector<int64_t>& rows = attribute.*side;
    const std::vector<int64_t> order = rng.permutation(static_cast<int64_t>(rows.size()));
    for (size_t i = 0; i < order.size(); ++i) {
      Attribute& half = i < (order.size() + 1) / 2 ? halves.fitted : halves.held_out;
      (half.*side).push_back(rows[static_cast<size_t>(order[i])]);
    }
  }
  return halves;
}

// For each attribute the AUROC of a direction found with one half of each side, on the other half.
std::vector<double> held_out_auroc(const RowMatrix& x, std::span<const Attribute> attributes,
                                   const AttributeOptions& options) {
  std::vector<Attribute> fitted, held_out;
  for (size_t a = 0; a < attributes.size(); ++a) {
    Halves halves = halves_of(attributes[a], Rng(options.seed).fork(a));
    fitted.push_back(std::move(halves.fitted));
    held_out.push_back(std::move(halves.held_out));
  }
  std::vector<double> result(attributes.size(), std::numeric_limits<double>::quiet_NaN());
  const UnitVectors unit = unit_vectors(x, fitted, options);
  if (!unit.problem.empty()) return result;
  for (size_t a = 0; a < attributes.size(); ++a) {
    if (held_out[a].positive.empty() || held_out[a].negative.empty()) continue;
    const ScoredSides sides = scored(x, unit.W.row(static_cast<Eigen::Index>(a)), held_out[a]);
    result[a] = auroc(sides.scores, sides.is_positive);
  }
  return result;
}

}  // namespace

int64_t Directions::find(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return found - names.begin();
  const std::vector<std::string_view> valid(names.begin(), names.end());
  unknown_name("direction", printable(name), valid);
}

Tensor Directions::scores(const Tensor& codes) const {
  check_codes("directions", codes);
  LATENT_CHECK(codes.dim(1) == latent_dim(), "[directions] codes (N, D): expected D = {}, got {}", latent_dim(),
               codes.shape().str());
  Tensor result = Tensor::empty({codes.dim(0), size()}, DType::f64);
  Eigen::Map<RowMatrix> scores(result.data<double>(), codes.dim(0), size());
  const RowMatrix x = rows_of(codes).cast<double>();
  for (int64_t a = 0; a < size(); ++a) {
    const Eigen::RowVectorXd normal = rows_of(normals).row(a).cast<double>();
    const double shift = normal.dot(rows_of(midpoints).row(a).cast<double>());
    scores.col(a) = (x * normal.transpose()).array() - shift;
  }
  return result;
}

Tensor edit(const Tensor& codes, const Directions& directions, std::span<const double> amounts) {
  check_codes("edit", codes);
  LATENT_CHECK(codes.dim(1) == directions.latent_dim(), "[edit] codes (N, D): expected D = {}, got {}",
               directions.latent_dim(), codes.shape().str());
  LATENT_CHECK(static_cast<int64_t>(amounts.size()) == directions.size(), "[edit] amounts: expected {}, got {}",
               directions.size(), amounts.size());
  Eigen::RowVectorXd step = Eigen::RowVectorXd::Zero(directions.latent_dim());
  for (size_t a = 0; a < amounts.size(); ++a) {
    LATENT_CHECK(std::isfinite(amounts[a]), "[edit] amounts: expected finite numbers, got {}", amounts[a]);
    step += amounts[a] * rows_of(directions.vectors).row(static_cast<Eigen::Index>(a)).cast<double>();
  }
  return to_tensor(rows_of(codes).cast<double>().rowwise() + step);
}

DirectionMethod direction_method_from(std::string_view name) { return choose("method", name, kDirectionMethods); }
std::string_view name_of(DirectionMethod method) { return kDirectionMethods[static_cast<size_t>(method)].name; }

Directions attribute_directions(const Tensor& codes, std::span<const Attribute> attributes,
                                const AttributeOptions& options) {
  check_codes("directions", codes);
  LATENT_CHECK(!attributes.empty(), "[directions] no attribute given");
  const auto A = static_cast<Eigen::Index>(attributes.size());
  Directions result;
  for (const Attribute& attribute : attributes) {
    check_attribute(attribute, codes.dim(0));
    LATENT_CHECK(std::ranges::find(result.names, attribute.name) == result.names.end(),
                 "[directions] two attributes are called '{}'", attribute.name);
    result.names.push_back(attribute.name);
  }
  const Standardized standard = standardized(codes);
  const UnitVectors unit = unit_vectors(standard.x, attributes, options);
  LATENT_CHECK(unit.problem.empty(), "[directions] {}", unit.problem);
  RowMatrix vectors(A, codes.dim(1)), normals(A, codes.dim(1)), midpoints(A, codes.dim(1));
  for (Eigen::Index a = 0; a < A; ++a) {
    const Attribute& attribute = attributes[static_cast<size_t>(a)];
    const Eigen::RowVectorXd w = unit.W.row(a);
    const double spread =
        std::sqrt((standard.x * w.transpose()).squaredNorm() / static_cast<double>(standard.x.rows()));
    const Eigen::RowVectorXd middle =
        0.5 * (mean_of(standard.x, attribute.positive) + mean_of(standard.x, attribute.negative));
    vectors.row(a) = spread * standard.stddev.cwiseProduct(w);
    const auto used = standard.stddev.array() > 0.0;
    normals.row(a) = used.select(w.array() / (spread * standard.stddev.array()), 0.0);
    midpoints.row(a) = standard.mean + standard.stddev.cwiseProduct(middle);
    result.thresholds.push_back((best_threshold(scored(standard.x, w, attribute)) - middle.dot(w)) / spread);
  }
  result.vectors = to_tensor(vectors);
  result.normals = to_tensor(normals);
  result.midpoints = to_tensor(midpoints);
  result.auroc = held_out_auroc(standard.x, attributes, options);
  return result;
}

Directions principal_directions(const Tensor& codes, int64_t k) {
  check_codes("principal directions", codes);
  LATENT_CHECK(codes.dim(0) >= 2, "[principal directions] codes (N, D): expected at least 2 samples, got {}",
               codes.dim(0));
  const int64_t most = std::min(codes.dim(0) - 1, codes.dim(1));
  LATENT_CHECK(k >= 1 && k <= most, "[principal directions] k: expected 1 to {}, got {}", most, k);
  const Pca pca = fit_pca(codes, {.dims = k});
  const RowMatrix components = rows_of(pca.components).cast<double>();
  RowMatrix vectors(k, codes.dim(1)), normals(k, codes.dim(1)), midpoints(k, codes.dim(1));
  Directions result;
  for (int64_t a = 0; a < k; ++a) {
    const double stddev = std::sqrt(std::max(pca.variance[static_cast<size_t>(a)], 0.0));
    constexpr double kLeast = 1e-6;  // of the strongest component
    LATENT_CHECK(stddev > 0.0 && stddev > kLeast * std::sqrt(pca.variance[0]),
                 "[principal directions] k: {} asked for, but the codes vary in {} only", k, a);
    vectors.row(a) = stddev * components.row(a);
    normals.row(a) = components.row(a) / stddev;
    midpoints.row(a) = rows_of(pca.mean.view_as({1, codes.dim(1)})).row(0).cast<double>();
    result.names.push_back(fmt::format("pc{}", a + 1));
    result.thresholds.push_back(0.0);
    result.auroc.push_back(std::numeric_limits<double>::quiet_NaN());
  }
  result.vectors = to_tensor(vectors);
  result.normals = to_tensor(normals);
  result.midpoints = to_tensor(midpoints);
  return result;
}

Directions joined(const Directions& a, const Directions& b) {
  LATENT_CHECK(a.latent_dim() == b.latent_dim(), "[directions] of {} and of {} dimensions", a.latent_dim(),
               b.latent_dim());
  Directions result = a;
  for (const std::string& name : b.names) {
    LATENT_CHECK(std::ranges::find(a.names, name) == a.names.end(), "[directions] two directions are called '{}'",
                 name);
    result.names.push_back(name);
  }
  result.thresholds.insert(result.thresholds.end(), b.thresholds.begin(), b.thresholds.end());
  result.auroc.insert(result.auroc.end(), b.auroc.begin(), b.auroc.end());
  for (auto part : {&Directions::vectors, &Directions::normals, &Directions::midpoints}) {
    Tensor both = Tensor::empty({result.size(), a.latent_dim()});
    both.rows(0, a.size()).copy_from(a.*part);
    both.rows(a.size(), result.size()).copy_from(b.*part);
    result.*part = both;
  }
  return result;
}

}  // namespace latent::space
