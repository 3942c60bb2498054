#include <latent/models/word_embedding.hpp>

#include <latent/core/detail/json_fields.hpp>

#include <algorithm>
#include <utility>

namespace latent {

namespace {

constexpr int64_t kMostRows = int64_t{1} << 31, kMostDims = int64_t{1} << 20, kLongestNgram = 1000;

void check_table(const char* name, const Tensor& table, const Tensor& vectors) {
  LATENT_CHECK(table.ndim() == 2 && table.dim(1) == vectors.dim(1) && table.dtype() == DType::f32,
               "[WordEmbedding] {} (rows, {}) f32: got {} {}", name, vectors.dim(1), name_of(table.dtype()),
               table.shape().str());
}

}  // namespace

WordEmbedding::WordEmbedding(WordTables tables, Ngrams ngrams) : tables_(std::move(tables)), ngrams_(ngrams) {
  const Tensor& vectors = tables_.vectors;
  LATENT_CHECK(vectors.ndim() == 2 && vectors.dim(0) >= 1 && vectors.dim(1) >= 1 && vectors.dtype() == DType::f32,
               "[WordEmbedding] vectors (V, dim) f32: got {} {}", name_of(vectors.dtype()), vectors.shape().str());
  const Shape words = {vectors.dim(0)};
  LATENT_CHECK(tables_.ends.shape() == words && tables_.counts.shape() == words && tables_.bytes.ndim() == 1,
               "[WordEmbedding] ends and counts ({}), bytes (B): got {}, {} and {}", vectors.dim(0),
               tables_.ends.shape().str(), tables_.counts.shape().str(), tables_.bytes.shape().str());
  add_buffer("words.bytes", tables_.bytes);
  add_buffer("words.ends", tables_.ends);
  add_buffer("words.counts", tables_.counts);
  add_buffer("vectors", vectors);
  LATENT_CHECK(tables_.ngrams.defined() == (ngrams_.max_n > 0) && tables_.word_rows.defined() == (ngrams_.max_n > 0),
               "[WordEmbedding] n-grams of up to {} characters, but {} rows for them", ngrams_.max_n,
               tables_.ngrams.defined() ? tables_.ngrams.dim(0) : 0);
  if (ngrams_.max_n > 0) {
    check_table("ngrams", tables_.ngrams, vectors);
    check_table("word_rows", tables_.word_rows, vectors);
    LATENT_CHECK(tables_.word_rows.shape() == vectors.shape(), "[WordEmbedding] word_rows {}: got {}",
                 vectors.shape().str(), tables_.word_rows.shape().str());
    add_buffer("word_rows", tables_.word_rows);
    add_buffer("ngrams", tables_.ngrams);
  }
  if (tables_.output.defined()) {
    check_table("output", tables_.output, vectors);
    add_buffer("output", tables_.output);
  }
}

WordEmbeddingPlan WordEmbeddingPlan::from(const Json& config) {
  const JsonFields fields("model", *config,
                          {"model", "words", "word_bytes", "dim", "output_rows", "buckets", "min_n", "max_n"});
  WordEmbeddingPlan plan;
  plan.words = fields.integer("words", std::nullopt, 1, kMostRows);
  plan.word_bytes = fields.integer("word_bytes", std::nullopt, 0, INT64_MAX / 2);
  plan.dim = fields.integer("dim", std::nullopt, 1, kMostDims);
  plan.output_rows = fields.integer("output_rows", 0, 0, kMostRows);
  plan.buckets = fields.integer("buckets", 0, 0, kMostRows);
  plan.min_n = fields.integer("min_n", 0, 0, kLongestNgram);
  plan.max_n = fields.integer("max_n", 0, 0, kLongestNgram);
  if ((plan.max_n > 0) != (plan.buckets > 0)) fields.refuse("buckets", "more than 0 if max_n is, else 0");
  if (plan.max_n > 0 && (plan.min_n < 1 || plan.min_n > plan.max_n)) fields.refuse("min_n", "from 1 to max_n");
  return plan;
}

double WordEmbeddingPlan::num_weights() const {
  const int64_t rows = words * (buckets > 0 ? 2 : 1) + buckets + output_rows;
  return static_cast<double>(rows) * static_cast<double>(dim);
}

std::unique_ptr<LatentModel> WordEmbedding::make(const Json& config, Rng& /*rng*/, int64_t max_elements,
                                                 const DataFacts* /*data*/) {
  const auto [words, bytes, dim, output_rows, buckets, min_n, max_n] = WordEmbeddingPlan::from(config);
  const int64_t rows = words * (buckets > 0 ? 2 : 1) + buckets + output_rows;  // below 2^34, times 2^20
  const int64_t elements = rows * dim + 2 * words;
  LATENT_CHECK(bytes <= max_elements && elements <= max_elements - bytes,
               "[model] {} words of {} dimensions take {} numbers, more than {}", words, dim, elements, max_elements);
  WordTables tables;
  tables.bytes = Tensor::zeros({bytes}, DType::u8);
  tables.ends = Tensor::zeros({words}, DType::i64);
  tables.counts = Tensor::zeros({words}, DType::i64);
  tables.vectors = Tensor::zeros({words, dim});
  if (buckets > 0) {
    tables.word_rows = Tensor::zeros({words, dim});
    tables.ngrams = Tensor::zeros({buckets, dim});
  }
  if (output_rows > 0) tables.output = Tensor::zeros({output_rows, dim});
  return std::make_unique<WordEmbedding>(std::move(tables), Ngrams{min_n, max_n});
}

std::unique_ptr<Distribution> WordEmbedding::encode(const Tensor& ids) const {
  LATENT_CHECK(ids.ndim() == 2 && ids.dim(1) == 1 && ids.dtype() == DType::i32,
               "[words] ids (N, 1) i32 expected, got {} {}", name_of(ids.dtype()), ids.shape().str());
  const int64_t words = tables_.vectors.dim(0), dim = latent_dim();
  Tensor codes = Tensor::empty({ids.dim(0), dim});
  const float* const vectors = std::as_const(tables_.vectors).data<float>();
  float* row = codes.data<float>();
  for (const int32_t id : ids.span<int32_t>()) {
    LATENT_CHECK(id >= 0 && id < words, "[words] id {} of {} words", id, words);
    row = std::copy_n(vectors + id * dim, dim, row);
  }
  return std::make_unique<PointMass>(std::move(codes));
}

LossTerms WordEmbedding::loss(const Batch& /*batch*/, const StepContext& /*context*/) const {
  latent::detail::throw_invalid_argument(
      "[words] words are trained and measured by 'latent words train' and 'latent words evaluate', not in batches");
}

bool is_words(const LatentModel& model) { return dynamic_cast<const WordEmbedding*>(&model) != nullptr; }

Json WordEmbedding::config() const {
  nlohmann::json config = {{"model", "words"},
                           {"words", tables_.vectors.dim(0)},
                           {"word_bytes", tables_.bytes.numel()},
                           {"dim", latent_dim()},
                           {"output_rows", tables_.output.defined() ? tables_.output.dim(0) : 0}};
  if (ngrams_.max_n > 0) {
    config["buckets"] = tables_.ngrams.dim(0);
    config["min_n"] = ngrams_.min_n;
    config["max_n"] = ngrams_.max_n;
  }
  return config;
}

}  // namespace latent
