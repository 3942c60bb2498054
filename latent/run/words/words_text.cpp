// What a text holds: the words and phrases that training starts from.

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/formats/file.hpp>
#include <latent/run/words/words_training.hpp>

#include <algorithm>
#include <numeric>

namespace latent {

namespace {

constexpr const char* kPhrasesFile = "phrases.tsv";

// Counting may take a quarter of what training may: the tables come after it.
int64_t counting_memory(const WordsOptions& options) { return options.memory / 4; }

std::vector<Remark> remarks_on(const words::CountedText& counted_text) {
  const text::CorpusPass& pass = counted_text.pass;
  std::vector<Remark> remarks;
  if (pass.repaired > 0) {
    remarks.push_back(
        {fmt::format("{} of the text are not UTF-8; U+FFFD stands in their place", counted(pass.repaired, "byte")),
         true});
  }
  if (pass.long_words > 0) {
    remarks.push_back(
        {fmt::format("{} of more than {} bytes were left out", counted(pass.long_words, "word"), text::kLongestWord),
         true});
  }
  if (counted_text.forgotten_below > 0) {
    remarks.push_back({fmt::format("--memory was short while words were counted: those met less than {} times by then "
                                   "were forgotten, so that counts of rare words may be too low",
                                   counted_text.forgotten_below),
                       true});
  }
  return remarks;
}

}  // namespace

WordsText read_words(const text::Corpus& corpus, const WordsOptions& options, const words::ReadingProgress& progress) {
  WordsText text;
  words::PhraseOptions phrases = options.phrases;
  phrases.min_count = options.min_count;
  phrases.memory = counting_memory(options);
  text.phrases = words::find_phrases(corpus, phrases, progress);
  text.counted = words::count_words(
      corpus, {.min_count = options.min_count, .max_words = options.max_words, .memory = counting_memory(options)},
      text.phrases, progress);
  text.vocabulary = text.counted.vocabulary;
  text.remarks = remarks_on(text.counted);
  check_words_memory(options, text.vocabulary);
  return text;
}

WordsText read_more_words(const text::Corpus& corpus, const WordsOptions& options, const words::WordVectors& start,
                          const words::Phrases& phrases, const words::ReadingProgress& progress) {
  WordsText text;
  text.phrases = phrases;
  // Known words count however rarely they are met here.
  text.counted = words::count_words(corpus, {.min_count = 1, .memory = counting_memory(options)}, phrases, progress);
  text.remarks = remarks_on(text.counted);
  const words::Vocabulary &known = start.vocabulary, &met = text.counted.vocabulary;
  std::vector<std::string> names;
  std::vector<int64_t> counts;
  for (int64_t id = 0; id < known.size(); ++id) {
    const auto here = met.find(known.word(id));
    names.emplace_back(known.word(id));
    counts.push_back(std::max<int64_t>(known.count(id), 1) + (here ? met.count(*here) : 0));
  }
  for (int64_t id = 0; id < met.size() && met.count(id) >= options.min_count; ++id) {
    if (known.find(met.word(id))) continue;
    if (options.max_words > 0 && static_cast<int64_t>(names.size()) >= options.max_words) break;
    names.emplace_back(met.word(id));
    counts.push_back(met.count(id));
  }
  std::vector<size_t> order(names.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](size_t i) { return counts[i]; });
  std::vector<std::string> sorted_names;
  std::vector<int64_t> sorted_counts;
  for (const size_t i : order) {
    sorted_names.push_back(std::move(names[i]));
    sorted_counts.push_back(counts[i]);
  }
  text.vocabulary = words::Vocabulary::in_order(sorted_names, sorted_counts);
  check_words_memory(options, text.vocabulary);
  return text;
}

words::Phrases read_phrases(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kPhrasesFile;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  const FileContents file = FileContents::read(path);
  std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  words::Phrases::Passes passes;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t first = line.find('\t'), second = line.find('\t', first + 1);
    const auto pass = parse_number<size_t>(line.substr(0, std::min(first, line.size())));
    const bool is_next = pass && (*pass == passes.size() || *pass == passes.size() + 1) && *pass > 0;
    if (second == std::string_view::npos || !is_next || second + 1 == line.size())
      throw DataError(path.string(), "a line that is not 'pass, word, word' between tabs");
    if (*pass > passes.size()) passes.emplace_back();
    passes.back().emplace_back(line.substr(first + 1, second - first - 1), line.substr(second + 1));
  }
  return words::Phrases(passes);
}

void write_phrases(const std::filesystem::path& directory, const words::Phrases& phrases) {
  const std::filesystem::path path = directory / kPhrasesFile;
  std::error_code ignored;
  if (phrases.empty()) {
    std::filesystem::remove(path, ignored);
    return;
  }
  replace_file(path, [&](Sink& sink) {
    size_t pass = 0;
    for (const auto& pairs : phrases.pairs()) {
      ++pass;
      for (const auto& [left, right] : pairs) sink.write(fmt::format("{}\t{}\t{}\n", pass, left, right));
    }
  });
}

}  // namespace latent
