// Optimizers against PyTorch's numbers, and their fast kernels against the plain ones.
#include <latent/core/denormals.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/cpu/optimizer_plain.hpp>
#include <latent/training/optimizer.hpp>
#include <latent/training/weights.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>

namespace latent {
namespace {

// PyTorch and we order the same few operations differently: some units in the last place of a double.
constexpr double kDouble = 1e-14;
// The same for f32, on weights of order one.
constexpr double kFloat = 5e-7;
constexpr int64_t kSizes[] = {1, 7, 17, 129, 4096 + 3};

Tensor normal(const Shape& shape, uint64_t stream) {
  Tensor t = Tensor::empty(shape);
  Rng(5, stream).normal(t.span<float>());
  return t;
}

struct GoldenCase {
  OptimizerOptions options;
  std::map<int64_t, std::vector<double>> weights;  // by steps
};

std::map<std::string, GoldenCase> golden_cases() {
  std::map<std::string, GoldenCase> cases;
  cases["adam"].options = {.name = "adam", .lr = 0.01};
  cases["adam_l2"].options = {
      .name = "adam", .lr = 0.01, .beta1 = 0.8, .beta2 = 0.99, .eps = 1e-6, .weight_decay = 0.1};
  cases["adamw"].options = {.name = "adamw", .lr = 0.01, .weight_decay = 0.1};
  cases["sgd"].options = {.name = "sgd", .lr = 0.01, .momentum = 0.0};
  cases["sgd_momentum"].options = {.name = "sgd", .lr = 0.01, .momentum = 0.9};
  cases["sgd_momentum_l2"].options = {.name = "sgd", .lr = 0.01, .momentum = 0.9, .weight_decay = 0.1};
  std::ifstream file(LATENT_TEST_DATA "/golden/optimizers.csv");
  std::string line;
  std::getline(file, line);  // the header
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string name, field;
    std::getline(fields, name, ',');
    std::getline(fields, field, ',');
    auto& weights = cases.at(name).weights[std::stol(field)];
    while (std::getline(fields, field, ',')) weights.push_back(std::stod(field));
  }
  return cases;
}

// The gradient of tests/golden/optimizers.py.
Tensor golden_gradient(const Tensor& weight, int64_t step) {
  std::vector<double> values = weight.to_vector();
  for (double& w : values) w = w * w - 0.5 * w + 0.1 * static_cast<double>(step + 1);
  return Tensor::from(values, weight.shape()).to(weight.dtype());
}

void expect_golden(DType dtype, double tolerance) {
  for (const auto& [name, golden] : golden_cases()) {
    SCOPED_TRACE(name);
    ASSERT_EQ(golden.weights.size(), 2u);
    Tensor weight = Tensor::from(std::vector<double>{0.5, -1.25, 2.0, 0.0, -0.75}, {5}).to(dtype);
    const auto optimizer = make_optimizer(golden.options, {{"weight", weight}});
    for (int64_t step = 0; step < 5; ++step) {
      weight.set_grad(golden_gradient(weight, step));
      optimizer->step(golden.options.lr);
      EXPECT_FALSE(weight.grad().defined());
      const auto expected = golden.weights.find(step + 1);
      if (expected == golden.weights.end()) continue;
      const std::vector<double> values = weight.to_vector();
      for (size_t i = 0; i < values.size(); ++i)
        EXPECT_NEAR(values[i], expected->second[i], tolerance) << step << " " << i;
    }
    EXPECT_EQ(optimizer->steps(), 5);
  }
}

TEST(Optimizer, DoubleMatchesPyTorch) { expect_golden(DType::f64, kDouble); }

TEST(Optimizer, FloatMatchesPyTorchOnEveryInstructionSet) {
  on_every_target([] { expect_golden(DType::f32, kFloat); });
}

TEST(Optimizer, FastAdamMatchesThePlainOne) {
  kernels::AdamStep step;
  step.step_size = 0.01;
  step.sqrt_correction2 = 0.3;
  step.grad_scale = 0.7;
  step.l2 = 0.1;
  step.keep = 0.99;
  on_every_target([&] {
    for (const int64_t n : kSizes) {
      for (const DType grad_type : {DType::f32, DType::bf16}) {
        Tensor w = normal({n}, 1), m = normal({n}, 3), v = normal({n}, 4), copy = Tensor::empty({n}, DType::bf16);
        const Tensor g = normal({n}, 2).to(grad_type);
        for (float& x : v.span<float>()) x = x * x;
        Tensor pw = w.clone(), pm = m.clone(), pv = v.clone();
        const std::vector<double> grad = g.to_vector();
        const kernels::UpdatedTensor all{
            DType::f32, grad_type, w.raw(), g.raw(), m.raw(), v.raw(), copy.data<bfloat16>(), n};
        kernels::adam_step(std::span(&all, 1), step);
        for (int64_t i = 0; i < n; ++i) {
          const auto gradient = static_cast<float>(grad[static_cast<size_t>(i)]);
          kernels::adam_element(step, gradient, pw.data<float>()[i], pm.data<float>()[i], pv.data<float>()[i]);
          ASSERT_NEAR(w.data<float>()[i], pw.data<float>()[i], kFloat * (1 + std::abs(pw.data<float>()[i])))
              << n << " " << i;
          ASSERT_NEAR(m.data<float>()[i], pm.data<float>()[i], kFloat * (1 + std::abs(pm.data<float>()[i])));
          ASSERT_NEAR(v.data<float>()[i], pv.data<float>()[i], kFloat * (1 + std::abs(pv.data<float>()[i])));
          ASSERT_EQ(copy.data<bfloat16>()[i].bits, bfloat16(w.data<float>()[i]).bits);
        }
      }
    }
  });
}

TEST(Optimizer, FastSgdMatchesThePlainOne) {
  const kernels::SgdStep step{0.01, 0.9, 0.7, 0.1};
  on_every_target([&] {
    for (const int64_t n : kSizes) {
      Tensor w = normal({n}, 1), m = normal({n}, 3), copy = Tensor::empty({n}, DType::bf16);
      const Tensor g = normal({n}, 2);
      Tensor pw = w.clone(), pm = m.clone();
      const kernels::UpdatedTensor all{
          DType::f32, DType::f32, w.raw(), g.raw(), m.raw(), nullptr, copy.data<bfloat16>(), n};
      kernels::sgd_step(std::span(&all, 1), step);
      for (int64_t i = 0; i < n; ++i) {
        kernels::sgd_element(step, g.data<float>()[i], pw.data<float>()[i], pm.data<float>()[i]);
        ASSERT_NEAR(w.data<float>()[i], pw.data<float>()[i], kFloat * (1 + std::abs(pw.data<float>()[i])))
            << n << " " << i;
        ASSERT_NEAR(m.data<float>()[i], pm.data<float>()[i], kFloat * (1 + std::abs(pm.data<float>()[i])));
        ASSERT_EQ(copy.data<bfloat16>()[i].bits, bfloat16(w.data<float>()[i]).bits);
      }
    }
  });
}

TEST(Optimizer, ManyTensorsGiveTheSameBitsWithAnyNumberOfThreads) {
  const int threads = num_threads();
  std::vector<std::vector<double>> results;
  for (const int count : {1, available_threads()}) {
    set_num_threads(count);
    std::vector<nn::NamedTensor> parameters;
    for (const int64_t n : {40'003, 5, 17, 30'001}) {
      parameters.push_back({std::to_string(n), normal({n}, static_cast<uint64_t>(n))});
      parameters.back().tensor.set_grad(normal({n}, static_cast<uint64_t>(n) + 1));
    }
    results.push_back({gradient_norm(parameters)});
    make_optimizer({}, parameters)->step(0.1);
    for (const auto& p : parameters) {
      const auto values = p.tensor.to_vector();
      results.back().insert(results.back().end(), values.begin(), values.end());
    }
  }
  set_num_threads(threads);
  EXPECT_EQ(results[0], results[1]);
}

TEST(Optimizer, ParametersWithoutGradientStay) {
  for (const std::string name : {"adam", "adamw", "sgd"}) {
    Tensor moved = Tensor::full({3}, 1.0), still = Tensor::full({3}, 1.0);
    const auto optimizer = make_optimizer({.name = name, .weight_decay = 0.1}, {{"moved", moved}, {"still", still}});
    moved.set_grad(Tensor::full({3}, 1.0));
    optimizer->step(0.1);
    EXPECT_LT(moved.to_vector()[0], 1.0);
    EXPECT_EQ(still.to_vector(), (std::vector<double>{1.0, 1.0, 1.0}));
  }
}

TEST(Optimizer, StateAndStepsCarryOn) {
  const auto train = [](Optimizer& optimizer, int64_t from, int64_t to) {
    for (int64_t step = from; step < to; ++step) {
      Tensor weight = optimizer.parameters()[0].tensor;
      weight.set_grad(golden_gradient(weight, step));
      optimizer.step(0.01);
    }
  };
  for (const std::string name : {"adam", "sgd"}) {
    Tensor straight = Tensor::full({4}, 0.5), resumed = Tensor::full({4}, 0.5);
    train(*make_optimizer({.name = name}, {{"w", straight}}), 0, 6);

    const auto first = make_optimizer({.name = name}, {{"w", resumed}});
    train(*first, 0, 3);
    const auto second = make_optimizer({.name = name}, {{"w", resumed}});
    assign(second->state(), first->state());
    second->set_steps(first->steps());
    train(*second, 3, 6);
    EXPECT_EQ(straight.to_vector(), resumed.to_vector()) << name;
  }
}

TEST(Optimizer, GradScaleIsClipping) {
  Tensor a = Tensor::full({2}, 1.0, DType::f64), b = Tensor::full({2}, 1.0, DType::f64);
  a.set_grad(Tensor::full({2}, 3.0, DType::f64));
  b.set_grad(Tensor::full({2}, 1.5, DType::f64));
  make_optimizer({.name = "sgd"}, {{"a", a}})->step(0.1, 0.5);
  make_optimizer({.name = "sgd"}, {{"b", b}})->step(0.1);
  EXPECT_EQ(a.to_vector(), b.to_vector());
}

TEST(Optimizer, RefusesNonsense) {
  const auto message = [](const OptimizerOptions& options) {
    try {
      make_optimizer(options, {});
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_NE(message({.name = "adamm"}).find("did you mean 'adam'"), std::string::npos);
  EXPECT_NE(message({.lr = 0.0}).find("lr"), std::string::npos);
  EXPECT_NE(message({.lr = std::numeric_limits<double>::quiet_NaN()}).find("lr"), std::string::npos);
  EXPECT_NE(message({.beta1 = 1.0}).find("beta1"), std::string::npos);
  EXPECT_NE(message({.eps = 0.0}).find("eps"), std::string::npos);
  EXPECT_NE(message({.weight_decay = -1.0}).find("weight_decay"), std::string::npos);
}

TEST(GradientNorm, MatchesAPlainSum) {
  on_every_target([] {
    for (const DType type : {DType::f32, DType::bf16}) {
      for (const int64_t n : kSizes) {
        Tensor weight = Tensor::zeros({n}), other = Tensor::zeros({3}), none = Tensor::zeros({3});
        weight.set_grad(normal({n}, 8).to(type));
        other.set_grad(Tensor::full({3}, 2.0));
        double expected = 12.0;
        for (const double g : weight.grad().to_vector()) expected += g * g;
        const std::vector<nn::NamedTensor> parameters{{"weight", weight}, {"other", other}, {"none", none}};
        EXPECT_NEAR(gradient_norm(parameters), std::sqrt(expected), 1e-12 * std::sqrt(expected));
      }
    }
  });
}

TEST(GradientNorm, IsFiniteOnlyIfEveryElementIs) {
  on_every_target([] {
    for (const int64_t n : kSizes) {
      for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        for (const int64_t at : {int64_t{0}, n / 2, n - 1}) {
          Tensor weight = Tensor::zeros({n}), grad = Tensor::zeros({n});
          // Squares that a float could not hold.
          grad.data<float>()[n - 1] = 3e38f;
          weight.set_grad(grad);
          EXPECT_TRUE(std::isfinite(gradient_norm(std::vector<nn::NamedTensor>{{"w", weight}})));
          grad.data<float>()[at] = bad;
          EXPECT_FALSE(std::isfinite(gradient_norm(std::vector<nn::NamedTensor>{{"w", weight}}))) << n << " " << at;
        }
      }
    }
  });
}

TEST(WeightAverage, FollowsTheWeights) {
  on_every_target([] {
    Tensor weight = Tensor::full({19}, 1.0);
    WeightAverage average({{"w", weight}}, 0.9);
    weight.copy_from(Tensor::full({19}, 2.0));
    average.update(1);  // decay (1 + 1) / (10 + 1)
    EXPECT_NEAR(average.tensors()[0].tensor.to_vector()[18], 1.0 + 9.0 / 11.0, kFloat);
    average.update(1000);  // decay 0.9
    EXPECT_NEAR(average.tensors()[0].tensor.to_vector()[18], 2.0 - 0.9 * 2.0 / 11.0, kFloat);
  });
}

// Moments that nothing feeds any more decay towards zero; on their last 40 steps or so they are denormal.
TEST(Optimizer, MomentsBecomeZeroInsteadOfDenormal) {
  constexpr int64_t kSize = 100'003;  // for all threads
  for (const char* name : {"adam", "adamw", "sgd"}) {
    Tensor weight = Tensor::full(Shape{kSize}, 1.0);
    const auto optimizer = make_optimizer({.name = name, .lr = 1e-3}, {{"weight", weight}});
    for (const nn::NamedTensor& moments : optimizer->state()) {
      Tensor values = moments.tensor;
      for (float& value : values.span<float>()) value = 1.2e-38f;  // the smallest normal one is 1.18e-38
    }
    for (int step = 0; step < 100; ++step) {
      weight.set_grad(Tensor::zeros(Shape{kSize}));
      optimizer->step(1e-3);
    }
    for (const nn::NamedTensor& moments : optimizer->state()) {
      int64_t denormal = 0;
      for (const float value : moments.tensor.span<float>()) denormal += std::fpclassify(value) == FP_SUBNORMAL;
      EXPECT_EQ(denormal, 0) << name << " " << moments.name;
    }
    EXPECT_EQ(denormals(), Denormals::kept) << "the caller's arithmetic must be as before";
  }
}

}  // namespace
}  // namespace latent
