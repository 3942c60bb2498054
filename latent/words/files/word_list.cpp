#include <latent/core/finite.hpp>
#include <latent/core/text.hpp>
#include <latent/text/characters.hpp>
#include <latent/words/files/detail/forms.hpp>
#include <latent/words/word_counter.hpp>

#include <algorithm>
#include <cmath>

namespace latent::words::detail {

struct WordList::Table {
  WordCounter words;  // whose counts say how often a word stands in the file
};

std::optional<int64_t> WordList::add(std::string_view word, int64_t count) {
  if (!table_) table_ = std::make_shared<Table>();
  std::string text(word);
  if (text::repair_utf8(text).bytes > 0) ++repaired_;
  const int64_t before = table_->words.size();
  table_->words.add(text);
  if (table_->words.size() == before) {
    if (duplicates_++ == 0) first_duplicate_ = text;
    return std::nullopt;
  }
  counts_.push_back(count);
  return before;
}

int64_t WordList::size() const { return static_cast<int64_t>(counts_.size()); }

Vocabulary WordList::vocabulary() const {
  std::vector<std::string> words;
  words.reserve(counts_.size());
  for (int64_t id = 0; id < size(); ++id) words.emplace_back(table_->words.word(id));
  return Vocabulary::in_order(words, counts_);
}

std::vector<std::string> WordList::warnings() const {
  std::vector<std::string> warnings;
  if (repaired_ > 0) {
    warnings.push_back(fmt::format("the bytes of {} are not UTF-8; U+FFFD stands in place of those that are not",
                                   counted(repaired_, "word")));
  }
  if (duplicates_ > 0) {
    warnings.push_back(fmt::format("{} there already, '{}' the first of them: their first vectors were taken",
                                   duplicates_ == 1 ? "1 word was" : counted(duplicates_, "word") + " were",
                                   one_line(first_duplicate_)));
  }
  return warnings;
}

void check_finite(const Tensor& vectors, const Vocabulary& vocabulary, const std::string& path) {
  if (count_not_finite(vectors) == 0) return;
  const int64_t dim = vectors.dim(1);
  const auto values = vectors.span<float>();
  const auto bad = std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
  const std::string word(vocabulary.word((bad - values.begin()) / dim));
  throw DataError(path, fmt::format("the vector of '{}' has a value that is not finite", one_line(word)));
}

std::vector<std::string> words_without_spaces(const Vocabulary& vocabulary, int64_t& replaced) {
  replaced = 0;
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(vocabulary.size()));
  for (int64_t id = 0; id < vocabulary.size(); ++id) {
    std::string& name = names.emplace_back(vocabulary.word(id));
    bool has_space = name.empty();
    for (char& c : name) {
      if (static_cast<uint8_t>(c) > 0x20 && c != 0x7f) continue;
      c = '_';
      has_space = true;
    }
    if (name.empty()) name.push_back('_');
    if (!has_space) continue;
    ++replaced;
    if (vocabulary.find(name)) {
      throw UsageError(fmt::format("'{}' would become '{}', which is another word of the same file",
                                   one_line(vocabulary.word(id)), name),
                       "npz and safetensors keep spaces in words");
    }
  }
  return names;
}

}  // namespace latent::words::detail
