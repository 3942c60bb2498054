#include <latent/space/probes/logistic.hpp>

#include <latent/kernels/gemm.hpp>
#include <latent/space/linear/detail/row_blocks.hpp>
#include <latent/space/linear/detail/rows.hpp>
#include <latent/space/probes/lbfgs.hpp>

#include <algorithm>
#include <cmath>

namespace latent::space {

namespace {

void check_labels(const char* caller, const Tensor& x, std::span<const int64_t> labels, int64_t classes) {
  LATENT_CHECK(static_cast<int64_t>(labels.size()) == x.dim(0), "[{}] labels: expected {}, got {}", caller, x.dim(0),
               labels.size());
  for (const int64_t label : labels) {
    LATENT_CHECK(0 <= label && label < classes, "[{}] labels from 0 to {}, got {}", caller, classes - 1, label);
  }
}

// Turns logits into p - onehot(label), the gradient of the loss in them. @return -log p(label)
double loss_and_residual(float* logits, int64_t classes, int64_t label) {
  const float highest = *std::max_element(logits, logits + classes);
  const double of_label = logits[label];
  double total = 0.0;
  for (int64_t c = 0; c < classes; ++c) {
    logits[c] = std::exp(logits[c] - highest);
    total += logits[c];
  }
  const auto inverse = static_cast<float>(1.0 / total);
  for (int64_t c = 0; c < classes; ++c) logits[c] *= inverse;
  logits[label] -= 1.0F;
  return std::log(total) + highest - of_label;
}

// The penalised mean loss as a function of (weight, bias) in one vector.
class MeanLoss {
 public:
  MeanLoss(const Tensor& x, std::span<const int64_t> labels, int64_t classes, double l2)
      : x_(x),
        labels_(labels),
        N_(x.dim(0)),
        D_(x.dim(1)),
        C_(classes),
        penalty_(l2 / static_cast<double>(x.dim(0))),
        blocks_(N_, D_),
        parameters_(static_cast<size_t>(C_ * D_ + C_)),
        logits_(static_cast<size_t>(wave() * blocks_.largest() * C_)),
        gradients_(static_cast<size_t>(wave() * (C_ * D_ + C_))),
        losses_(static_cast<size_t>(wave())) {}

  double operator()(std::span<const double> at, std::span<double> gradient) {
    std::transform(at.begin(), at.end(), parameters_.begin(), [](double v) { return static_cast<float>(v); });
    std::fill(gradient.begin(), gradient.end(), 0.0);
    double loss = 0.0;
    for (int64_t from = 0; from < blocks_.count(); from += wave()) {
      const int64_t to = std::min(from + wave(), blocks_.count());
      blocks_.for_each(from, to, [&](int64_t block) { compute(block, block - from); });
      for (int64_t slot = 0; slot < to - from; ++slot) loss += losses_[static_cast<size_t>(slot)];
      add_gradients(to - from, gradient);
    }
    const auto scale = 1.0 / static_cast<double>(N_);
    double squares = 0.0;
    for (size_t i = 0; i < gradient.size(); ++i) {
      gradient[i] *= scale;
      if (i >= static_cast<size_t>(C_ * D_)) continue;
      gradient[i] += penalty_ * at[i];
      squares += at[i] * at[i];
    }
    return loss * scale + penalty_ / 2.0 * squares;
  }

 private:
  // Blocks computed before their gradients are added up: a fixed number, so that memory does not grow with N.
  int64_t wave() const { return std::min<int64_t>(32, blocks_.count()); }

  void compute(int64_t block, int64_t slot) {
    const int64_t begin = blocks_.begin(block), rows = blocks_.rows_in(block);
    const float* x = x_.data<float>() + begin * D_;
    const float* bias = parameters_.data() + C_ * D_;
    float* logits = logits_.data() + slot * blocks_.largest() * C_;
    float* dweight = gradients_.data() + slot * (C_ * D_ + C_);
    kernels::gemm({.M = rows, .N = C_, .K = D_, .transpose_b = true, .on_this_thread = true}, x, parameters_.data(),
                  bias, logits);
    std::vector<double> dbias(static_cast<size_t>(C_), 0.0);
    double loss = 0.0;
    for (int64_t i = 0; i < rows; ++i) {
      loss += loss_and_residual(logits + i * C_, C_, labels_[static_cast<size_t>(begin + i)]);
      for (int64_t c = 0; c < C_; ++c) dbias[static_cast<size_t>(c)] += logits[i * C_ + c];
    }
    losses_[static_cast<size_t>(slot)] = loss;
    kernels::gemm({.M = C_, .N = D_, .K = rows, .transpose_a = true, .on_this_thread = true}, logits, x, nullptr,
                  dweight);
    std::transform(dbias.begin(), dbias.end(), dweight + C_ * D_, [](double v) { return static_cast<float>(v); });
  }

  void add_gradients(int64_t slots, std::span<double> gradient) const {
    const int64_t size = C_ * D_ + C_;
    parallel_for(size, int64_t{1} << 12, [&](int64_t begin, int64_t end) {
      for (int64_t slot = 0; slot < slots; ++slot) {
        const float* part = gradients_.data() + slot * size;
        for (int64_t i = begin; i < end; ++i) gradient[static_cast<size_t>(i)] += part[i];
      }
    });
  }

  const Tensor& x_;
  std::span<const int64_t> labels_;
  int64_t N_, D_, C_;
  double penalty_;
  RowBlocks blocks_;
  std::vector<float> parameters_;  // weight (C, D), bias (C)
  std::vector<float> logits_, gradients_;
  std::vector<double> losses_;
};

}  // namespace

Tensor Logistic::logits(const Tensor& x) const {
  const int64_t C = weight.dim(0), D = weight.dim(1);
  LATENT_CHECK(x.ndim() == 2 && x.dim(1) == D, "[logistic] x (N, {}): got {}", D, x.shape().str());
  Tensor result = Tensor::empty({x.dim(0), C});
  const RowBlocks blocks(x.dim(0), D);
  blocks.for_each([&](int64_t block) {
    const int64_t begin = blocks.begin(block);
    kernels::gemm({.M = blocks.rows_in(block), .N = C, .K = D, .transpose_b = true, .on_this_thread = true},
                  x.data<float>() + begin * D, weight.data<float>(), bias.data<float>(),
                  result.data<float>() + begin * C);
  });
  return result;
}

std::vector<int64_t> Logistic::predict(const Tensor& x) const {
  const Tensor scores = logits(x);
  const int64_t C = scores.dim(1);
  std::vector<int64_t> classes;
  for (int64_t i = 0; i < scores.dim(0); ++i) {
    const float* row = scores.data<float>() + i * C;
    classes.push_back(std::max_element(row, row + C) - row);
  }
  return classes;
}

Logistic fit_logistic(const Tensor& x, std::span<const int64_t> labels, int64_t classes, const LogisticOptions& options,
                      const Logistic* start) {
  check_rows("logistic", x);
  LATENT_CHECK(classes >= 2, "[logistic] at least two classes expected, got {}", classes);
  check_labels("logistic", x, labels, classes);
  LATENT_CHECK(options.l2 > 0.0 && std::isfinite(options.l2), "[logistic] l2 > 0 expected, got {}", options.l2);
  const int64_t D = x.dim(1);
  std::vector<double> parameters(static_cast<size_t>(classes * D + classes), 0.0);
  if (start != nullptr) {
    LATENT_CHECK(start->weight.shape() == Shape({classes, D}), "[logistic] start: weight {} expected, got {}",
                 Shape({classes, D}).str(), start->weight.shape().str());
    const auto weight = start->weight.span<float>(), bias = start->bias.span<float>();
    std::copy(bias.begin(), bias.end(), std::copy(weight.begin(), weight.end(), parameters.begin()));
  }
  MeanLoss loss(x, labels, classes, options.l2);
  const LbfgsResult found = minimize_lbfgs(
      [&](std::span<const double> at, std::span<double> gradient) { return loss(at, gradient); }, parameters,
      {.max_iterations = options.max_iterations, .tolerance = options.tolerance, .min_decrease = options.min_decrease});
  Logistic model{Tensor::empty({classes, D}), Tensor::empty({classes}), found.iterations, found.converged};
  const auto narrow = [](double value) { return static_cast<float>(value); };
  const auto middle = parameters.begin() + classes * D;
  std::transform(parameters.begin(), middle, model.weight.data<float>(), narrow);
  std::transform(middle, parameters.end(), model.bias.data<float>(), narrow);
  return model;
}

double logistic_loss(const Logistic& model, const Tensor& x, std::span<const int64_t> labels) {
  const int64_t C = model.weight.dim(0);
  check_labels("logistic_loss", x, labels, C);
  Tensor scores = model.logits(x);
  double loss = 0.0;
  for (int64_t i = 0; i < x.dim(0); ++i) {
    loss += loss_and_residual(scores.data<float>() + i * C, C, labels[static_cast<size_t>(i)]);
  }
  return loss / static_cast<double>(x.dim(0));
}

}  // namespace latent::space
