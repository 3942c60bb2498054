// latent words nearest, analogy, odd: questions to word vectors.

#include <cli/messages.hpp>
#include <cli/options.hpp>
#include <cli/output.hpp>
#include <cli/report.hpp>
#include <cli/words.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/core/names.hpp>
#include <latent/words/queries.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <iostream>

namespace latent::cli {

namespace {

Json near_json(const words::WordVectors& words, const std::vector<words::NearWord>& found) {
  Json list = Json::array();
  for (const words::NearWord& near : found)
    list.push_back({{"word", words.vocabulary.word(near.id)}, {"cosine", near.cosine}});
  return list;
}

void near_rows(Report& report, const words::WordVectors& words, const std::vector<words::NearWord>& found) {
  for (const words::NearWord& near : found)
    report.row(one_line(words.vocabulary.word(near.id)), fmt::format("{:.4f}", near.cosine));
}

// A word as it was typed; where it is not there, as it is in a vocabulary of small letters, or joined to a phrase.
std::string as_known(const words::WordVectors& words, const std::string& typed) {
  if (words.vocabulary.find(typed)) return typed;
  std::string other = typed;
  std::ranges::replace(other, ' ', '_');
  if (words.vocabulary.find(other)) return other;
  const auto lowercase = words.training->find("lowercase");
  if (lowercase == words.training->end() || *lowercase != true) return typed;
  other = text::tokenize(other, {.lowercase = true}).text;
  return words.vocabulary.find(other) ? other : typed;
}

void declare_count(Arguments& arguments, int64_t& k, const char* text) {
  arguments.add_option("-k,--neighbors,--topn", k, text)
      ->type_name("N")
      ->check(whole_number(1, 100'000))
      ->show_default();
}

class WordsNearest : public Command {
 public:
  void declare(Arguments& arguments) override {
    argument_.declare(arguments);
    arguments.add_option("WORD", asked_, "one word or more; - reads them from standard input, one on each line")
        ->required();
    declare_count(arguments, k_, "words for each");
    arguments.add_option("--method", method_, "exact, or hnsw (an index, which pays for thousands of words)")
        ->type_name("NAME")
        ->show_default();
  }

  Result run() override {
    const space::IndexMethod method = space::index_method_from(method_);
    words::WordVectors vectors = argument_.open();
    const std::vector<std::string> asked = words_asked();
    const auto queries =
        method == space::IndexMethod::exact
            ? std::make_unique<words::WordQueries>(std::move(vectors))
            : std::make_unique<words::WordQueries>(std::move(vectors), space::IndexOptions{.method = method});
    const words::WordVectors& words = queries->words();
    Report report;
    report.json = {{"run", argument_.path}, {"nearest", Json::array()}};
    std::string text;
    for (const std::string& typed : asked) {
      const std::string word = as_known(words, typed);
      const auto found = queries->nearest(word, k_);
      const bool is_seen = words.vocabulary.find(word).has_value();
      report.json["nearest"].push_back({{"word", word}, {"seen", is_seen}, {"neighbors", near_json(words, found)}});
      Report one;
      near_rows(one, words, found);
      if (asked.size() > 1) text += fmt::format("{}{}\n", text.empty() ? "" : "\n", one_line(word));
      if (!is_seen) note(fmt::format("'{}' is not among the words; its n-grams stand for it", one_line(word)));
      text += one.result().text;
    }
    Result result = report.result();
    result.text = text;
    return result;
  }

 private:
  std::vector<std::string> words_asked() const {
    if (asked_ != std::vector<std::string>{"-"}) return asked_;
    std::vector<std::string> words;
    for (std::string line; std::getline(std::cin, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) words.push_back(line);
    }
    if (words.empty()) throw UsageError("no words on standard input");
    return words;
  }

  WordsArgument argument_;
  std::vector<std::string> asked_;
  int64_t k_ = 10;
  std::string method_ = "exact";
};

class WordsAnalogy : public Command {
 public:
  void declare(Arguments& arguments) override {
    argument_.declare(arguments);
    arguments.add_option("A", a_, "a word")->required();
    arguments.add_option("B", b_, "what it is related to")->required();
    arguments.add_option("C", c_, "the word whose counterpart is asked for: A is to B as C is to ...")->required();
    declare_count(arguments, k_, "answers");
  }

  Result run() override {
    const words::WordQueries queries(argument_.open());
    const words::WordVectors& words = queries.words();
    const std::string a = as_known(words, a_), b = as_known(words, b_), c = as_known(words, c_);
    const auto found = queries.analogy(a, b, c, k_);
    Report report;
    report.json = {{"run", argument_.path}, {"a", a}, {"b", b}, {"c", c}, {"answers", near_json(words, found)}};
    near_rows(report, words, found);
    return report.result();
  }

 private:
  WordsArgument argument_;
  std::string a_, b_, c_;
  int64_t k_ = 5;
};

class WordsOdd : public Command {
 public:
  void declare(Arguments& arguments) override {
    argument_.declare(arguments);
    arguments.add_option("WORD", group_, "three words or more, of which one does not belong")->required();
  }

  Result run() override {
    if (group_.size() < 3) throw UsageError("three words or more are needed, of which one does not belong");
    const words::WordVectors words = argument_.open();
    for (std::string& word : group_) word = as_known(words, word);
    const std::vector<double> cosines = words::cosines_with_mean(words, group_);
    std::vector<size_t> order(group_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, {}, [&](size_t i) { return cosines[i]; });
    Report report;
    report.json = {{"run", argument_.path}, {"odd", group_[order[0]]}, {"words", Json::array()}};
    report.line(fmt::format("{} does not belong", one_line(group_[order[0]])));
    for (const size_t i : order) {
      report.json["words"].push_back({{"word", group_[i]}, {"cosine", cosines[i]}});
      report.row(one_line(group_[i]), fmt::format("{:.4f}", cosines[i]));
    }
    return report.result();
  }

 private:
  WordsArgument argument_;
  std::vector<std::string> group_;
};

}  // namespace

std::unique_ptr<Command> make_words_nearest() { return std::make_unique<WordsNearest>(); }
std::unique_ptr<Command> make_words_analogy() { return std::make_unique<WordsAnalogy>(); }
std::unique_ptr<Command> make_words_odd() { return std::make_unique<WordsOdd>(); }

}  // namespace latent::cli
