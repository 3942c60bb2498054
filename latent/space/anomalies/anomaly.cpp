#include <latent/space/anomalies/anomaly.hpp>

#include <latent/space/anomalies/detail/anomaly_views.hpp>
#include <latent/space/anomalies/detail/column_mahalanobis.hpp>
#include <latent/space/anomalies/detail/swapped_rows.hpp>
#include <latent/space/metrics/quantile.hpp>
#include <latent/space/metrics/ranking.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace latent::space {

namespace {

constexpr int64_t kSwapped = 1000;     // rows with swapped columns that density ratios are tried on
constexpr int64_t kFewestSwapped = 3;  // rows of a reference that there is one left to compare with

// What a score that could not be computed becomes: odder than all others.
constexpr double kOddest = 1e30;

/// How a component is brought to the scale of the others.
enum class Scale : uint8_t {
  logarithm,  ///< the logarithm, for distances and ratios
  loss,       ///< nats: asinh of the standardised value
  typical,    ///< nats of which too few are odd as well: the size of the same
  deviation,  ///< standard deviations already: added to the mean of the others as they are
};

/// A component before it is standardised.
struct Measured {
  std::string name;
  Scale scale = Scale::loss;
  double weight = 0.0;  // in the mean of the components; 0 leaves it out
  std::vector<double> values;
};

/// (f(value) - median) / (84th percentile - median) of values that are known to be normal.
class Standardizer {
 public:
  Standardizer(Scale scale, std::vector<double> normal) : scale_(scale) {
    for (double& value : normal) value = transformed(value);
    std::sort(normal.begin(), normal.end());
    median_ = quantile(normal, 0.5);  // NOLINT(cppcoreguidelines-prefer-member-initializer): of the sorted values
    spread_ = quantile(normal, kOneSigma) - median_;  // NOLINT(cppcoreguidelines-prefer-member-initializer)
    if (!(spread_ > 0.0)) spread_ = deviation(normal);
    if (!(spread_ > 0.0)) spread_ = 1.0;
  }

  double operator()(double value) const {
    const double standardized = (transformed(value) - median_) / spread_;
    switch (scale_) {
      case Scale::logarithm: return standardized;
      case Scale::loss: return std::asinh(standardized);
      case Scale::typical: return std::abs(std::asinh(standardized));
      case Scale::deviation: return value;
    }
    return standardized;
  }

 private:
  static constexpr double kOneSigma = 0.8413447460685429;  // of a normal distribution lies below mean + stddev

  double transformed(double value) const {
    return scale_ == Scale::logarithm ? std::log(std::max(value, std::numeric_limits<double>::min())) : value;
  }
  static double deviation(const std::vector<double>& values) {
    double mean = 0.0, squares = 0.0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    for (const double value : values) squares += (value - mean) * (value - mean) / static_cast<double>(values.size());
    return std::sqrt(squares);
  }

  Scale scale_;
  double median_ = 0.0, spread_ = 1.0;
};

void check_rows(const char* name, const Tensor& t, int64_t rows, int64_t columns) {
  LATENT_CHECK(t.ndim() == 2 && t.dtype() == DType::f32 && t.dim(0) == rows && (columns < 0 || t.dim(1) == columns),
               "[anomaly] {}: expected ({}, {}) f32, got {} {}", name, rows,
               columns < 0 ? std::string("D") : fmt::format("{}", columns), t.shape().str(), name_of(t.dtype()));
}

void check_features(const AnomalyFeatures& features) {
  LATENT_CHECK(features.x.defined() && features.x.ndim() == 2 && features.x.dim(0) >= 1 && features.x.dim(1) >= 1,
               "[anomaly] x: expected (N, P) with N >= 1 and P >= 1, got {}",
               features.x.defined() ? features.x.shape().str() : "nothing");
  const int64_t N = features.x.dim(0), P = features.x.dim(1);
  check_rows("x", features.x, N, P);
  const std::span<const float> values = features.x.span<float>();
  LATENT_CHECK(std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }),
               "[anomaly] x: finite values expected");
  if (features.codes.defined()) check_rows("codes", features.codes, N, -1);
  if (features.x_hat.defined()) check_rows("x_hat", features.x_hat, N, P);
  for (const auto& [name, term] : features.terms) {
    LATENT_CHECK(static_cast<int64_t>(term.size()) == N, "[anomaly] {}: expected {} numbers, got {}", name, N,
                 term.size());
  }
}

void check_alike(const AnomalyFeatures& features, const AnomalyFeatures& other) {
  const auto columns = [](const Tensor& t) { return t.defined() ? t.dim(1) : int64_t{-1}; };
  LATENT_CHECK(columns(features.x) == columns(other.x) && columns(features.codes) == columns(other.codes) &&
                   columns(features.x_hat) == columns(other.x_hat),
               "[anomaly] samples with the features of the reference expected: x, codes and x_hat of {}, {} and {} "
               "columns, got {}, {} and {} (-1: none)",
               columns(other.x), columns(other.codes), columns(other.x_hat), columns(features.x),
               columns(features.codes), columns(features.x_hat));
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  LATENT_CHECK(std::equal(features.terms.begin(), features.terms.end(), other.terms.begin(), other.terms.end(), same),
               "[anomaly] samples with the {} terms of the reference expected, got {}", other.terms.size(),
               features.terms.size());
}

// The model's loss that is combined: the bound where there is one.
std::string combined_term(const AnomalyFeatures& features) {
  for (const char* wanted : {"neg_elbo", "reconstruction"}) {
    for (const auto& [name, values] : features.terms) {
      if (name == wanted) return name;
    }
  }
  return {};
}

}  // namespace

struct AnomalyScorer::Impl {
  explicit Impl(const AnomalyFeatures& reference, const AnomalyOptions& options)
      : like{reference.x.rows(0, 1), first_row(reference.codes), first_row(reference.x_hat), {}},
        loss(combined_term(reference)),
        distance(bounded(reference.x), kNeighbors, kMoreNeighbors) {
    for (const auto& [name, values] : reference.terms) like.terms.push_back({name, {0.0}});
    if (options.by_column) {
      damped.emplace(reference.x);
      damped_view.emplace((*damped)(reference.x), kNeighbors, kMoreNeighbors);
      tails.emplace(reference.x);
      constants.emplace(reference.x);
      column_mahalanobis.emplace(bounded(reference.x));
      density_weight = weight_of_densities(reference.x);
    }
    if (!reference.codes.defined()) return;
    const Tensor codes = bounded(reference.codes);
    unit.emplace(codes);
    code_view.emplace((*unit)(codes), kNeighbors, kMoreNeighbors);
    mahalanobis.emplace(codes);
    if (!reference.x_hat.defined()) return;
    const Tensor x_hat = bounded(reference.x_hat);
    joint.emplace(reference.x, codes, x_hat);
    joint_view.emplace((*joint)(reference.x, codes, x_hat), kNeighbors, kMoreNeighbors);
  }

  static Tensor first_row(const Tensor& t) { return t.defined() ? t.rows(0, 1) : Tensor(); }

  // Where distances tie, a ratio of two of them counts as far as it tells rows with swapped columns from normal ones.
  double weight_of_densities(const Tensor& x) const {
    const double resolution = resolution_of(x), untied = resolution * resolution;
    if (x.dim(0) < kFewestSwapped) return untied;
    const SwappedRows swapped = swapped_rows(x, kSwapped);
    if (swapped.parents.empty()) return untied;
    std::vector<double> densities = damped_view->without(swapped.parents, (*damped)(swapped.x)).density;
    std::vector<uint8_t> is_swapped(densities.size(), 1);
    const std::vector<double>& normal = damped_view->own().density;
    densities.insert(densities.end(), normal.begin(), normal.end());
    is_swapped.resize(densities.size(), 0);
    const double told = std::max(2.0 * auroc(densities, is_swapped) - 1.0, 0.0);
    return untied + (1.0 - untied) * told * told;
  }

  // The components of samples, or of the reference itself, whose rows are compared with the others.
  enum class Of : uint8_t { samples, reference };
  std::vector<Measured> measure(const AnomalyFeatures& features, Of of) const {
    const auto neighbors = [&](const NeighborView& view, const auto& rows) {
      return of == Of::reference ? view.own() : view(rows());
    };
    std::vector<Measured> all;
    double lost = 0.0;  // what density ratios weigh less than 1
    const auto add_densities = [&](const std::string& name, const NeighborView::Measures& found) {
      lost += 2.0 * (1.0 - density_weight);
      all.push_back({name, Scale::logarithm, density_weight, found.density});
      all.push_back({"wide_" + name, Scale::logarithm, density_weight, found.wide_density});
    };
    const NeighborView::Measures plain = neighbors(distance, [&] { return bounded(features.x); });
    all.push_back({"distance", Scale::logarithm, 1.0, plain.distance});
    add_densities("density", damped ? neighbors(*damped_view, [&] { return (*damped)(features.x); }) : plain);
    if (joint) {
      const auto rows = [&] { return (*joint)(features.x, bounded(features.codes), bounded(features.x_hat)); };
      add_densities("joint_density", neighbors(*joint_view, rows));
    }
    if (unit) {
      const Tensor codes = bounded(features.codes);
      const auto found = neighbors(*code_view, [&] { return (*unit)(codes); });
      all.push_back({"code_distance", Scale::logarithm, 1.0, found.distance});
      add_densities("code_density", found);
      all.push_back({"mahalanobis", Scale::logarithm, 0.0, (*mahalanobis)(codes)});
    }
    if (column_mahalanobis) {
      all.push_back({"column_mahalanobis", Scale::logarithm, lost,
                     of == Of::reference ? column_mahalanobis->own() : (*column_mahalanobis)(bounded(features.x))});
    }
    if (tails) all.push_back({"tails", Scale::loss, 1.0, (*tails)(features.x)});
    for (const auto& [name, values] : features.terms) {
      all.push_back({name, Scale::typical, name == loss ? 1.0 : 0.0, values});
    }
    if (constants) all.push_back({"constants", Scale::deviation, 1.0, constants->changes(features.x)});
    for (Measured& component : all) {
      for (double& value : component.values) value = std::isfinite(value) ? std::min(value, kOddest) : kOddest;
    }
    return all;
  }

  void standardize(const std::vector<Measured>& reference, const std::vector<Measured>& calibration) {
    for (size_t i = 0; i < reference.size(); ++i) {
      std::vector<double> normal = reference[i].values;
      normal.insert(normal.end(), calibration[i].values.begin(), calibration[i].values.end());
      standardizers.emplace_back(reference[i].scale, std::move(normal));
    }
  }

  std::vector<double> combine(const std::vector<Measured>& components) const {
    std::vector<double> score(components.front().values.size(), 0.0);
    double sum = 0.0;
    for (const Measured& component : components) {
      sum += component.scale == Scale::deviation ? 0.0 : component.weight;
    }
    for (size_t i = 0; i < components.size(); ++i) {
      const Measured& component = components[i];
      for (size_t n = 0; n < score.size(); ++n) {
        if (component.scale == Scale::deviation) {
          score[n] += constants->deviation(component.values[n]);
        } else if (component.weight > 0.0) {
          score[n] += component.weight / sum * standardizers[i](component.values[n]);
        }
      }
    }
    return score;
  }

  AnomalyFeatures like;  // one row: the columns and terms that all samples must have
  std::string loss;
  NeighborView distance;
  std::optional<DampedColumns> damped;
  std::optional<ColumnTails> tails;
  std::optional<ConstantColumns> constants;
  std::optional<ColumnMahalanobis> column_mahalanobis;
  double density_weight = 1.0;
  std::optional<UnitColumns> unit;
  std::optional<MahalanobisDistance> mahalanobis;
  std::optional<CodeAndResidual> joint;
  std::optional<NeighborView> damped_view, code_view, joint_view;
  std::vector<Standardizer> standardizers;
  std::vector<double> calibration;
};

AnomalyScorer::AnomalyScorer(const AnomalyFeatures& reference, const AnomalyFeatures& calibration,
                             const AnomalyOptions& options) {
  check_features(reference);
  check_features(calibration);
  check_alike(calibration, reference);
  impl_ = std::make_unique<Impl>(reference, options);
  const std::vector<Measured> held_out = impl_->measure(calibration, Impl::Of::samples);
  impl_->standardize(impl_->measure(reference, Impl::Of::reference), held_out);
  impl_->calibration = impl_->combine(held_out);
}

AnomalyScorer::~AnomalyScorer() = default;
AnomalyScorer::AnomalyScorer(AnomalyScorer&&) noexcept = default;
AnomalyScorer& AnomalyScorer::operator=(AnomalyScorer&&) noexcept = default;

AnomalyScores AnomalyScorer::score(const AnomalyFeatures& samples) const {
  check_features(samples);
  check_alike(samples, impl_->like);
  std::vector<Measured> components = impl_->measure(samples, Impl::Of::samples);
  AnomalyScores scores;
  scores.score = impl_->combine(components);
  scores.p_value = conformal_p_values(scores.score, impl_->calibration);
  for (Measured& c : components) scores.components.push_back({c.name, c.weight > 0.0, c.weight, std::move(c.values)});
  return scores;
}

}  // namespace latent::space
