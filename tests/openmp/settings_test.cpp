// The library in a program that uses OpenMP itself, and has set it as it likes.
#include <latent/autograd/backward.hpp>
#include <latent/autograd/conv.hpp>
#include <latent/autograd/linear.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/denormals.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>

#include <gtest/gtest.h>

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace latent {
namespace {

Tensor normal(const Shape& shape, uint64_t stream) {
  Tensor t = Tensor::empty(shape);
  Rng(5, stream).normal(t.span<float>());
  return t;
}

// A product and a convolution with all their gradients: every way into oneDNN.
std::vector<double> results() {
  Tensor x = normal({96, 200}, 1), w = normal({64, 200}, 2), b = normal({64}, 3);
  Tensor images = normal({16, 14, 14, 8}, 4), kernel = normal({16, 8, 3, 3}, 5);
  for (Tensor* t : {&x, &w, &b, &images, &kernel}) t->set_requires_grad();
  const Tensor y = linear(x, w, b, Activation::tanh), z = conv2d(images, kernel, Tensor(), {.stride = 1, .padding = 1});
  backward(add(mean(square(y)), mean(square(z))));
  std::vector<double> all;
  for (const Tensor& t : {y, z, x.grad(), w.grad(), b.grad(), images.grad(), kernel.grad()}) {
    for (const double value : t.to_vector()) all.push_back(value);
  }
  return all;
}

// Sums of up to a few thousand products in f32, in another order.
constexpr double kRounding = 1e-4;

void expect_near(const std::vector<double>& got, const std::vector<double>& expected, const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  size_t wrong = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    wrong += !(std::abs(got[i] - expected[i]) <= kRounding * std::max(1.0, std::abs(expected[i])));
  }
  EXPECT_EQ(wrong, 0u) << what << ": of " << got.size() << " values";
}

// Puts OpenMP's settings back.
class Settings {
 public:
  Settings() = default;
  ~Settings() {
    omp_set_num_threads(threads_);
    omp_set_dynamic(dynamic_);
    omp_set_max_active_levels(levels_);
  }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

 private:
  int threads_ = omp_get_max_threads(), dynamic_ = omp_get_dynamic(), levels_ = omp_get_max_active_levels();
};

TEST(OpenMp, WhateverItsSettingsTheResultsAreTheSame) {
  const std::vector<double> expected = results();
  const std::vector<std::pair<std::string, std::function<void()>>> changes = {
      {"one thread", [] { omp_set_num_threads(1); }},
      {"far too many threads", [] { omp_set_num_threads(100); }},
      {"dynamic adjustment", [] { omp_set_dynamic(1); }},
      {"no active regions", [] { omp_set_max_active_levels(0); }},
      {"nested regions", [] { omp_set_max_active_levels(8); }},
  };
  for (const auto& [what, change] : changes) {
    const Settings before;
    change();
    const int threads = omp_get_max_threads(), dynamic = omp_get_dynamic();
    EXPECT_LE(num_threads(), available_threads()) << what;
    // Once after a primitive for another number of threads was made, and once with what was made for this one.
    expect_near(results(), expected, what);
    expect_near(results(), expected, what + ", again");
    EXPECT_EQ(omp_get_max_threads(), threads) << what << ": the settings are the program's";
    EXPECT_EQ(omp_get_dynamic(), dynamic) << what;
  }
  expect_near(results(), expected, "as before");
}

TEST(OpenMp, NumThreadsSaysHowManyWillReallyWork) {
  const Settings before;
  omp_set_max_active_levels(0);
  EXPECT_EQ(num_threads(), 1);
  omp_set_max_active_levels(1);
  omp_set_num_threads(100'000);
  EXPECT_EQ(num_threads(), available_threads());
  std::vector<int> inside(2, 0);
#pragma omp parallel num_threads(2)
  inside[static_cast<size_t>(omp_get_thread_num())] = num_threads();
  if (available_threads() > 1) {
    EXPECT_EQ(inside, (std::vector<int>{1, 1}));
  }
}

TEST(OpenMp, CallsFromInsideOfAParallelRegion) {
  const std::vector<double> expected = results();
  for (const int levels : {1, 4}) {
    const Settings before;
    omp_set_max_active_levels(levels);
    std::vector<std::vector<double>> got(2);
#pragma omp parallel for num_threads(2)
    for (int i = 0; i < 2; ++i) got[static_cast<size_t>(i)] = results();
    for (const auto& one : got) expect_near(one, expected, "in a region");
  }
  // A region of one thread is no parallel region.
  std::vector<double> alone;
#pragma omp parallel num_threads(1)
  alone = results();
  expect_near(alone, expected, "in a region of one thread");
}

TEST(OpenMp, CallsFromSeveralThreadsAtOnce) {
  const std::vector<double> expected = results();
  std::vector<std::vector<double>> got(3);
  {
    std::vector<std::jthread> threads;
    for (auto& one : got) threads.emplace_back([&one] { one = results(); });
  }
  for (const auto& one : got) expect_near(one, expected, "in a thread");
}

// How many members of a region of the program's own flush denormals.
int flushing_members() {
  int count = 0;
#pragma omp parallel reduction(+ : count)
  count += denormals() == Denormals::flushed ? 1 : 0;
  return count;
}

TEST(OpenMp, ProductsFlushDenormalsInAllThreadsAndTheProgramsRegionsDoNot) {
  // 64 products of 1e-40 a value: denormal, unless flushed.
  const Tensor a = Tensor::full({512, 64}, 1e-30), b = Tensor::full({48, 64}, 1e-10);
  const auto zeros = [&] { return std::ranges::count(linear(a, b, Tensor()).to_vector(), 0.0); };
  const NoGrad no_grad;
  EXPECT_EQ(zeros(), 0);
  for (int round = 0; round < 2; ++round) {
    {
      const DenormalMode flushed(Denormals::flushed);
      EXPECT_EQ(zeros(), 512 * 48);
      {
        const DenormalMode ieee(Denormals::kept);
        EXPECT_EQ(zeros(), 0);
      }
      EXPECT_EQ(zeros(), 512 * 48);
    }
    EXPECT_EQ(flushing_members(), 0);
    EXPECT_EQ(zeros(), 0);
  }
}

}  // namespace
}  // namespace latent
