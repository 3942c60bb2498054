// Gradients of every loss against central differences in double precision, through the plain kernels.

#include <latent/core/rng.hpp>
#include <latent/kernels/cpu/embedding_plain.hpp>
#include <latent/kernels/cpu/glove_plain.hpp>
#include <latent/words/encoded_corpus.hpp>
#include <latent/words/training/windows.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace latent::words {

namespace {

constexpr int64_t kGradientStride = 16;  // also the dimension here
constexpr double kTinyStep = 1e-7;
// Differences with h = 1e-5 are good to 1e-9; that steps are not infinitely small costs 1e-6.
constexpr double kGradientTolerance = 2e-5;

Vocabulary twelve_words() {
  std::vector<std::pair<std::string, int64_t>> words;
  for (int i = 0; i < 12; ++i) words.emplace_back("word" + std::string(1, static_cast<char>('a' + i)), 30 - i);
  return Vocabulary::by_count(std::move(words));
}

std::vector<double> normals_for_gradients(int64_t count, uint64_t stream) {
  std::vector<double> values(static_cast<size_t>(count));
  Rng(5, stream).normal(std::span(values));
  for (double& value : values) value *= 0.3;
  return values;
}

// d f / d values[k] for all k.
std::vector<double> differences(std::vector<double>& values, const std::function<double()>& f) {
  constexpr double h = 1e-5;
  std::vector<double> result;
  for (double& value : values) {
    const double before = value;
    value = before + h;
    const double above = f();
    value = before - h;
    result.push_back((above - f()) / (2.0 * h));
    value = before;
  }
  return result;
}

struct GradientProblem {
  explicit GradientProblem(const EmbeddingOptions& options) : shift(static_cast<float>(options.shift_for(100))) {
    const Vocabulary vocabulary = twelve_words();
    WindowSampler sampler(options, vocabulary);
    const std::vector<int32_t> ids{3, 1, 4, 1, 5, 9, 2, 6, kSentenceEnd, 5, 3, 8, 9, 7, kSentenceEnd};
    sampler.read(ids);
    sampler.draw(0, 0, windows);
    input = normals_for_gradients(
        (vocabulary.size() + (options.has_subwords() ? options.buckets : 0)) * kGradientStride, 1);
    output = normals_for_gradients(sampler.output_rows() * kGradientStride, 2);
  }
  bool lists() const { return !windows.first_input.empty(); }
  std::vector<int32_t> inputs_of(size_t w) const {
    if (!lists()) return {windows.word[w]};
    return {windows.input.begin() + windows.first_input[w], windows.input.begin() + windows.first_input[w + 1]};
  }
  // The definition: the mean of the input rows is to tell labels from each other.
  double loss(size_t w) const {
    const std::vector<int32_t> rows = inputs_of(w);
    double sum = 0.0;
    const auto parts = static_cast<size_t>(windows.parts);
    for (int32_t i = windows.first_output[w * parts]; i < windows.first_output[(w + 1) * parts]; ++i) {
      const auto k = static_cast<size_t>(i);
      double f = -shift;
      for (size_t d = 0; d < kGradientStride; ++d) {
        double h = 0.0;
        for (const int32_t row : rows) h += input[static_cast<size_t>(row) * kGradientStride + d];
        f +=
            h / static_cast<double>(rows.size()) * output[static_cast<size_t>(windows.output[k]) * kGradientStride + d];
      }
      const double p = 1.0 / (1.0 + std::exp(-f));
      sum -= windows.positive[k] * std::log(p) + (windows.weight[k] - windows.positive[k]) * std::log(1.0 - p);
    }
    return sum;
  }
  // One window, with a tiny rate.
  void step(int32_t w) {
    if (!lists()) {
      for (int64_t part = 0; part < windows.parts; ++part) {
        const kernels::EmbeddingSteps steps{.count = 1,
                                            .stride = kGradientStride,
                                            .parts = windows.parts,
                                            .part = part,
                                            .window = &w,
                                            .hidden = windows.word.data(),
                                            .first_output = windows.first_output.data(),
                                            .output = windows.output.data(),
                                            .positive = windows.positive.data(),
                                            .weight = windows.weight.data(),
                                            .shift = shift};
        kernels::embedding_steps_plain<double>(steps, kTinyStep, input.data(), output.data());
      }
      return;
    }
    const kernels::EmbeddingInputs inputs{1, kGradientStride, windows.first_input.data() + w, windows.input.data()};
    const kernels::EmbeddingWindows one{.count = 1,
                                        .stride = kGradientStride,
                                        .first_output = windows.first_output.data() + w,
                                        .output = windows.output.data(),
                                        .positive = windows.positive.data(),
                                        .weight = windows.weight.data(),
                                        .shift = shift};
    std::vector<double> h(kGradientStride), dh(kGradientStride), slopes(windows.output.size());
    kernels::mean_inputs_plain(inputs, input.data(), h.data());
    kernels::update_outputs_plain<double>(one, {h.data(), nullptr}, kTinyStep, {}, output.data(), slopes.data());
    kernels::gather_gradients_plain(one, output.data(), slopes.data(), h.data(), dh.data());
    kernels::scatter_gradients_plain(inputs, dh.data(), {}, input.data());
  }

  Windows windows;
  std::vector<double> input, output;
  float shift;
};

// Every row of a window's inputs takes the whole gradient of the mean, which is their number times its own.
void expect_gradients(const EmbeddingOptions& options) {
  GradientProblem problem(options);
  ASSERT_GT(problem.windows.count, 5);
  for (size_t w = 0; w < 5; ++w) {
    const std::vector<double> input_before = problem.input, output_before = problem.output;
    const auto f = [&] { return problem.loss(w); };
    const std::vector<double> d_input = differences(problem.input, f), d_output = differences(problem.output, f);
    problem.step(static_cast<int32_t>(w));
    const auto rows = static_cast<double>(problem.inputs_of(w).size());
    double largest = 0.0;
    for (size_t k = 0; k < d_input.size(); ++k) {
      EXPECT_NEAR((input_before[k] - problem.input[k]) / kTinyStep, rows * d_input[k], kGradientTolerance) << k;
      largest = std::max(largest, std::abs(d_input[k]));
    }
    EXPECT_GT(largest, 0.01);
    for (size_t k = 0; k < d_output.size(); ++k) {
      EXPECT_NEAR((output_before[k] - problem.output[k]) / kTinyStep, d_output[k], kGradientTolerance) << k;
    }
  }
}

EmbeddingOptions small_options() {
  EmbeddingOptions options;
  options.window = 3;
  options.sample = 0.0;
  options.buckets = 40;
  return options;
}

TEST(EmbeddingGradients, SkipgramWithNegativeSampling) { expect_gradients(small_options()); }

TEST(EmbeddingGradients, SkipgramWithHierarchicalSoftmax) {
  EmbeddingOptions options = small_options();
  options.hierarchical_softmax = true;
  expect_gradients(options);
}

TEST(EmbeddingGradients, WithoutShift) {
  EmbeddingOptions options = small_options();
  options.shift = 0.0;
  expect_gradients(options);
}

TEST(EmbeddingGradients, ShiftFallsWithTheSizeOfTheText) {
  EmbeddingOptions options = small_options();
  const double full = 1.0 + std::log(5.0);
  EXPECT_NEAR(options.shift_for(0), full, 1e-12);
  EXPECT_NEAR(options.shift_for(4'000'000), full, 1e-12);
  EXPECT_NEAR(options.shift_for(6'324'555), full / 2, 1e-6);
  EXPECT_EQ(options.shift_for(10'000'000), 0.0);
  options.shift = -0.5;
  EXPECT_EQ(options.shift_for(1'000'000'000), -0.5);
  options.hierarchical_softmax = true;
  EXPECT_EQ(options.shift_for(0), 0.0);
  options.hierarchical_softmax = false;
  options.shift = 21.0;
  EXPECT_THROW(check(options), std::invalid_argument);
}

TEST(EmbeddingGradients, CbowWithNegativeSampling) {
  EmbeddingOptions options = small_options();
  options.method = EmbeddingMethod::cbow;
  expect_gradients(options);
}

TEST(EmbeddingGradients, CbowWithHierarchicalSoftmaxAndSubwords) {
  EmbeddingOptions options = small_options();
  options.method = EmbeddingMethod::cbow;
  options.hierarchical_softmax = true;
  options.min_n = 3;
  options.max_n = 4;
  expect_gradients(options);
}

TEST(EmbeddingGradients, SkipgramWithSubwords) {
  EmbeddingOptions options = small_options();
  options.min_n = 2;
  options.max_n = 5;
  expect_gradients(options);
}

// With sums of squares at 1, the first step of AdaGrad is the gradient itself.
TEST(EmbeddingGradients, Glove) {
  constexpr int64_t dim = 13, stride = 16, width = 2 * stride + 16;
  constexpr double x_max = 10.0, alpha = 0.75;
  for (const double count : {0.5, 7.0, 25.0}) {
    std::vector<double> word = normals_for_gradients(width, 3), context = normals_for_gradients(width, 4);
    for (auto* row : {&word, &context}) {
      std::fill_n(row->begin() + stride, stride, 1.0);
      (*row)[2 * stride + 1] = 1.0;
      std::fill_n(row->begin() + dim, stride - dim, 0.0);
    }
    const auto loss = [&] {
      double e = word[2 * stride] + context[2 * stride] - std::log(count);
      for (size_t d = 0; d < dim; ++d) e += word[d] * context[d];
      return 0.5 * std::min(1.0, std::pow(count / x_max, alpha)) * e * e;
    };
    const std::vector<double> d_word = differences(word, loss), d_context = differences(context, loss);
    const std::vector<double> word_before = word, context_before = context;
    const double before = loss();
    const double said =
        kernels::glove_step_plain<double>(dim, stride, count, kTinyStep, x_max, alpha, word.data(), context.data());
    EXPECT_NEAR(said, before, 1e-12);
    for (size_t k = 0; k < width; ++k) {
      if (k >= dim && k != 2 * stride) continue;  // zeros and sums of squares
      EXPECT_NEAR((word_before[k] - word[k]) / kTinyStep, d_word[k], kGradientTolerance) << k;
      EXPECT_NEAR((context_before[k] - context[k]) / kTinyStep, d_context[k], kGradientTolerance) << k;
    }
  }
}

}  // namespace

}  // namespace latent::words
