#include <latent/words/word_vectors.hpp>

#include <latent/core/text.hpp>
#include <latent/core/threads.hpp>
#include <latent/words/subwords.hpp>

#include <algorithm>

namespace latent::words {

namespace {

void add_row(const Tensor& rows, int64_t row, std::vector<float>& sum) {
  const float* values = rows.data<float>() + row * rows.dim(1);
  for (size_t d = 0; d < sum.size(); ++d) sum[d] += values[d];
}

// The mean of some rows of n-grams, and of a word's own row where it has one.
std::vector<float> mean_of(const Ngrams& ngrams, const std::vector<int32_t>& buckets, std::optional<int64_t> id) {
  std::vector<float> sum(static_cast<size_t>(ngrams.rows.dim(1)));
  if (id) add_row(ngrams.word_rows, *id, sum);
  for (const int32_t bucket : buckets) add_row(ngrams.rows, bucket, sum);
  const float scale = 1.0f / static_cast<float>(buckets.size() + (id ? 1 : 0));
  for (float& value : sum) value *= scale;
  return sum;
}

}  // namespace

Tensor compose_vectors(const Vocabulary& vocabulary, const Ngrams& ngrams) {
  const Tensor &own = ngrams.word_rows, &rows = ngrams.rows;
  LATENT_CHECK(own.ndim() == 2 && own.dim(0) == vocabulary.size() && rows.ndim() == 2 && rows.dim(1) == own.dim(1),
               "[compose_vectors] word_rows ({}, dim), rows (buckets, dim): got {} and {}", vocabulary.size(),
               own.shape().str(), rows.shape().str());
  Tensor vectors = Tensor::empty(own.shape());
  parallel_for(vocabulary.size(), 256, [&](int64_t begin, int64_t end) {
    for (int64_t id = begin; id < end; ++id) {
      const auto buckets = subword_buckets(vocabulary.word(id), ngrams.min_n, ngrams.max_n, ngrams.buckets());
      std::ranges::copy(mean_of(ngrams, buckets, id), vectors.data<float>() + id * own.dim(1));
    }
  });
  return vectors;
}

std::optional<std::vector<float>> vector_of(const WordVectors& words, std::string_view word) {
  if (const auto id = words.vocabulary.find(word)) {
    const float* row = words.vectors.data<float>() + *id * words.dim();
    return std::vector<float>(row, row + words.dim());
  }
  if (!words.ngrams) return std::nullopt;
  const auto buckets = subword_buckets(word, words.ngrams->min_n, words.ngrams->max_n, words.ngrams->buckets());
  if (buckets.empty()) return std::nullopt;
  return mean_of(*words.ngrams, buckets, std::nullopt);
}

void throw_unknown_word(const Vocabulary& vocabulary, std::string_view word) {
  constexpr int64_t kOffered = 5;
  std::string near;
  for (const std::string& spelling : vocabulary.near_spellings(word, kOffered)) {
    near += fmt::format("{}{}", near.empty() ? "near it are " : ", ", one_line(spelling));
  }
  throw UsageError(fmt::format("'{}' is not among the {}", one_line(word), counted(vocabulary.size(), "word")), near);
}

std::vector<float> known_vector(const WordVectors& words, std::string_view word) {
  if (auto vector = vector_of(words, word)) return *std::move(vector);
  throw_unknown_word(words.vocabulary, word);
}

}  // namespace latent::words
