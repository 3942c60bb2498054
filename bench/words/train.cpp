// Word vectors by the library, for compare.py: text of one sentence a line, words between blanks.
//   latent_words_train TEXT OUT [--method skipgram --dim 100 --window 5 --negative 5 --hs 0 --sample 1e-3 --lr 0
//     --epochs 5 --min-count 5 --min-n 0 --max-n 0 --buckets 2000000 --seed 0 --threads 2]
// writes the vectors as word2vec's text and prints one line of JSON.

#include <bench/process.hpp>
#include <cli/wait_policy.hpp>
#include <latent/core/threads.hpp>
#include <latent/words/subwords.hpp>
#include <latent/words/training/embedding_trainer.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
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

void write_vectors(const std::string& path, const EmbeddingOptions& options, const Vocabulary& vocabulary,
                   const EmbeddingTables& tables) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw std::runtime_error(path + ": cannot write");
  fmt::print(file, "{} {}\n", vocabulary.size(), options.dim);
  for (int64_t word = 0; word < vocabulary.size(); ++word) {
    fmt::print(file, "{}", vocabulary.word(word));
    for (const float value : vector_of(options, vocabulary, tables, word)) fmt::print(file, " {:.6g}", value);
    fmt::print(file, "\n");
  }
  std::fclose(file);
}

int run(const std::string& text, const std::string& out, const Arguments& arguments) {
  using Clock = std::chrono::steady_clock;
  const auto seconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  };
  set_num_threads(static_cast<int>(number(arguments, "--threads", 2)));
  const EmbeddingOptions options = options_from(arguments);
  const auto reading = Clock::now();
  int64_t raw_words = 0;
  const Vocabulary vocabulary =
      count_words(text, static_cast<int64_t>(number(arguments, "--min-count", 5)), &raw_words);
  const EncodedCorpus corpus = encode(text, vocabulary);
  const double read_seconds = seconds_since(reading);
  const auto training = Clock::now();
  const double processor_before = bench::processor_seconds();
  EmbeddingTables tables = initial_tables(options, vocabulary);
  EmbeddingTrainer trainer(options, vocabulary, corpus, tables);
  double loss = 0.0;
  while (trainer.step()) loss = trainer.progress().loss;
  const double seconds = seconds_since(training);
  const double processor = bench::processor_seconds() - processor_before;
  const double peak = bench::peak_megabytes();
  write_vectors(out, options, vocabulary, tables);
  uint64_t hash = 0xcbf29ce484222325u;  // of the bits learned
  for (const EmbeddingTable* table : {&tables.input, &tables.output}) {
    const auto bytes = std::as_bytes(std::span(table->data(), static_cast<size_t>(table->rows() * table->stride())));
    for (size_t i = 0; i < bytes.size(); i += 4) hash = (hash ^ std::to_integer<uint64_t>(bytes[i])) * 0x100000001b3u;
  }
  fmt::print(R"({{"words": {}, "raw words": {}, "read seconds": {:.2f}, "seconds": {:.2f}, "processor": {:.2f}, )"
             R"("raw words/s": {:.0f}, "loss": {:.4f}, "peak MB": {:.0f}, "bits": "{:016x}"}})"
             "\n",
             vocabulary.size(), raw_words, read_seconds, seconds, processor,
             static_cast<double>(raw_words * options.epochs) / seconds, loss, peak, hash);
  return 0;
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
    return run(argv[1], argv[2], arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "latent_words_train: {}\n", error.what());
    return 1;
  }
}
