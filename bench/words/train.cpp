// Word vectors by the library, for compare.py: text of one sentence a line, words between blanks.
//   latent_words_train TEXT OUT [--method skipgram|cbow|glove --dim 100 --window 5 --negative 5 --hs 0 --sample 1e-3
//   --lr 0
//     --epochs 5 --min-count 5 --min-n 0 --max-n 0 --buckets 2000000 --seed 0 --threads 2 --memory 2e9]
// writes the vectors as word2vec's text and prints one line of JSON.

#include <bench/process.hpp>
#include <cli/wait_policy.hpp>
#include <latent/core/threads.hpp>
#include <latent/words/glove/glove_trainer.hpp>
#include <latent/words/subwords.hpp>
#include <latent/words/training/embedding_trainer.hpp>

#include <fmt/core.h>

#include <bit>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

using namespace latent;         // NOLINT(google-build-using-namespace)
using namespace latent::words;  // NOLINT(google-build-using-namespace)

using Arguments = std::map<std::string, std::string>;

double number(const Arguments& arguments, const std::string& name, double otherwise) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? otherwise : std::stod(found->second);
}

template <class F>
void for_each_word(std::string_view line, const F& f) {
  for (size_t at = 0; at < line.size();) {
    const size_t end = std::min(line.find(' ', at), line.size());
    if (end > at) f(line.substr(at, end - at));
    at = end + 1;
  }
}

Vocabulary count_words(const std::string& path, int64_t min_count, int64_t* raw_words) {
  std::unordered_map<std::string, int64_t> counts;
  std::ifstream text(path);
  std::string word;
  for (std::string line; std::getline(text, line);) {
    for_each_word(line, [&](std::string_view w) {
      word.assign(w);
      ++counts[word];
      ++*raw_words;
    });
  }
  std::vector<std::pair<std::string, int64_t>> frequent;
  for (const auto& entry : counts) {
    if (entry.second >= min_count) frequent.emplace_back(entry);
  }
  return Vocabulary::by_count(std::move(frequent));
}

EncodedCorpus encode(const std::string& path, const Vocabulary& vocabulary) {
  CorpusWriter writer(int64_t{1} << 40, ".");
  std::ifstream text(path);
  std::vector<int32_t> ids;
  for (std::string line; std::getline(text, line);) {
    ids.clear();
    for_each_word(line, [&](std::string_view w) {
      if (const auto id = vocabulary.find(w)) ids.push_back(*id);
    });
    ids.push_back(kSentenceEnd);
    writer.append(ids);
  }
  return writer.finish();
}

EmbeddingOptions options_from(const Arguments& arguments) {
  EmbeddingOptions options;
  const auto method = arguments.find("--method");
  if (method != arguments.end()) options.method = embedding_method_from(method->second);
  const auto whole = [&](const char* name, auto& value) {
    value = static_cast<std::remove_reference_t<decltype(value)>>(number(arguments, name, static_cast<double>(value)));
  };
  whole("--dim", options.dim);
  whole("--window", options.window);
  whole("--negative", options.negative);
  whole("--hs", options.hierarchical_softmax);
  whole("--sample", options.sample);
  whole("--lr", options.lr);
  whole("--epochs", options.epochs);
  whole("--min-n", options.min_n);
  whole("--max-n", options.max_n);
  whole("--buckets", options.buckets);
  whole("--seed", options.seed);
  return options;
}

// A word's vector: its row, or with n-grams the mean of its own and theirs.
std::vector<float> vector_of(const EmbeddingOptions& options, const Vocabulary& vocabulary,
                             const EmbeddingTables& tables, int64_t word) {
  const auto row = tables.input.row(word);
  std::vector<float> sum(row.begin(), row.end());
  if (!options.has_subwords()) return sum;
  const auto buckets = subword_buckets(vocabulary.word(word), options.min_n, options.max_n, options.buckets);
  for (const int32_t bucket : buckets) {
    const auto gram = tables.input.row(vocabulary.size() + bucket);
    for (size_t d = 0; d < sum.size(); ++d) sum[d] += gram[d];
  }
  for (float& value : sum) value /= static_cast<float>(1 + buckets.size());
  return sum;
}

void write_vectors(const std::string& path, const Vocabulary& vocabulary, int64_t dim,
                   const std::function<std::vector<float>(int64_t)>& vector) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw std::runtime_error(path + ": cannot write");
  fmt::print(file, "{} {}\n", vocabulary.size(), dim);
  for (int64_t word = 0; word < vocabulary.size(); ++word) {
    fmt::print(file, "{}", vocabulary.word(word));
    for (const float value : vector(word)) fmt::print(file, " {:.6g}", value);
    fmt::print(file, "\n");
  }
  std::fclose(file);
}

// A number that stands for all bits learned.
uint64_t hash_of(std::initializer_list<const EmbeddingTable*> tables) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const EmbeddingTable* table : tables) {
    const auto values = std::span(table->data(), static_cast<size_t>(table->rows() * table->stride()));
    for (const float value : values) hash = (hash ^ std::bit_cast<uint32_t>(value)) * 0x100000001b3u;
  }
  return hash;
}

class Watch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  double processor() const { return bench::processor_seconds() - processor_; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double processor_ = bench::processor_seconds();
};

void train_embedding(const std::string& out, const Arguments& arguments, const Vocabulary& vocabulary,
                     const EncodedCorpus& corpus, int64_t raw_words) {
  const EmbeddingOptions options = options_from(arguments);
  const Watch watch;
  EmbeddingTables tables = initial_tables(options, vocabulary);
  EmbeddingTrainer trainer(options, vocabulary, corpus, tables);
  double loss = 0.0;
  while (trainer.step()) loss = trainer.progress().loss;
  fmt::print(R"("seconds": {:.2f}, "processor": {:.2f}, "raw words/s": {:.0f}, "loss": {:.4f}, "peak MB": {:.0f}, )"
             R"("bits": "{:016x}"}})"
             "\n",
             watch.seconds(), watch.processor(), static_cast<double>(raw_words * options.epochs) / watch.seconds(),
             loss, bench::peak_megabytes(), hash_of({&tables.input, &tables.output}));
  write_vectors(out, vocabulary, options.dim,
                [&](int64_t word) { return vector_of(options, vocabulary, tables, word); });
}

void train_glove(const std::string& out, const Arguments& arguments, const Vocabulary& vocabulary,
                 const EncodedCorpus& corpus) {
  GloveOptions options;
  options.dim = static_cast<int64_t>(number(arguments, "--dim", 100));
  options.iterations = static_cast<int64_t>(number(arguments, "--epochs", 15));
  options.lr = number(arguments, "--lr", 0.05);
  options.seed = static_cast<uint64_t>(number(arguments, "--seed", 0));
  const Watch counting;
  const Cooccurrences counts = count_cooccurrences(corpus.ids(), vocabulary.size(),
                                                   {.window = static_cast<int64_t>(number(arguments, "--window", 10)),
                                                    .memory = static_cast<int64_t>(number(arguments, "--memory", 2e9)),
                                                    .folder = ".",
                                                    .seed = options.seed});
  fmt::print(R"("pairs": {}, "counting": {:.2f}, "counting processor": {:.2f}, )", counts.pairs(), counting.seconds(),
             counting.processor());
  const Watch watch;
  GloveTables tables = initial_tables(options, vocabulary.size());
  GloveTrainer trainer(options, counts, tables);
  double loss = 0.0;
  while (trainer.step()) loss = trainer.progress().loss;
  fmt::print(R"("seconds": {:.2f}, "processor": {:.2f}, "pairs/s": {:.0f}, "loss": {:.4f}, "peak MB": {:.0f}, )"
             R"("bits": "{:016x}"}})"
             "\n",
             watch.seconds(), watch.processor(), static_cast<double>(trainer.progress().pairs_total) / watch.seconds(),
             loss, bench::peak_megabytes(), hash_of({&tables.words, &tables.contexts}));
  const Tensor vectors = vectors_of(options, tables);
  write_vectors(out, vocabulary, options.dim, [&](int64_t word) {
    const float* row = vectors.data<float>() + word * options.dim;
    return std::vector<float>(row, row + options.dim);
  });
}

void run(const std::string& text, const std::string& out, const Arguments& arguments) {
  set_num_threads(static_cast<int>(number(arguments, "--threads", 2)));
  const Watch reading;
  int64_t raw_words = 0;
  const Vocabulary vocabulary =
      count_words(text, static_cast<int64_t>(number(arguments, "--min-count", 5)), &raw_words);
  const EncodedCorpus corpus = encode(text, vocabulary);
  fmt::print(R"({{"words": {}, "raw words": {}, "read seconds": {:.2f}, )", vocabulary.size(), raw_words,
             reading.seconds());
  const auto method = arguments.find("--method");
  if (method != arguments.end() && method->second == "glove") return train_glove(out, arguments, vocabulary, corpus);
  train_embedding(out, arguments, vocabulary, corpus, raw_words);
}

}  // namespace

int main(int argc, char** argv) {
  cli::let_waiting_threads_sleep(argv);
  if (argc < 3 || argc % 2 == 0) {
    fmt::print(stderr, "latent_words_train TEXT OUT [--NAME VALUE ...]\n");
    return 2;
  }
  Arguments arguments;
  for (int i = 3; i + 1 < argc; i += 2) arguments[argv[i]] = argv[i + 1];
  try {
    run(argv[1], argv[2], arguments);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "latent_words_train: {}\n", error.what());
    return 1;
  }
}
