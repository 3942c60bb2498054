#include <latent/words/training/windows.hpp>

#include <latent/core/error.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/embedding.hpp>
#include <latent/words/encoded_corpus.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent::words {

namespace {

constexpr uint64_t kWindowDraws = 0x77696e;  // tape of what is drawn for each place of the text
constexpr int32_t kLeftOut = -2;

// The j-th number of the sequence that begins at `key`: splitmix64 (Steele et al. 2014), a few cycles each.
uint64_t draw_of(uint64_t key, uint64_t j) {
  uint64_t z = key + (j + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

WindowSampler::WindowSampler(const EmbeddingOptions& options, const Vocabulary& vocabulary)
    : options_(options), keep_(static_cast<size_t>(vocabulary.size())) {
  check(options);
  const auto total = static_cast<double>(vocabulary.total());
  double left = 0.0, most = 0.0;
  for (int64_t word = 0; word < vocabulary.size(); ++word) {
    const auto count = static_cast<double>(vocabulary.count(word));
    const double t = options.sample * total;
    const double keep = t > 0.0 && count > t ? std::min(1.0, std::sqrt(t / count) + t / count) : 1.0;
    keep_[static_cast<size_t>(word)] = static_cast<float>(keep);
    left += keep * count;
    most = std::max(most, keep * count);
  }
  largest_share_ = left > 0.0 ? most / left : 1.0;
  if (options.hierarchical_softmax) {
    std::vector<int64_t> counts;
    for (int64_t word = 0; word < vocabulary.size(); ++word) counts.push_back(vocabulary.count(word));
    tree_ = huffman_tree(counts);
  } else {
    noise_.emplace(vocabulary, options.ns_exponent);
  }
  if (!options.has_subwords()) return;
  first_subword_.push_back(0);
  for (int64_t word = 0; word < vocabulary.size(); ++word) {
    for (const int32_t bucket : subword_buckets(vocabulary.word(word), options.min_n, options.max_n, options.buckets)) {
      subwords_.push_back(static_cast<int32_t>(vocabulary.size()) + bucket);
    }
    first_subword_.push_back(static_cast<int64_t>(subwords_.size()));
  }
}

int64_t WindowSampler::memory(const EmbeddingOptions& options, int64_t words) {
  const bool cbow = options.method == EmbeddingMethod::cbow;
  const auto path = static_cast<int64_t>(std::log2(static_cast<double>(words) + 2.0));
  const int64_t grams = options.has_subwords() ? 6 * (options.max_n - options.min_n + 1) : 0;  // of a word of 8 letters
  const int64_t targets = cbow ? 1 : options.window + 1;  // windows are half as wide on average
  const int64_t outputs = options.hierarchical_softmax ? targets * path : targets * (1 + options.negative);
  const int64_t inputs = (cbow ? options.window + 1 : 1) * (1 + grams);
  constexpr int64_t kOutput = 16, kInput = 4, kWord = 48;  // bytes of each in a chunk
  const int64_t for_each_word = 16 + (options.hierarchical_softmax ? 8 + 5 * path : 0) + 8 + 4 * grams;
  return kChunk * (kOutput * outputs + kInput * inputs + kWord) + words * for_each_word;
}

int64_t WindowSampler::chunks() const { return (static_cast<int64_t>(ids_.size()) + kChunk - 1) / kChunk; }

int64_t WindowSampler::output_rows() const {
  return static_cast<int64_t>(keep_.size()) - (options_.hierarchical_softmax ? 1 : 0);
}

void WindowSampler::keep_words(int64_t epoch, std::span<const int32_t> ids, int64_t begin) {
  draws_.resize(ids.size());
  const uint64_t stream = Rng(options_.seed).fork(kWindowDraws).fork(static_cast<uint64_t>(epoch)).state().stream;
  parallel_for(static_cast<int64_t>(ids.size()), 4096, [&](int64_t from, int64_t to) {
    for (auto i = static_cast<size_t>(from); i < static_cast<size_t>(to); ++i) {
      draws_[i].id = ids[i];
      if (ids[i] < 0 || static_cast<size_t>(ids[i]) >= keep_.size()) continue;
      const auto words = philox(options_.seed, stream, static_cast<uint64_t>(begin) + i);
      const float keep = keep_[static_cast<size_t>(ids[i])];
      if (keep < 1.0f && static_cast<float>(words[0] >> 8) * 0x1p-24f >= keep) draws_[i].id = kLeftOut;
      draws_[i].reach = static_cast<int32_t>(1 + ((uint64_t{words[1]} * static_cast<uint64_t>(options_.window)) >> 32));
      draws_[i].noise = (uint64_t{words[2]} << 32) | words[3];
    }
  });
  kept_.clear();
  for (size_t i = 0; i < ids.size(); ++i) {
    LATENT_CHECK(ids[i] >= kSentenceEnd && ids[i] < static_cast<int64_t>(keep_.size()),
                 "[words] id {} is no word of {}, at place {} of the text", ids[i], keep_.size(),
                 begin + static_cast<int64_t>(i));
    if (draws_[i].id != kLeftOut) kept_.push_back(draws_[i]);
  }
  kept_.push_back({kSentenceEnd, 0, 0});
}

int64_t WindowSampler::input_count(const Place& place) const {
  const auto rows_of = [&](int32_t at) {
    const auto id = static_cast<size_t>(kept_[static_cast<size_t>(at)].id);
    return first_subword_.empty() ? 1 : 1 + first_subword_[id + 1] - first_subword_[id];
  };
  if (options_.method == EmbeddingMethod::skipgram) return rows_of(place.at);
  int64_t count = 0;
  for (int32_t at = place.first; at <= place.last; ++at) count += at == place.at ? 0 : rows_of(at);
  return count;
}

int64_t WindowSampler::output_count(const Place& place) const {
  if (options_.method == EmbeddingMethod::cbow) {
    return tree_ ? path_length(kept_[static_cast<size_t>(place.at)].id) : 1 + options_.negative;
  }
  if (!tree_) {
    const int64_t targets = place.last - place.first;
    return targets + (targets + kSharedBy - 1) / kSharedBy * options_.negative;
  }
  int64_t count = 0;
  for (int32_t at = place.first; at <= place.last; ++at) {
    if (at != place.at) count += path_length(kept_[static_cast<size_t>(at)].id);
  }
  return count;
}

void WindowSampler::place_windows(Windows& windows) {
  places_.clear();
  int32_t begin = 0;
  for (int32_t end = 0; end < static_cast<int32_t>(kept_.size()); ++end) {
    if (kept_[static_cast<size_t>(end)].id != kSentenceEnd) continue;
    for (int32_t at = begin; at < end; ++at) {
      const int32_t reach = kept_[static_cast<size_t>(at)].reach;
      const Place place{at, std::max(begin, at - reach), std::min(end - 1, at + reach)};
      if (place.first < place.last) places_.push_back(place);
    }
    begin = end + 1;
  }
  const size_t count = places_.size();
  const bool lists = options_.method == EmbeddingMethod::cbow || options_.has_subwords();
  windows.count = static_cast<int64_t>(count);
  windows.word.resize(count);
  windows.pairs.resize(count);
  windows.parts = lists ? 1 : kParts;
  const auto parts = static_cast<size_t>(windows.parts);
  windows.first_output.resize(count * parts + 1);
  windows.first_input.resize(lists ? count + 1 : 0);
  int64_t outputs = 0, inputs = 0;
  for (size_t w = 0; w < count; ++w) {
    windows.first_output[w * parts] = static_cast<int32_t>(outputs);
    outputs += output_count(places_[w]);
    if (!lists) continue;
    windows.first_input[w] = static_cast<int32_t>(inputs);
    inputs += input_count(places_[w]);
  }
  windows.first_output[count * parts] = static_cast<int32_t>(outputs);
  if (lists) windows.first_input[count] = static_cast<int32_t>(inputs);
  windows.output.resize(static_cast<size_t>(outputs));
  windows.positive.resize(static_cast<size_t>(outputs));
  windows.weight.resize(static_cast<size_t>(outputs));
  windows.input.resize(static_cast<size_t>(inputs));
}

void WindowSampler::Outputs::clear() {
  row.clear();
  positive.clear();
  weight.clear();
}

void WindowSampler::Outputs::add(int32_t to, float label, float counts) {
  row.push_back(to);
  positive.push_back(label);
  weight.push_back(counts);
}

void WindowSampler::list_outputs(const Place& place, Outputs& outputs) const {
  outputs.clear();
  const bool cbow = options_.method == EmbeddingMethod::cbow;
  for (int32_t at = cbow ? place.at : place.first; at <= (cbow ? place.at : place.last); ++at) {
    if (!cbow && at == place.at) continue;
    const auto id = static_cast<size_t>(kept_[static_cast<size_t>(at)].id);
    if (!tree_) {
      outputs.add(static_cast<int32_t>(id), 1.0f, 1.0f);
      continue;
    }
    for (auto k = static_cast<size_t>(tree_->first[id]); k < static_cast<size_t>(tree_->first[id + 1]); ++k) {
      outputs.add(tree_->node[k], tree_->code[k] == 0 ? 1.0f : 0.0f, 1.0f);
    }
  }
  if (!tree_) list_noise(place, outputs);
}

void WindowSampler::list_noise(const Place& place, Outputs& outputs) const {
  const uint64_t key = kept_[static_cast<size_t>(place.at)].noise;
  const size_t targets = outputs.row.size();
  uint64_t draw = 0;
  for (size_t first = 0; first < targets; first += kSharedBy) {
    const size_t last = std::min(first + static_cast<size_t>(kSharedBy), targets);
    for (int64_t j = 0; j < options_.negative; ++j) {
      const int32_t row = noise_->draw(draw_of(key, draw++));
      int32_t others = 0;
      for (size_t target = first; target < last; ++target) others += outputs.row[target] != row ? 1 : 0;
      outputs.add(row, 0.0f, static_cast<float>(others));
    }
  }
}

// Sorted by the parts of their rows, within a part as they are.
void WindowSampler::put_outputs(const Outputs& outputs, int64_t window, Windows& windows) {
  const auto parts = static_cast<size_t>(windows.parts);
  const auto part_of = [&](int32_t row) { return kernels::part_of_row(row, static_cast<uint32_t>(parts)); };
  std::array<int32_t, kParts + 1> next = {};
  for (const int32_t row : outputs.row) ++next[part_of(row) + 1];
  int32_t* first = windows.first_output.data() + static_cast<size_t>(window) * parts;
  next[0] = first[0];
  for (size_t part = 1; part <= parts; ++part) next[part] += next[part - 1];
  for (size_t part = 1; part < parts; ++part) first[part] = next[part];
  for (size_t k = 0; k < outputs.row.size(); ++k) {
    const auto place = static_cast<size_t>(next[part_of(outputs.row[k])]++);
    windows.output[place] = outputs.row[k];
    windows.positive[place] = outputs.positive[k];
    windows.weight[place] = outputs.weight[k];
  }
}

void WindowSampler::fill_inputs(const Place& place, int64_t to, Windows& windows) const {
  auto i = static_cast<size_t>(to);
  const bool cbow = options_.method == EmbeddingMethod::cbow;
  for (int32_t at = cbow ? place.first : place.at; at <= (cbow ? place.last : place.at); ++at) {
    if (cbow && at == place.at) continue;
    const int32_t id = kept_[static_cast<size_t>(at)].id;
    windows.input[i++] = id;
    if (first_subword_.empty()) continue;
    const auto begin = subwords_.begin() + first_subword_[static_cast<size_t>(id)];
    const auto end = subwords_.begin() + first_subword_[static_cast<size_t>(id) + 1];
    i = static_cast<size_t>(std::copy(begin, end, windows.input.begin() + static_cast<int64_t>(i)) -
                            windows.input.begin());
  }
}

void WindowSampler::fill(int64_t begin, int64_t end, Windows& windows) const {
  Outputs outputs;
  for (auto w = static_cast<size_t>(begin); w < static_cast<size_t>(end); ++w) {
    const Place& place = places_[w];
    windows.word[w] = kept_[static_cast<size_t>(place.at)].id;
    windows.pairs[w] = options_.method == EmbeddingMethod::cbow ? 1 : place.last - place.first;
    list_outputs(place, outputs);
    put_outputs(outputs, static_cast<int64_t>(w), windows);
    if (!windows.first_input.empty()) fill_inputs(place, windows.first_input[w], windows);
  }
}

void WindowSampler::draw(int64_t epoch, int64_t chunk, Windows& windows) {
  const int64_t begin = chunk * kChunk, end = std::min(begin + kChunk, static_cast<int64_t>(ids_.size()));
  const auto ids = ids_.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  keep_words(epoch, ids, begin);
  place_windows(windows);
  windows.words = static_cast<int64_t>(ids.size()) - std::count(ids.begin(), ids.end(), kSentenceEnd);
  parallel_for(windows.count, 512, [&](int64_t from, int64_t to) { fill(from, to, windows); });
}

}  // namespace latent::words
