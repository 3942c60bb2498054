#include <latent/words/training/embedding_trainer.hpp>

#include <latent/core/denormals.hpp>
#include <latent/core/error.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/embedding.hpp>
#include <latent/words/training/windows.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace latent::words {

namespace {

constexpr uint64_t kInitialRows = 0x696e6974;  // tape of the first values

// How often the most frequent word may stand in the middle of a batch's windows. Quality on text is the same with
// batches of 16 windows and of 1024 (CBOW and n-grams on 5 MB of novels); small vocabularies get small batches.
constexpr double kMostRepeats = 16.0;
constexpr int64_t kFewestWindows = 8, kMostWindows = 1024;

int64_t output_rows_of(const EmbeddingOptions& options, int64_t words) {
  return options.hierarchical_softmax ? words - 1 : words;
}
int64_t input_rows_of(const EmbeddingOptions& options, int64_t words) {
  return words + (options.has_subwords() ? options.buckets : 0);
}

}  // namespace

EmbeddingTables initial_tables(const EmbeddingOptions& options, const Vocabulary& vocabulary) {
  check(options);
  const int64_t V = vocabulary.size();
  LATENT_CHECK(V > 0, "[words] a vocabulary of at least one word expected");
  EmbeddingTables tables{EmbeddingTable(input_rows_of(options, V), options.dim),
                         EmbeddingTable(output_rows_of(options, V), options.dim)};
  const Rng::State tape = Rng(options.seed).fork(kInitialRows).state();
  const auto blocks = static_cast<uint64_t>((options.dim + 3) / 4);  // of the tape, for each row
  const float scale = 1.0f / static_cast<float>(options.dim);
  parallel_for(tables.input.rows(), 1024, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto row = tables.input.row(i);
      Rng(Rng::State{tape.seed, tape.stream, static_cast<uint64_t>(i) * blocks}).uniform(row);
      for (float& value : row) value = (2.0f * value - 1.0f) * scale;
    }
  });
  return tables;
}

int64_t training_memory(const EmbeddingOptions& options, int64_t words) {
  const int64_t row = EmbeddingTable::stride_of(options.dim) * static_cast<int64_t>(sizeof(float));
  const int64_t rows = input_rows_of(options, words) + output_rows_of(options, words) + 2 * kMostWindows;
  return rows * row + WindowSampler::memory(options, words);
}

struct EmbeddingTrainer::State {
  EmbeddingOptions options;
  EncodedCorpus corpus;
  EmbeddingTables& tables;
  WindowSampler sampler;
  Windows windows;
  int64_t batch = kMostWindows;
  std::vector<float> slopes;
  EmbeddingTable hidden, gradients;  // (batch, dim), where a window has several inputs
  int64_t position = 0;
  double loss = 0.0;
  std::array<std::vector<int32_t>, WindowSampler::kParts> windows_of;  // part of the input table

  double lr_at(double done) const {
    const double first = options.first_lr();
    return std::max(options.min_lr, first - (first - options.min_lr) * done);
  }
  double share_done(int64_t at) const {
    const int64_t chunks = sampler.chunks(), epoch = at / chunks;
    const auto ids = static_cast<double>(corpus.ids().size());
    const double inside = std::min(1.0, static_cast<double>(at % chunks * WindowSampler::kChunk) / ids);
    return (static_cast<double>(epoch) + inside) / static_cast<double>(options.epochs);
  }

  float shift() const { return static_cast<float>(options.shift_for(corpus.words())); }
  double train_grid(float lr);
  double train_batch(int64_t begin, int64_t end, float lr);
};

namespace {

// Numbers of rows that are worth waking other threads for.
constexpr int64_t kWorthThreads = int64_t{1} << 16;

// Calls `work(share)` for every share, each on a thread of its own. What is done does not depend on how many there are.
template <class Work>
void for_each_share(const kernels::EmbeddingWindows& windows, const Work& work) {
  const int64_t outputs = windows.first_output[windows.count] - windows.first_output[0];
  const int64_t threads = outputs * windows.stride < kWorthThreads ? 1 : num_threads();
  const auto parts = static_cast<uint32_t>(threads);
  parallel_for(threads, 1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) work(kernels::RowShare{static_cast<uint32_t>(part), parts});
  });
}

}  // namespace

// Windows of one input row each. Both tables are cut into parts, and the windows' pairs of input and output into a grid
// of blocks. Those on a diagonal have no row in common, so they are done at the same time.
double EmbeddingTrainer::State::train_grid(float lr) {
  constexpr auto kParts = WindowSampler::kParts;
  for (auto& list : windows_of) list.clear();
  for (int32_t w = 0; w < windows.count; ++w) {
    windows_of[kernels::part_of_row(windows.word[static_cast<size_t>(w)], kParts)].push_back(w);
  }
  double loss = 0.0;
  for (int64_t diagonal = 0; diagonal < kParts; ++diagonal) {
    std::array<double, kParts> losses = {};
    parallel_for(kParts, 1, [&](int64_t first, int64_t last) {
      for (int64_t part = first; part < last; ++part) {
        const auto& list = windows_of[static_cast<size_t>(part)];
        const kernels::EmbeddingSteps steps{.count = static_cast<int64_t>(list.size()),
                                            .stride = tables.output.stride(),
                                            .parts = kParts,
                                            .part = (part + diagonal) % kParts,
                                            .window = list.data(),
                                            .hidden = windows.word.data(),
                                            .first_output = windows.first_output.data(),
                                            .output = windows.output.data(),
                                            .positive = windows.positive.data(),
                                            .weight = windows.weight.data(),
                                            .shift = shift()};
        losses[static_cast<size_t>(part)] =
            kernels::embedding_steps(steps, lr, tables.input.data(), tables.output.data());
      }
    });
    for (const double part : losses) loss += part;
  }
  return loss;
}

// A batch of windows that have several input rows each, whose mean predicts.
double EmbeddingTrainer::State::train_batch(int64_t begin, int64_t end, float lr) {
  const kernels::EmbeddingWindows outputs{.count = end - begin,
                                          .stride = tables.output.stride(),
                                          .first_output = windows.first_output.data() + begin,
                                          .output = windows.output.data(),
                                          .positive = windows.positive.data(),
                                          .weight = windows.weight.data(),
                                          .shift = shift()};
  const kernels::EmbeddingInputs inputs{outputs.count, outputs.stride, windows.first_input.data() + begin,
                                        windows.input.data()};
  const int64_t rows = inputs.first_input[inputs.count] - inputs.first_input[0];
  const int64_t grain = rows * inputs.stride < kWorthThreads ? inputs.count : 16;
  parallel_for(inputs.count, grain, [&](int64_t first, int64_t last) {
    kernels::mean_inputs({last - first, inputs.stride, inputs.first_input + first, inputs.input}, tables.input.data(),
                         hidden.data() + first * hidden.stride());
  });
  std::vector<double> losses(static_cast<size_t>(num_threads()));
  for_each_share(outputs, [&](kernels::RowShare share) {
    losses[share.part] =
        kernels::update_outputs(outputs, {hidden.data(), nullptr}, lr, share, tables.output.data(), slopes.data());
  });
  parallel_for(outputs.count, grain, [&](int64_t first, int64_t last) {
    kernels::EmbeddingWindows part = outputs;
    part.count = last - first;
    part.first_output += first;
    kernels::gather_gradients(part, tables.output.data(), slopes.data(), hidden.data() + first * hidden.stride(),
                              gradients.data() + first * gradients.stride());
  });
  for_each_share(outputs, [&](kernels::RowShare share) {
    kernels::scatter_gradients(inputs, gradients.data(), share, tables.input.data());
  });
  double loss = 0.0;
  for (const double part : losses) loss += part;
  return loss;
}

EmbeddingTrainer::EmbeddingTrainer(const EmbeddingOptions& options, const Vocabulary& vocabulary, EncodedCorpus corpus,
                                   EmbeddingTables& tables)
    : state_(new State{
          options, std::move(corpus), tables, WindowSampler(options, vocabulary), {}, 0, {}, {}, {}, 0, 0.0, {}}) {
  State& s = *state_;
  LATENT_CHECK(s.corpus.words() > 0, "[words] a text with words of the vocabulary expected");
  const int64_t V = vocabulary.size();
  LATENT_CHECK(tables.input.rows() == input_rows_of(options, V) && tables.input.dim() == options.dim,
               "[words] input table ({}, {}) expected, got ({}, {})", input_rows_of(options, V), options.dim,
               tables.input.rows(), tables.input.dim());
  LATENT_CHECK(tables.output.rows() == output_rows_of(options, V) && tables.output.dim() == options.dim,
               "[words] output table ({}, {}) expected, got ({}, {})", output_rows_of(options, V), options.dim,
               tables.output.rows(), tables.output.dim());
  s.sampler.read(s.corpus.ids());
  s.batch = std::clamp(static_cast<int64_t>(kMostRepeats / s.sampler.largest_share()), kFewestWindows, kMostWindows);
  if (options.method == EmbeddingMethod::cbow || options.has_subwords()) {
    s.hidden = EmbeddingTable(s.batch, options.dim);
    s.gradients = EmbeddingTable(s.batch, options.dim);
  }
}

EmbeddingTrainer::~EmbeddingTrainer() = default;

bool EmbeddingTrainer::step() {
  State& s = *state_;
  if (s.position >= positions()) return false;
  const DenormalMode flushed(Denormals::flushed);
  const int64_t chunks = s.sampler.chunks();
  s.sampler.draw(s.position / chunks, s.position % chunks, s.windows);
  s.slopes.resize(s.windows.output.size());
  const double from = s.share_done(s.position), to = s.share_done(s.position + 1);
  double loss = 0.0, pairs = 0.0;
  // In a grid one window in kLossEvery is asked for its loss, in a batch the same from its beginning.
  const int64_t batch = s.windows.parts > 1 ? s.windows.count : s.batch;
  for (int64_t begin = 0; begin < s.windows.count; begin += batch) {
    const int64_t end = std::min(begin + batch, s.windows.count);
    const double inside = static_cast<double>(begin) / static_cast<double>(s.windows.count);
    const auto lr = static_cast<float>(s.lr_at(from + (to - from) * inside));
    loss += s.windows.parts > 1 ? s.train_grid(lr) : s.train_batch(begin, end, lr);
    for (int64_t w = begin; w < end; w += kernels::kLossEvery) pairs += s.windows.pairs[static_cast<size_t>(w)];
  }
  if (pairs > 0.0) s.loss = loss / pairs;
  ++s.position;
  return true;
}

EmbeddingTrainer::Progress EmbeddingTrainer::progress() const {
  const State& s = *state_;
  const double done = s.share_done(s.position);
  const int64_t total = s.corpus.words() * s.options.epochs;
  return {.epoch = s.position / s.sampler.chunks(),
          .words_done = s.position == positions() ? total : static_cast<int64_t>(done * static_cast<double>(total)),
          .words_total = total,
          .lr = s.lr_at(done),
          .loss = s.loss};
}

int64_t EmbeddingTrainer::position() const { return state_->position; }

int64_t EmbeddingTrainer::positions() const { return state_->sampler.chunks() * state_->options.epochs; }

void EmbeddingTrainer::go_to(int64_t position) {
  LATENT_CHECK(position >= 0 && position <= positions(), "[words] step {} of {} does not exist", position, positions());
  state_->position = position;
}

}  // namespace latent::words
