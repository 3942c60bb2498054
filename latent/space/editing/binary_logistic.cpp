#include <latent/space/editing/binary_logistic.hpp>

#include <latent/core/error.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>

namespace latent::space {

namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = Eigen::Map<const RowMatrix>;

// log(1 + exp(t)) without overflow.
double softplus(double t) { return std::max(t, 0.0) + std::log1p(std::exp(-std::abs(t))); }
double sigmoid(double t) { return t >= 0.0 ? 1.0 / (1.0 + std::exp(-t)) : std::exp(t) / (1.0 + std::exp(t)); }

// The loss and its derivatives at theta = (w, b).
class Problem {
 public:
  Problem(const Rows& x, std::span<const uint8_t> is_positive, double l2) : x_(x), is_positive_(is_positive), l2_(l2) {}

  double loss(const Eigen::VectorXd& theta) const {
    const Eigen::VectorXd logits = logits_of(theta);
    double sum = 0.5 * l2_ * theta.head(x_.cols()).squaredNorm();
    for (Eigen::Index i = 0; i < logits.size(); ++i) sum += softplus(positive(i) ? -logits[i] : logits[i]);
    return sum;
  }

  void derivatives(const Eigen::VectorXd& theta, Eigen::VectorXd& gradient, Eigen::MatrixXd& hessian) const {
    const Eigen::Index D = x_.cols();
    const Eigen::VectorXd logits = logits_of(theta);
    gradient = l2_ * theta;
    gradient[D] = 0.0;  // the bias is not penalised
    hessian = Eigen::MatrixXd::Zero(D + 1, D + 1);
    hessian.diagonal().head(D).setConstant(l2_);
    constexpr Eigen::Index kBlock = 4096;  // rows that are weighted at a time, so that memory does not grow with N
    for (Eigen::Index begin = 0; begin < x_.rows(); begin += kBlock) {
      const Eigen::Index rows = std::min(kBlock, x_.rows() - begin);
      RowMatrix weighted(rows, D + 1);
      for (Eigen::Index i = 0; i < rows; ++i) {
        const double p = sigmoid(logits[begin + i]);
        const double residual = p - (positive(begin + i) ? 1.0 : 0.0);
        gradient.head(D) += residual * x_.row(begin + i).transpose();
        gradient[D] += residual;
        const double root = std::sqrt(p * (1.0 - p));
        weighted.row(i).head(D) = root * x_.row(begin + i);
        weighted(i, D) = root;
      }
      hessian.selfadjointView<Eigen::Lower>().rankUpdate(weighted.transpose());
    }
  }

 private:
  bool positive(Eigen::Index i) const { return is_positive_[static_cast<size_t>(i)] != 0; }
  Eigen::VectorXd logits_of(const Eigen::VectorXd& theta) const {
    return (x_ * theta.head(x_.cols())).array() + theta[x_.cols()];
  }

  Rows x_;
  std::span<const uint8_t> is_positive_;
  double l2_;
};

}  // namespace

BinaryLogistic fit_binary_logistic(std::span<const double> x, int64_t D, std::span<const uint8_t> is_positive,
                                   double l2) {
  const auto N = static_cast<int64_t>(is_positive.size());
  LATENT_CHECK(D >= 1 && static_cast<int64_t>(x.size()) == N * D,
               "[binary_logistic] x: expected {} x {} values, got {}", N, D, x.size());
  LATENT_CHECK(l2 > 0.0 && std::isfinite(l2), "[binary_logistic] l2: expected above 0, got {}", l2);
  const int64_t positives = std::ranges::count_if(is_positive, [](uint8_t value) { return value != 0; });
  LATENT_CHECK(positives > 0 && positives < N,
               "[binary_logistic] samples of both classes expected, got {} of {} positive", positives, N);
  const Problem problem(Rows(x.data(), N, D), is_positive, l2);
  Eigen::VectorXd theta = Eigen::VectorXd::Zero(D + 1), gradient;
  theta[D] = std::log(static_cast<double>(positives) / static_cast<double>(N - positives));
  Eigen::MatrixXd hessian;
  constexpr int kMostSteps = 100;
  double loss = problem.loss(theta);
  for (int step = 0; step < kMostSteps; ++step) {
    problem.derivatives(theta, gradient, hessian);
    if (gradient.lpNorm<Eigen::Infinity>() <= 1e-8 * static_cast<double>(N)) break;
    hessian(D, D) += 1e-12 * static_cast<double>(N);  // where every probability is 0 or 1, the bias has no curvature
    const Eigen::VectorXd direction = hessian.selfadjointView<Eigen::Lower>().ldlt().solve(gradient);
    double length = 1.0, next = 0.0;
    constexpr double kShortest = 1e-10;
    while ((next = problem.loss(theta - length * direction)) > loss && length > kShortest) length *= 0.5;
    if (length <= kShortest) break;  // rounding is all that is left
    theta -= length * direction;
    loss = next;
  }
  return {.weight = {theta.data(), theta.data() + D}, .bias = theta[D]};
}

}  // namespace latent::space
