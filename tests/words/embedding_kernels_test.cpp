// The vector kernels of word embeddings against the plain ones, on every vector width of this processor.

#include <latent/core/rng.hpp>
#include <latent/kernels/cpu/embedding_plain.hpp>
#include <latent/kernels/cpu/glove_plain.hpp>
#include <latent/words/training/embedding_table.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <vector>

namespace latent::words {

namespace {

using kernels::EmbeddingInputs;
using kernels::EmbeddingSteps;
using kernels::EmbeddingWindows;
using kernels::GlovePair;
using kernels::RowShare;

constexpr int64_t kKernelRows = 23;
// A product of 129 numbers below 1 is exact to about 1e-6, and there are a few on top of each other.
constexpr float kNear = 2e-5f;

EmbeddingTable random_table(int64_t rows, int64_t dim, uint64_t stream) {
  EmbeddingTable table(rows, dim);
  Rng rng(7, stream);
  for (int64_t i = 0; i < rows; ++i) {
    rng.uniform(table.row(i));
    for (float& value : table.row(i)) value -= 0.5f;
  }
  return table;
}

EmbeddingTable copy_of(const EmbeddingTable& table) { return EmbeddingTable::from_padded(table.padded(), table.dim()); }

void expect_near(const EmbeddingTable& a, const EmbeddingTable& b) {
  for (int64_t k = 0; k < a.rows() * a.stride(); ++k) ASSERT_NEAR(a.data()[k], b.data()[k], kNear) << k;
}

// Windows with 0, 1, 2, ... outputs, some of them twice, beyond what is taken together.
struct KernelLists {
  explicit KernelLists(int64_t windows) {
    Rng rng(9);
    for (int64_t w = 0; w < windows; ++w) {
      first.push_back(static_cast<int32_t>(row.size()));
      window.push_back(static_cast<int32_t>(w));
      hidden.push_back(static_cast<int32_t>(rng.below(kKernelRows)));
      for (int64_t k = 0; k < w * 3 % 41; ++k) {
        row.push_back(static_cast<int32_t>(rng.below(kKernelRows)));
        positive.push_back(k % 3 == 0 ? 1.0f : 0.0f);
        weight.push_back(static_cast<float>(1 + k % 4));
      }
    }
    first.push_back(static_cast<int32_t>(row.size()));
  }
  EmbeddingWindows windows(int64_t stride) const {
    return {.count = static_cast<int64_t>(window.size()),
            .stride = stride,
            .first_output = first.data(),
            .output = row.data(),
            .positive = positive.data(),
            .weight = weight.data(),
            .shift = 0.7f};
  }
  std::vector<int32_t> first, row, window, hidden;
  std::vector<float> positive, weight;
};

template <class Body>
void on_odd_sizes(const Body& body) {
  on_every_target([&] {
    for (const int64_t dim : {1, 7, 17, 100, 129, 300}) {
      SCOPED_TRACE(dim);
      body(dim);
    }
  });
}

TEST(EmbeddingKernels, Steps) {
  const KernelLists lists(30);
  on_odd_sizes([&](int64_t dim) {
    EmbeddingTable hidden = random_table(kKernelRows, dim, 1), outputs = random_table(kKernelRows, dim, 2);
    EmbeddingTable plain_hidden = copy_of(hidden), plain_outputs = copy_of(outputs);
    const EmbeddingSteps steps{.count = 30,
                               .stride = hidden.stride(),
                               .window = lists.window.data(),
                               .hidden = lists.hidden.data(),
                               .first_output = lists.first.data(),
                               .output = lists.row.data(),
                               .positive = lists.positive.data(),
                               .weight = lists.weight.data(),
                               .shift = 1.3f};
    const double loss = kernels::embedding_steps(steps, 0.05f, hidden.data(), outputs.data());
    const double plain = kernels::embedding_steps_plain<float>(steps, 0.05f, plain_hidden.data(), plain_outputs.data());
    expect_near(hidden, plain_hidden);
    expect_near(outputs, plain_outputs);
    EXPECT_GT(loss, 1.0);
    EXPECT_NEAR(loss, plain, 1e-4 * plain);
  });
}

TEST(EmbeddingKernels, OutputsAndGradientsOfABatch) {
  const KernelLists lists(30);
  on_odd_sizes([&](int64_t dim) {
    const EmbeddingTable hidden = random_table(30, dim, 3);
    EmbeddingTable outputs = random_table(kKernelRows, dim, 4), plain_outputs = copy_of(outputs);
    EmbeddingTable gradients(30, dim), plain_gradients(30, dim);
    const EmbeddingWindows windows = lists.windows(hidden.stride());
    std::vector<float> slopes(lists.row.size()), plain_slopes(lists.row.size());
    double loss = 0.0;
    for (uint32_t part = 0; part < 3; ++part) {  // the plain one has all rows at once
      loss += kernels::update_outputs(windows, {hidden.data(), nullptr}, 0.05f, RowShare{part, 3}, outputs.data(),
                                      slopes.data());
    }
    const double plain = kernels::update_outputs_plain<float>(windows, {hidden.data(), nullptr}, 0.05f, {},
                                                              plain_outputs.data(), plain_slopes.data());
    EXPECT_NEAR(loss, plain, 1e-4 * plain);
    expect_near(outputs, plain_outputs);
    for (size_t i = 0; i < slopes.size(); ++i) ASSERT_NEAR(slopes[i], plain_slopes[i], kNear);
    kernels::gather_gradients(windows, outputs.data(), slopes.data(), hidden.data(), gradients.data());
    kernels::gather_gradients_plain(windows, plain_outputs.data(), plain_slopes.data(), hidden.data(),
                                    plain_gradients.data());
    expect_near(gradients, plain_gradients);
  });
}

TEST(EmbeddingKernels, MeansAndShares) {
  const KernelLists lists(30);
  on_odd_sizes([&](int64_t dim) {
    EmbeddingTable inputs = random_table(kKernelRows, dim, 5), plain_inputs = copy_of(inputs);
    EmbeddingTable hidden(30, dim), plain_hidden(30, dim);
    const EmbeddingInputs windows{30, inputs.stride(), lists.first.data(), lists.row.data()};
    kernels::mean_inputs(windows, inputs.data(), hidden.data());
    kernels::mean_inputs_plain(windows, inputs.data(), plain_hidden.data());
    expect_near(hidden, plain_hidden);
    for (uint32_t part = 0; part < 2; ++part) {
      kernels::scatter_gradients(windows, hidden.data(), RowShare{part, 2}, inputs.data());
    }
    kernels::scatter_gradients_plain(windows, plain_hidden.data(), {}, plain_inputs.data());
    expect_near(inputs, plain_inputs);
  });
}

TEST(EmbeddingKernels, AnOutputFarFromZeroIsSure) {
  on_every_target([] {
    EmbeddingTable hidden(1, 16), outputs(2, 16);
    hidden.row(0)[0] = 1000.0f;
    outputs.row(0)[0] = 1.0f;
    outputs.row(1)[0] = -1.0f;
    const std::vector<int32_t> first{0, 2}, row{0, 1}, window{0}, word{0};
    const std::vector<float> positive{1.0f, 0.0f}, weight{1.0f, 1.0f};
    const EmbeddingSteps steps{.count = 1,
                               .stride = 16,
                               .window = window.data(),
                               .hidden = word.data(),
                               .first_output = first.data(),
                               .output = row.data(),
                               .positive = positive.data(),
                               .weight = weight.data()};
    const double loss = kernels::embedding_steps(steps, 0.05f, hidden.data(), outputs.data());
    EXPECT_EQ(loss, 0.0);
    EXPECT_NEAR(hidden.row(0)[0], 1000.0f, 1e-3f);
    EXPECT_NEAR(outputs.row(1)[0], -1.0f, 1e-3f);
  });
}

TEST(EmbeddingKernels, GloveSteps) {
  on_odd_sizes([](int64_t dim) {
    const int64_t stride = EmbeddingTable::stride_of(dim), width = 2 * stride + kernels::GloveRows::kTail;
    EmbeddingTable words(kKernelRows, width), contexts(kKernelRows, width);
    Rng rng(11);
    for (EmbeddingTable* table : {&words, &contexts}) {
      for (int64_t i = 0; i < kKernelRows; ++i) {
        const auto row = table->row(i);
        rng.uniform(row.first(static_cast<size_t>(dim)));
        std::fill_n(row.begin() + stride, stride, 1.0f);
        row[static_cast<size_t>(2 * stride)] = 0.1f;
        row[static_cast<size_t>(2 * stride) + 1] = 1.0f;
      }
    }
    std::vector<GlovePair> pairs;
    for (int k = 0; k < 77; ++k) {
      pairs.push_back({static_cast<int32_t>(rng.below(kKernelRows)), static_cast<int32_t>(rng.below(kKernelRows)),
                       static_cast<float>(0.1 + 200.0 * rng.uniform() * rng.uniform())});
    }
    EmbeddingTable plain_words = copy_of(words), plain_contexts = copy_of(contexts);
    double loss = 0.0, plain = 0.0;
    for (const bool swapped : {false, true}) {
      loss += kernels::glove_steps(pairs.data(), 77, swapped, {0.01f, 100.0f, 0.75f},
                                   {dim, stride, words.data(), contexts.data()});
      for (const GlovePair& pair : pairs) {
        plain += kernels::glove_step_plain<float>(dim, stride, pair.count, 0.01f, 100.0f, 0.75f,
                                                  plain_words.row(swapped ? pair.second : pair.first).data(),
                                                  plain_contexts.row(swapped ? pair.first : pair.second).data());
      }
    }
    EXPECT_NEAR(loss, plain, 1e-3 * plain);
    // Errors of 1e-6 grow with products of up to 75, step by step.
    for (int64_t k = 0; k < kKernelRows * words.stride(); ++k) {
      ASSERT_NEAR(words.data()[k], plain_words.data()[k], 1e-3f + 1e-3f * std::abs(plain_words.data()[k])) << k;
      ASSERT_NEAR(contexts.data()[k], plain_contexts.data()[k], 1e-3f + 1e-3f * std::abs(plain_contexts.data()[k]));
    }
  });
}

}  // namespace

}  // namespace latent::words
