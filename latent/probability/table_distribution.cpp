#include <latent/probability/table_distribution.hpp>

#include <latent/autograd/elementwise.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/autograd/shaping.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace latent {

namespace {

// Farther than so many model units from its mean a value costs no more: its square still fits f32.
constexpr double kFarthest = 1e9;
// 1 / (distance at which an unknown level begins to cost), squared: 0.01 of a gap.
constexpr double kUnknownLevel = 1e4;

double log_norm(ColumnKind kind) {
  if (kind == ColumnKind::gaussian) return 0.5 * std::log(2.0 * std::numbers::pi);
  if (kind != ColumnKind::student) return 0.0;
  return 0.5 * std::log(kStudentDf * std::numbers::pi) - kStudentLogGammas;
}

// One number for each column, as factors of a broadcast.
template <class Value>
Tensor factors(const std::vector<TableColumn>& columns, const Shape& shape, const Value& value) {
  std::vector<float> numbers;
  numbers.reserve(columns.size());
  for (const TableColumn& column : columns) numbers.push_back(static_cast<float>(value(column)));
  if (numbers.empty()) numbers.push_back(static_cast<float>(value(TableColumn{})));
  return Tensor::from(numbers, shape);
}

bool is_continuous(const TableColumn& column) {
  return column.kind == ColumnKind::gaussian || column.kind == ColumnKind::student;
}

// The nearest of the values that such a column can have.
double on_lattice(double value, const TableColumn& column) {
  if (!is_continuous(column) || column.step <= 0.0) return value;
  return std::clamp(column.low + std::round((value - column.low) / column.step) * column.step, column.low, column.high);
}

double sigmoid_of(double logit) { return 1.0 / (1.0 + std::exp(-logit)); }

}  // namespace

TablePlan::TablePlan(std::vector<TableColumn> columns) : columns_(std::move(columns)) {
  const Shape shape = scale_shape();
  const auto kind_is = [&](ColumnKind kind) {
    return factors(columns_, shape, [=](const TableColumn& c) { return c.kind == kind ? 1.0 : 0.0; });
  };
  is_gaussian_ = kind_is(ColumnKind::gaussian);
  is_student_ = kind_is(ColumnKind::student);
  is_binary_ = kind_is(ColumnKind::binary);
  is_continuous_ = factors(columns_, shape, [](const TableColumn& c) { return is_continuous(c) ? 1.0 : 0.0; });
  is_discrete_ = factors(columns_, shape, [](const TableColumn& c) { return is_continuous(c) ? 0.0 : 1.0; });
  log_norm_ = factors(columns_, shape, [](const TableColumn& c) { return log_norm(c.kind); });
  low_ = factors(columns_, shape, [](const TableColumn& c) { return c.low; });
  gap_ =
      factors(columns_, shape, [](const TableColumn& c) { return c.kind == ColumnKind::binary ? c.high - c.low : 1; });
  middle_ = factors(columns_, shape, [](const TableColumn& c) { return c.kind == ColumnKind::binary ? 0.5 : 0.0; });
  // NOLINTBEGIN(cppcoreguidelines-prefer-member-initializer): beside the factors that they are about
  has_continuous_ = columns_.empty() || std::ranges::any_of(columns_, is_continuous);
  has_discrete_ = !std::ranges::all_of(columns_, is_continuous);
  has_student_ = std::ranges::any_of(columns_, [](const TableColumn& c) { return c.kind == ColumnKind::student; });
  // NOLINTEND(cppcoreguidelines-prefer-member-initializer)
}

Shape TablePlan::scale_shape() const {
  return columns_.empty() ? Shape() : Shape({static_cast<int64_t>(columns_.size())});
}

void TablePlan::check(const char* function, const Tensor& params) const {
  LATENT_CHECK(params.ndim() >= 1 && (params.dtype() == DType::f32 || params.dtype() == DType::f64),
               "[{}] parameters (N, ...) of f32 or f64, got {} {}", function, params.shape().str(),
               name_of(params.dtype()));
  LATENT_CHECK(columns_.empty() || params.shape().tail().numel() == static_cast<int64_t>(columns_.size()),
               "[{}] the likelihood is made for {} columns, got rows of {}", function, columns_.size(),
               params.shape().tail().str());
}

// q = ((x - mu) / s)^2; gaussian: q / 2, student: (df + 1) / 2 log(1 + q / df), and log s + log_norm for both.
Tensor TablePlan::continuous_nll(const Tensor& params, const Tensor& log_scale, const Tensor& x) const {
  const DType dtype = params.dtype();
  const Tensor distance = clamp(sub(x, params), -kFarthest, kFarthest);
  const Tensor q = square(mul(distance, exp(neg(log_scale))));
  Tensor nll = mul(affine(q, 0.5), is_gaussian_.to(dtype));
  if (has_student_) {
    const Tensor tails = affine(log(affine(q, 1.0 / kStudentDf, 1.0)), (kStudentDf + 1.0) / 2.0);
    nll = add(nll, mul(tails, is_student_.to(dtype)));
  }
  return add(nll, mul(add(log_scale, log_norm_.to(dtype)), is_continuous_.to(dtype)));
}

Tensor TablePlan::discrete_nll(const Tensor& params, const Tensor& x) const {
  const DType dtype = params.dtype();
  const Tensor t = clamp(div(sub(x, low_.to(dtype)), gap_.to(dtype)), -kFarthest, kFarthest);
  const Tensor bit = clamp(t, 0.0, 1.0);
  const Tensor bernoulli = mul(sub(softplus(params), mul(params, bit)), is_binary_.to(dtype));
  const Tensor distance = abs(sub(abs(sub(t, middle_.to(dtype))), middle_.to(dtype)));
  const Tensor unknown = log(affine(square(distance), kUnknownLevel, 1.0));
  return add(bernoulli, mul(unknown, is_discrete_.to(dtype)));
}

Tensor TablePlan::nll(const Tensor& params, const Tensor& log_scale, const Tensor& x) const {
  check("table_nll", params);
  LATENT_CHECK(params.shape() == x.shape() && params.dtype() == x.dtype(),
               "[table_nll] parameters and x of one shape and type expected, got {} {} and {} {}", params.shape().str(),
               name_of(params.dtype()), x.shape().str(), name_of(x.dtype()));
  const Shape rows{params.dim(0), params.shape().tail().numel()};
  const Tensor p = reshape(params, rows), values = reshape(x, rows);
  if (!has_discrete_) return sum_last(continuous_nll(p, log_scale, values));
  if (!has_continuous_) return sum_last(discrete_nll(p, values));
  return sum_last(add(continuous_nll(p, log_scale, values), discrete_nll(p, values)));
}

TableDistribution::TableDistribution(std::shared_ptr<const TablePlan> plan, Tensor params, Tensor log_scale)
    : plan_(std::move(plan)), params_(std::move(params)), log_scale_(std::move(log_scale)) {
  const bool fits =
      plan_->columns().empty() ||
      (params_.ndim() >= 1 && params_.shape().tail().numel() == static_cast<int64_t>(plan_->columns().size()));
  LATENT_CHECK(fits, "[table] the likelihood is made for {} columns, got {}", plan_->columns().size(),
               params_.shape().str());
  for (const double log_s : log_scale_.to_vector()) scales_.push_back(std::exp(log_s));
}

const TableColumn& TableDistribution::column(int64_t c) const {
  static constexpr TableColumn kGaussian;
  return plan_->columns().empty() ? kGaussian : plan_->columns()[static_cast<size_t>(c)];
}

double TableDistribution::scale(int64_t c) const { return scales_[scales_.size() == 1 ? 0 : static_cast<size_t>(c)]; }

Tensor TableDistribution::mean() const {
  Tensor mean = params_.to(DType::f64).clone();
  const int64_t D = params_.shape().tail().numel();
  const std::span<double> values = mean.span<double>();
  for (size_t i = 0; i < values.size(); ++i) {
    const TableColumn& c = column(static_cast<int64_t>(i) % D);
    if (c.kind == ColumnKind::binary) values[i] = c.low + (c.high - c.low) * sigmoid_of(values[i]);
    if (c.kind == ColumnKind::constant) values[i] = c.low;
  }
  return mean.to(params_.dtype());
}

Tensor TableDistribution::stddev() const {
  Tensor stddev = params_.to(DType::f64).clone();
  const int64_t D = params_.shape().tail().numel();
  const std::span<double> values = stddev.span<double>();
  for (size_t i = 0; i < values.size(); ++i) {
    const int64_t at = static_cast<int64_t>(i) % D;
    const TableColumn& c = column(at);
    switch (c.kind) {
      case ColumnKind::gaussian: values[i] = scale(at); break;
      case ColumnKind::student: values[i] = scale(at) * std::sqrt(kStudentDf / (kStudentDf - 2.0)); break;
      // 1 - p as sigmoid(-logit), which does not cancel.
      case ColumnKind::binary:
        values[i] = (c.high - c.low) * std::sqrt(sigmoid_of(values[i]) * sigmoid_of(-values[i]));
        break;
      case ColumnKind::constant: values[i] = 0.0; break;
    }
  }
  return stddev.to(params_.dtype());
}

// Takes two uniform numbers for each value. Student's t: Bailey 1994, "Polar generation of random variates with the
// t-distribution", with df in place of 2 gives the normal one: sqrt(df (u^(-2 / df) - 1)) cos(2 pi v).
Tensor TableDistribution::sample(Rng& rng, int64_t num_samples) const {
  LATENT_CHECK(num_samples >= 1, "[table] num_samples must be at least 1, got {}", num_samples);
  const Tensor centre = params_.to(DType::f64);
  const int64_t D = params_.shape().tail().numel(), numel = params_.numel();
  Tensor result = Tensor::empty(params_.shape().prepend(num_samples), DType::f64);
  Tensor uniform = Tensor::empty({2, result.numel()});
  rng.uniform(uniform.span<float>());
  for (int64_t i = 0; i < result.numel(); ++i) {
    const int64_t at = i % numel, c = at % D;
    const double value = centre.data<double>()[at];
    // The middles of the 2^24 steps of [0, 1): never 0 or 1.
    const double u = double{uniform.data<float>()[i]} + 0x1p-25, v = uniform.data<float>()[result.numel() + i];
    const double turn = std::cos(2.0 * std::numbers::pi * v);
    double& draw = result.data<double>()[i];
    switch (column(c).kind) {
      case ColumnKind::gaussian: draw = value + scale(c) * std::sqrt(-2.0 * std::log(u)) * turn; break;
      case ColumnKind::student:
        draw = value + scale(c) * std::sqrt(kStudentDf * (std::pow(u, -2.0 / kStudentDf) - 1.0)) * turn;
        break;
      case ColumnKind::binary: draw = u < sigmoid_of(value) ? column(c).high : column(c).low; break;
      case ColumnKind::constant: draw = column(c).low; break;
    }
    draw = on_lattice(draw, column(c));
  }
  return result.to(params_.dtype());
}

Tensor TableDistribution::log_prob(const Tensor& value) const {
  if (value.shape() == params_.shape()) return neg(plan_->nll(params_, log_scale_, value));
  LATENT_CHECK(value.ndim() == params_.ndim() + 1 && value.shape().tail() == params_.shape(),
               "[table] value: expected {} or (K, ...) of it, got {}", params_.shape().str(), value.shape().str());
  const int64_t K = value.dim(0), N = value.dim(1);
  const Shape rows = params_.shape().tail().prepend(K * N);
  return reshape(neg(plan_->nll(reshape(repeat(params_, K), rows), log_scale_, reshape(value, rows))), {K, N});
}

}  // namespace latent
