#include <latent/words/glove/glove_trainer.hpp>

#include <latent/core/denormals.hpp>
#include <latent/core/error.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/glove.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace latent::words {

namespace {

constexpr uint64_t kGloveStart = 0x676c6f, kDiagonalOrder = 0x646961;  // tapes
constexpr int64_t kParts = Cooccurrences::kParts;

kernels::GloveRows rows_of(int64_t dim) {
  return {.dim = dim, .stride = EmbeddingTable::stride_of(dim), .words = nullptr, .contexts = nullptr};
}

}  // namespace

void check(const GloveOptions& options) {
  LATENT_CHECK(options.dim >= 1 && options.dim <= 4096, "[glove] dim from 1 to 4096 expected, got {}", options.dim);
  LATENT_CHECK(options.iterations >= 1 && options.iterations <= 1'000'000,
               "[glove] iterations from 1 to 1000000 expected, got {}", options.iterations);
  LATENT_CHECK(options.x_max > 0.0 && std::isfinite(options.x_max), "[glove] x_max > 0 expected, got {}",
               options.x_max);
  LATENT_CHECK(options.alpha >= 0.0 && options.alpha <= 1.0, "[glove] alpha from 0 to 1 expected, got {}",
               options.alpha);
  LATENT_CHECK(options.lr > 0.0 && options.lr <= 10.0, "[glove] lr above 0, at most 10, expected, got {}", options.lr);
}

GloveTables initial_tables(const GloveOptions& options, int64_t words) {
  check(options);
  LATENT_CHECK(words >= 1, "[glove] a vocabulary of at least one word expected, got {}", words);
  const kernels::GloveRows rows = rows_of(options.dim);
  GloveTables tables{EmbeddingTable(words, rows.row()), EmbeddingTable(words, rows.row())};
  const auto blocks = static_cast<uint64_t>((options.dim + 1 + 3) / 4);  // of the tape, for each row
  const Rng::State tape = Rng(options.seed).fork(kGloveStart).state();
  const float scale = 1.0f / static_cast<float>(options.dim);
  const auto dim = static_cast<size_t>(options.dim), bias = static_cast<size_t>(2 * rows.stride);
  parallel_for(2 * words, 512, [&](int64_t begin, int64_t end) {
    std::vector<float> values(dim + 1);
    for (int64_t i = begin; i < end; ++i) {
      const auto row = i < words ? tables.words.row(i) : tables.contexts.row(i - words);
      Rng(Rng::State{tape.seed, tape.stream, static_cast<uint64_t>(i) * blocks}).uniform(std::span(values));
      for (float& value : values) value = (value - 0.5f) * scale;
      std::copy_n(values.begin(), dim, row.begin());
      std::fill_n(row.begin() + rows.stride, rows.stride, 1.0f);
      row[bias] = values[dim];
      row[bias + 1] = 1.0f;
    }
  });
  return tables;
}

Tensor vectors_of(const GloveOptions& options, const GloveTables& tables) {
  Tensor vectors = Tensor::empty({tables.words.rows(), options.dim});
  float* to = vectors.data<float>();
  for (int64_t i = 0; i < tables.words.rows(); ++i) {
    const auto word = tables.words.row(i), context = tables.contexts.row(i);
    for (size_t d = 0; d < static_cast<size_t>(options.dim); ++d) *to++ = word[d] + context[d];
  }
  return vectors;
}

struct GloveTrainer::State {
  GloveOptions options;
  Cooccurrences counts;
  GloveTables& tables;
  std::array<int64_t, kParts> met = {};  // pairs of each diagonal, in either direction
  int64_t met_in_all = 0;
  int64_t position = 0;
  double loss = 0.0;

  // Diagonals come in another order in each iteration.
  std::vector<int64_t> order(int64_t iteration) const {
    return Rng(options.seed).fork(kDiagonalOrder).fork(static_cast<uint64_t>(iteration)).permutation(kParts);
  }
  int64_t count_met(int64_t part, int64_t other) const;
  double train_block(int64_t part, int64_t other) const;
};

int64_t GloveTrainer::State::count_met(int64_t part, int64_t other) const {
  const auto pairs = counts.block(std::min(part, other), std::max(part, other));
  auto met_here = static_cast<int64_t>(pairs.size());
  if (part == other) {
    met_here += std::count_if(pairs.begin(), pairs.end(), [](const auto& pair) { return pair.first != pair.second; });
  }
  return met_here;
}

// Words of one part with contexts of another. Within a part, pairs are met in one direction, then in the other.
double GloveTrainer::State::train_block(int64_t part, int64_t other) const {
  const auto pairs = counts.block(std::min(part, other), std::max(part, other));
  const kernels::GloveSettings settings{static_cast<float>(options.lr), static_cast<float>(options.x_max),
                                        static_cast<float>(options.alpha)};
  kernels::GloveRows rows = rows_of(options.dim);
  rows.words = tables.words.data();
  rows.contexts = tables.contexts.data();
  const auto run = [&](std::span<const kernels::GlovePair> some, bool swapped) {
    return kernels::glove_steps(some.data(), static_cast<int64_t>(some.size()), swapped, settings, rows);
  };
  if (part != other) return run(pairs, part > other);
  double sum = run(pairs, false);
  for (auto begin = pairs.begin(); begin != pairs.end();) {
    const auto self = [](const kernels::GlovePair& pair) { return pair.first == pair.second; };
    const auto end = std::find_if(begin, pairs.end(), self);
    sum += run({begin, end}, true);
    begin = end == pairs.end() ? end : end + 1;
  }
  return sum;
}

GloveTrainer::GloveTrainer(const GloveOptions& options, Cooccurrences counts, GloveTables& tables)
    : state_(new State{options, std::move(counts), tables, {}, 0, 0, 0.0}) {
  check(options);
  State& s = *state_;
  const int64_t width = rows_of(options.dim).row();
  for (const EmbeddingTable* table : {&tables.words, &tables.contexts}) {
    LATENT_CHECK(table->rows() == s.counts.words() && table->dim() == width,
                 "[glove] tables ({}, {}) expected, got ({}, {})", s.counts.words(), width, table->rows(),
                 table->dim());
  }
  LATENT_CHECK(s.counts.pairs() > 0, "[glove] a text in which words stand side by side expected");
  for (int64_t diagonal = 0; diagonal < kParts; ++diagonal) {
    for (int64_t part = 0; part < kParts; ++part) {
      s.met[static_cast<size_t>(diagonal)] += s.count_met(part, (part + diagonal) % kParts);
    }
    s.met_in_all += s.met[static_cast<size_t>(diagonal)];
  }
}

GloveTrainer::~GloveTrainer() = default;

bool GloveTrainer::step() {
  State& s = *state_;
  if (s.position >= positions()) return false;
  const DenormalMode flushed(Denormals::flushed);
  const int64_t diagonal = s.order(s.position / kParts)[static_cast<size_t>(s.position % kParts)];
  std::array<double, kParts> losses = {};
  parallel_for(kParts, 1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) {
      losses[static_cast<size_t>(part)] = s.train_block(part, (part + diagonal) % kParts);
    }
  });
  double sum = 0.0;
  for (const double loss : losses) sum += loss;
  const int64_t met = s.met[static_cast<size_t>(diagonal)];
  if (met > 0) s.loss = sum / static_cast<double>(met);
  ++s.position;
  return true;
}

GloveTrainer::Progress GloveTrainer::progress() const {
  const State& s = *state_;
  int64_t done = s.position / kParts * s.met_in_all;
  const std::vector<int64_t> order = s.order(s.position / kParts);
  for (int64_t k = 0; k < s.position % kParts; ++k) {
    done += s.met[static_cast<size_t>(order[static_cast<size_t>(k)])];
  }
  return {.iteration = s.position / kParts,
          .pairs_done = done,
          .pairs_total = s.met_in_all * s.options.iterations,
          .loss = s.loss};
}

int64_t GloveTrainer::position() const { return state_->position; }

int64_t GloveTrainer::positions() const { return kParts * state_->options.iterations; }

void GloveTrainer::go_to(int64_t position) {
  LATENT_CHECK(position >= 0 && position <= positions(), "[glove] step {} of {} does not exist", position, positions());
  state_->position = position;
}

}  // namespace latent::words
