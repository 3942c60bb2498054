#include <latent/space/probes/sample_agreement.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/rng.hpp>
#include <latent/space/metrics/ranking.hpp>
#include <latent/space/probes/logistic.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace latent::space {

namespace {

constexpr int64_t kMostRows = 5'000;
constexpr int64_t kMostColumnsOfProducts = 24;
constexpr size_t kFewValues = 20;

using Column = std::vector<float>;

void check(const char* name, const Tensor& rows) {
  LATENT_CHECK(rows.defined() && rows.ndim() == 2 && rows.dtype() == DType::f32 && rows.dim(1) > 0,
               "[compare_samples] {} (N, D): expected f32, D > 0, got {}", name,
               rows.defined() ? rows.shape().str() : "undefined");
  LATENT_CHECK(rows.dim(0) >= kLeastRowsToCompare, "[compare_samples] {}: expected at least {} rows, got {}", name,
               kLeastRowsToCompare, rows.dim(0));
  LATENT_CHECK(std::ranges::all_of(rows.span<float>(), [](float value) { return std::isfinite(value); }),
               "[compare_samples] {}: expected finite values", name);
}

// `count` rows, drawn without repetition, column by column: what is first in a column is in random order.
std::vector<Column> drawn_columns(const Tensor& rows, int64_t count, Rng rng) {
  const std::vector<int64_t> order = rng.permutation(rows.dim(0));
  const int64_t D = rows.dim(1);
  std::vector<Column> columns(static_cast<size_t>(D), Column(static_cast<size_t>(count)));
  for (int64_t i = 0; i < count; ++i) {
    const float* row = rows.data<float>() + order[static_cast<size_t>(i)] * D;
    for (int64_t c = 0; c < D; ++c) columns[static_cast<size_t>(c)][static_cast<size_t>(i)] = row[c];
  }
  return columns;
}

// sup over t of |F_a(t) - F_b(t)|.
double kolmogorov_smirnov(Column a, Column b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double largest = 0.0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const float t = std::min(a[i], b[j]);
    while (i < a.size() && a[i] == t) ++i;
    while (j < b.size() && b[j] == t) ++j;
    largest = std::max(largest, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                         static_cast<double>(j) / static_cast<double>(b.size())));
  }
  return largest;
}

// The values with mean 0 and variance 1; all 0 for a constant column.
struct Standardised {
  std::vector<double> values;
  bool varies = false;
};
Standardised standardised(const Column& column) {
  const auto n = static_cast<double>(column.size());
  const double mean = std::accumulate(column.begin(), column.end(), 0.0) / n;
  Standardised result{std::vector<double>(column.size()), false};
  double squares = 0.0;
  for (size_t i = 0; i < column.size(); ++i) {
    result.values[i] = double{column[i]} - mean;
    squares += result.values[i] * result.values[i];
  }
  result.varies = squares > 0.0;
  const double factor = result.varies ? std::sqrt(n / squares) : 0.0;
  for (double& value : result.values) value *= factor;
  return result;
}

double correlation(const Standardised& a, const Standardised& b) {
  double sum = 0.0;
  for (size_t i = 0; i < a.values.size(); ++i) sum += a.values[i] * b.values[i];
  return sum / static_cast<double>(a.values.size());
}

// A generated column that does not vary where the real one does has no correlation with any other.
double agreement_of_pairs(const std::vector<Column>& real, const std::vector<Column>& generated) {
  std::vector<Standardised> a, b;
  for (size_t c = 0; c < real.size(); ++c) {
    a.push_back(standardised(real[c]));
    b.push_back(standardised(generated[c]));
  }
  double sum = 0.0;
  int64_t pairs = 0;
  for (size_t c = 0; c < a.size(); ++c) {
    for (size_t d = 0; d < c; ++d) {
      if (!a[c].varies || !a[d].varies) continue;
      sum += 1.0 - 0.5 * std::abs(correlation(a[c], a[d]) - correlation(b[c], b[d]));
      ++pairs;
    }
  }
  return pairs > 0 ? sum / static_cast<double>(pairs) : std::numeric_limits<double>::quiet_NaN();
}

// The distinct values of a column, or nothing if there are many.
std::vector<float> few_values(Column column) {
  std::sort(column.begin(), column.end());
  column.erase(std::unique(column.begin(), column.end()), column.end());
  if (column.size() > kFewValues) column.clear();
  return column;
}

// Whether a value is one of those, up to rounding. @param known  ascending
bool is_among(const std::vector<float>& known, float value) {
  constexpr float kRounding = 1e-5F;  // of their range
  const float tolerance = kRounding * (known.back() - known.front());
  const auto next = std::lower_bound(known.begin(), known.end(), value - tolerance);
  return next != known.end() && *next <= value + tolerance;
}

// What the classifier sees of rows, one vector for each feature, rows of both sides one after the other.
std::vector<std::vector<double>> features_of(const std::vector<Column>& real, const std::vector<Column>& generated) {
  constexpr double kFarthest = 5.0;  // standard deviations: one wild draw shall not decide
  std::vector<std::vector<double>> features;
  for (size_t c = 0; c < real.size(); ++c) {
    Column both = real[c];
    both.insert(both.end(), generated[c].begin(), generated[c].end());
    std::vector<double> values = standardised(both).values;
    for (double& value : values) value = std::clamp(value, -kFarthest, kFarthest);
    features.push_back(std::move(values));
  }
  const size_t D = real.size(), products = static_cast<int64_t>(D) <= kMostColumnsOfProducts ? D : 1;
  for (size_t c = 0; c < D; ++c) {
    for (size_t d = c; d < std::min(D, c + products); ++d) {
      std::vector<double> product(features[c].size());
      for (size_t i = 0; i < product.size(); ++i) product[i] = features[c][i] * features[d][i];
      features.push_back(std::move(product));
    }
  }
  for (size_t c = 0; c < D; ++c) {
    const std::vector<float> known = few_values(real[c]);
    if (known.empty()) continue;
    std::vector<double> is_known(real[c].size(), 1.0);
    for (const float value : generated[c]) is_known.push_back(is_among(known, value) ? 1.0 : 0.0);
    features.push_back(std::move(is_known));
  }
  return features;
}

// Rows begin, begin + 2, ... of the features, standardised as all of them are.
Tensor every_other_row(const std::vector<std::vector<double>>& features, size_t begin) {
  const size_t rows = (features[0].size() - begin + 1) / 2, columns = features.size();
  Tensor x = Tensor::empty({static_cast<int64_t>(rows), static_cast<int64_t>(columns)});
  for (size_t c = 0; c < columns; ++c) {
    const Standardised feature = standardised(Column(features[c].begin(), features[c].end()));
    for (size_t i = 0; i < rows; ++i)
      x.data<float>()[i * columns + c] = static_cast<float>(feature.values[begin + 2 * i]);
  }
  return x;
}

double auroc_of_classifier(const std::vector<Column>& real, const std::vector<Column>& generated) {
  const std::vector<std::vector<double>> features = features_of(real, generated);
  const auto is_generated = [&](size_t row) { return row >= real[0].size(); };
  std::vector<int64_t> labels;
  std::vector<uint8_t> truth;
  for (size_t row = 0; row < features[0].size(); row += 2) labels.push_back(is_generated(row) ? 1 : 0);
  for (size_t row = 1; row < features[0].size(); row += 2) truth.push_back(is_generated(row) ? 1 : 0);
  // A penalty that grows with the number of features: with few rows there is little to learn them from.
  const LogisticOptions options{.l2 = 1.0 + 0.1 * static_cast<double>(features.size())};
  const Logistic classifier = fit_logistic(every_other_row(features, 0), labels, 2, options);
  const Tensor logits = classifier.logits(every_other_row(features, 1));
  std::vector<double> scores;
  for (int64_t row = 0; row < logits.dim(0); ++row)
    scores.push_back(double{logits.data<float>()[2 * row + 1]} - double{logits.data<float>()[2 * row]});
  return auroc(scores, truth);
}

}  // namespace

double SampleAgreement::mean_of_columns() const {
  return std::accumulate(columns.begin(), columns.end(), 0.0) / static_cast<double>(columns.size());
}

int64_t SampleAgreement::worst_column() const {
  return std::min_element(columns.begin(), columns.end()) - columns.begin();
}

SampleAgreement compare_samples(const Tensor& real, const Tensor& generated, uint64_t seed) {
  check("real", real);
  check("generated", generated);
  LATENT_CHECK(real.dim(1) == generated.dim(1), "[compare_samples] columns: expected {} generated, got {}", real.dim(1),
               generated.dim(1));
  SampleAgreement result;
  result.rows = std::min({real.dim(0), generated.dim(0), kMostRows});
  const Rng rng(seed);
  const std::vector<Column> a = drawn_columns(real, result.rows, rng.fork(0));
  const std::vector<Column> b = drawn_columns(generated, result.rows, rng.fork(1));
  for (size_t c = 0; c < a.size(); ++c) result.columns.push_back(1.0 - kolmogorov_smirnov(a[c], b[c]));
  result.pairs = agreement_of_pairs(a, b);
  result.classifier_auroc = auroc_of_classifier(a, b);
  return result;
}

std::optional<SampleAgreement> judge_samples(const LatentModel& model, const data::Dataset& held_out, uint64_t seed,
                                             const std::function<Tensor(const Tensor& rows)>& finish) {
  constexpr int64_t kBatch = 256;
  LATENT_CHECK(held_out.sample_shape() == model.data_shape(), "[judge_samples] samples: the model has {}, got {}",
               model.data_shape().str(), held_out.sample_shape().str());
  const int64_t N = held_out.size(), D = held_out.sample_shape().numel(), drawn = std::min(N, kMostRows);
  if (N < kLeastRowsToCompare) return std::nullopt;
  const NoGrad no_grad;
  Rng code_rng = Rng(seed).fork(2), value_rng = Rng(seed).fork(3);
  const Tensor codes = model.sample_prior(drawn, code_rng);
  Tensor generated = Tensor::empty({drawn, D});
  for (int64_t begin = 0; begin < drawn; begin += kBatch) {
    const int64_t end = std::min(begin + kBatch, drawn);
    const Tensor x = model.decode(codes.rows(begin, end))->sample(value_rng, 1);
    generated.rows(begin, end).copy_from(x.view_as({end - begin, D}));
  }
  if (finish) generated = finish(generated);
  std::vector<int64_t> rows = Rng(seed).fork(4).permutation(N);
  rows.resize(static_cast<size_t>(drawn));
  return compare_samples(held_out.batch(rows).view_as({drawn, D}), generated, seed);
}

}  // namespace latent::space
