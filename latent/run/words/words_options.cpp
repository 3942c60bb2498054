#include <latent/run/words/words_options.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/detail/json_fields.hpp>
#include <latent/core/error.hpp>
#include <latent/core/memory.hpp>
#include <latent/core/text.hpp>
#include <latent/words/glove/glove_trainer.hpp>
#include <latent/words/training/embedding_trainer.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent {

namespace {

constexpr int64_t kMost = INT64_MAX / 2;
constexpr double kMostReal = 1e300;

bool flag_in(const JsonFields& fields, std::string_view key) {
  const nlohmann::json& value = fields.at(key);
  if (!value.is_boolean()) fields.refuse(key, "true or false");
  return value.get<bool>();
}

constexpr auto kWordsMethods = std::to_array<Choice<WordsMethod>>(
    {{"skipgram", WordsMethod::skipgram}, {"cbow", WordsMethod::cbow}, {"glove", WordsMethod::glove}});

struct Unit {
  char letter;
  int64_t bytes;
};
constexpr std::array<Unit, 4> kUnits = {
    {{'T', int64_t{1} << 40}, {'G', int64_t{1} << 30}, {'M', int64_t{1} << 20}, {'K', int64_t{1} << 10}}};

}  // namespace

Json WordsOptions::to_json() const {
  return nlohmann::json{{"method", name_of(method)},
                        {"dim", embedding.dim},
                        {"window", embedding.window},
                        {"negative", embedding.negative},
                        {"hierarchical_softmax", embedding.hierarchical_softmax},
                        {"shift", embedding.hierarchical_softmax ? 0.0 : embedding.shift.value_or(0.0)},
                        {"sample", embedding.sample},
                        {"ns_exponent", embedding.ns_exponent},
                        {"lr", method == WordsMethod::glove ? glove_options().lr : embedding_options().first_lr()},
                        {"x_max", x_max},
                        {"alpha", alpha},
                        {"min_lr", embedding.min_lr},
                        {"epochs", embedding.epochs},
                        {"min_n", embedding.min_n},
                        {"max_n", embedding.max_n},
                        {"buckets", embedding.has_subwords() ? embedding.buckets : 0},
                        {"seed", embedding.seed},
                        {"min_count", min_count},
                        {"max_words", max_words},
                        {"phrases", phrases.passes},
                        {"phrase_threshold", phrases.threshold},
                        {"tokens", text::name_of(tokenizer.words)},
                        {"sentences", text::name_of(tokenizer.sentences)},
                        {"lowercase", tokenizer.lowercase}};
}

WordsOptions WordsOptions::from_json(const Json& json) {
  const JsonFields fields("words", *json, {"method",    "dim",         "window",  "negative",  "hierarchical_softmax",
                                           "sample",    "ns_exponent", "lr",      "min_lr",    "epochs",
                                           "min_n",     "max_n",       "buckets", "seed",      "min_count",
                                           "max_words", "phrases",     "tokens",  "sentences", "phrase_threshold",
                                           "lowercase", "x_max",       "alpha",   "shift"});
  WordsOptions options;
  words::EmbeddingOptions& embedding = options.embedding;
  options.method = words_method_from(fields.text("method"));
  options.x_max = fields.number("x_max", 100.0, 0.0, kMostReal);
  options.alpha = fields.number("alpha", 0.75, 0.0, 1.0);
  embedding.dim = fields.integer("dim", std::nullopt, 1, kMost);
  embedding.window = fields.integer("window", std::nullopt, 1, kMost);
  embedding.negative = fields.integer("negative", std::nullopt, 1, kMost);
  embedding.hierarchical_softmax = flag_in(fields, "hierarchical_softmax");
  embedding.shift = fields.number("shift", 0.0, -kMostReal, kMostReal);  // older models were trained without
  embedding.sample = fields.number("sample", std::nullopt, 0.0, kMostReal);
  embedding.ns_exponent = fields.number("ns_exponent", std::nullopt, -kMostReal, kMostReal);
  embedding.lr = fields.number("lr", std::nullopt, 0.0, kMostReal);
  embedding.min_lr = fields.number("min_lr", std::nullopt, 0.0, kMostReal);
  embedding.epochs = fields.integer("epochs", std::nullopt, 1, kMost);
  embedding.min_n = static_cast<int>(fields.integer("min_n", std::nullopt, 0, 1000));
  embedding.max_n = static_cast<int>(fields.integer("max_n", std::nullopt, 0, 1000));
  const int64_t buckets = fields.integer("buckets", std::nullopt, 0, kMost);
  if (buckets > 0) embedding.buckets = buckets;
  const nlohmann::json& seed = fields.at("seed");
  if (!seed.is_number_unsigned()) fields.refuse("seed", "a whole number from 0");
  embedding.seed = seed.get<uint64_t>();
  options.min_count = fields.integer("min_count", std::nullopt, 1, kMost);
  options.max_words = fields.integer("max_words", std::nullopt, 0, kMost);
  options.phrases.passes = fields.integer("phrases", std::nullopt, 0, kMost);
  options.phrases.threshold = fields.number("phrase_threshold", std::nullopt, 0.0, kMostReal);
  options.tokenizer.words = text::word_rule_from(fields.text("tokens"));
  options.tokenizer.sentences = text::sentence_rule_from(fields.text("sentences"));
  options.tokenizer.lowercase = flag_in(fields, "lowercase");
  options.check();
  return options;
}

void WordsOptions::check() const {
  if (method == WordsMethod::glove) return words::check(glove_options());
  words::check(embedding_options());
}

words::EmbeddingOptions WordsOptions::embedding_options() const {
  words::EmbeddingOptions options = embedding;
  options.method = method == WordsMethod::cbow ? words::EmbeddingMethod::cbow : words::EmbeddingMethod::skipgram;
  return options;
}

words::GloveOptions WordsOptions::glove_options() const {
  words::GloveOptions options;
  options.dim = embedding.dim;
  options.iterations = embedding.epochs;
  if (x_max != 0.0) options.x_max = x_max;
  options.alpha = alpha;
  if (embedding.lr != 0.0) options.lr = embedding.lr;
  options.seed = embedding.seed;
  return options;
}

int64_t WordsOptions::pair_memory() const {
  constexpr int64_t kUsually = int64_t{1} << 30;
  return memory > 0 ? std::min(memory / 2, kUsually) : kUsually;
}

WordsMethod words_method_from(std::string_view name) { return choose("method", name, kWordsMethods); }
std::string_view name_of(WordsMethod method) { return kWordsMethods[static_cast<size_t>(method)].name; }

int64_t WordsMemory::total() const {
  int64_t all = 0;
  for (const auto& [what, bytes] : parts) all += bytes;
  return all;
}

std::string WordsMemory::text() const {
  std::string list;
  for (const auto& [what, bytes] : parts)
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", what, bytes_text(bytes));
  return fmt::format("training takes {}: {}", bytes_text(total()), list);
}

namespace {

// Each word has two rows: of a vector, the squares of its gradients, and a bias.
WordsMemory glove_memory(const WordsOptions& options, const words::Vocabulary& vocabulary) {
  constexpr int64_t kTail = 16;
  const int64_t row = (2 * words::EmbeddingTable::stride_of(options.embedding.dim) + kTail) * int64_t{sizeof(float)};
  WordsMemory memory;
  memory.parts.emplace_back("the list of words",
                            words::Vocabulary::memory_of(vocabulary.size(), vocabulary.bytes().numel()));
  memory.parts.emplace_back(
      fmt::format("vectors of {}, as words and as neighbours", counted(vocabulary.size(), "word")),
      2 * vocabulary.size() * row);
  memory.parts.emplace_back("counts of pairs, at most", options.pair_memory());
  return memory;
}

}  // namespace

WordsMemory words_memory(const WordsOptions& options, const words::Vocabulary& vocabulary) {
  const words::EmbeddingOptions& embedding = options.embedding;
  const int64_t row = words::EmbeddingTable::stride_of(embedding.dim) * int64_t{sizeof(float)};
  if (options.method == WordsMethod::glove) return glove_memory(options, vocabulary);
  const int64_t words = vocabulary.size(), tables = words::training_memory(embedding, words);
  const int64_t buckets = embedding.has_subwords() ? embedding.buckets * row : 0;
  WordsMemory memory;
  memory.parts.emplace_back("the list of words", words::Vocabulary::memory_of(words, vocabulary.bytes().numel()));
  memory.parts.emplace_back(fmt::format("vectors of {}", counted(words, "word")), words * row);
  if (buckets > 0) memory.parts.emplace_back(counted(embedding.buckets, "n-gram bucket"), buckets);
  memory.parts.emplace_back("the other layer", words * row);
  memory.parts.emplace_back("the rest", std::max<int64_t>(0, tables - 2 * words * row - buckets));
  return memory;
}

void check_words_memory(const WordsOptions& options, const words::Vocabulary& vocabulary) {
  const bool is_promised = options.memory > 0;
  const auto allowed =
      is_promised ? options.memory : static_cast<int64_t>(std::min<uint64_t>(memory_allowed(), INT64_MAX));
  const WordsMemory memory = words_memory(options, vocabulary);
  if (memory.total() <= allowed) return;
  const words::EmbeddingOptions& embedding = options.embedding;
  const int64_t row = words::EmbeddingTable::stride_of(embedding.dim) * int64_t{sizeof(float)};
  std::string advice;
  const int64_t others = memory.total() - (embedding.has_subwords() ? embedding.buckets * row : 0);
  if (embedding.has_subwords() && others < allowed) {
    advice = fmt::format("--buckets {} would fit", (allowed - others) / row);
  } else {
    const double share = static_cast<double>(allowed) / static_cast<double>(memory.total());
    const auto words = static_cast<int64_t>(static_cast<double>(vocabulary.size()) * share * 0.95);
    const auto dim = static_cast<int64_t>(static_cast<double>(embedding.dim) * share * 0.95) / 16 * 16;
    advice = fmt::format("--max-words {} or a larger --min-count takes fewer words", words);
    if (dim > 0) advice += fmt::format(", --dim {} shorter vectors", dim);
    if (embedding.has_subwords()) advice += ", --max-n 0 no n-grams";
  }
  throw UsageError(fmt::format("{}, but {} {}", memory.text(),
                               is_promised ? "--memory allows" : "this process may take", bytes_text(allowed)),
                   advice);
}

int64_t parse_bytes(std::string_view text) {
  std::string_view number = text;
  if (number.ends_with('B') || number.ends_with('b')) number.remove_suffix(1);
  int64_t unit = 1;
  for (const Unit& known : kUnits) {
    if (number.empty() || std::toupper(static_cast<unsigned char>(number.back())) != known.letter) continue;
    unit = known.bytes;
    number.remove_suffix(1);
    break;
  }
  const auto value = parse_number<double>(number);
  const double bytes = value.value_or(-1.0) * static_cast<double>(unit);
  LATENT_CHECK(bytes >= 1.0 && bytes < 9e18, "'{}': expected a number of bytes such as 2G or 500M", one_line(text));
  return static_cast<int64_t>(bytes);
}

std::string bytes_text(int64_t bytes) {
  for (const Unit& unit : kUnits) {
    if (bytes < unit.bytes) continue;
    const double value = static_cast<double>(bytes) / static_cast<double>(unit.bytes);
    return fmt::format(fmt::runtime(value < 10.0 ? "{:.1f} {}B" : "{:.0f} {}B"), value, unit.letter);
  }
  return fmt::format("{} bytes", bytes);
}

}  // namespace latent
