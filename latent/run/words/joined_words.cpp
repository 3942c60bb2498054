#include <latent/run/words/joined_words.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/formats/file.hpp>
#include <latent/models/word_embedding.hpp>

#include <fmt/core.h>

#include <map>
#include <sstream>
#include <unordered_map>

namespace latent {

namespace {

using NamedPair = std::pair<std::string, std::string>;

std::vector<NamedPair> pairs_in_file(const std::string& path) {
  std::vector<NamedPair> pairs;
  const FileContents file = FileContents::read(path);
  std::istringstream lines(std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()));
  int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream words(line);
    std::string a, b, more;
    if (!(words >> a)) continue;
    if (!(words >> b) || (words >> more)) throw DataError(path, fmt::format("line {}: two words expected", number));
    pairs.emplace_back(a, b);
  }
  if (pairs.empty()) throw DataError(path, "holds no pairs of words");
  return pairs;
}

std::vector<NamedPair> pairs_in(const std::string& text) {
  if (text.starts_with('@')) return pairs_in_file(text.substr(1));
  std::vector<NamedPair> pairs;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == part.size()) {
      throw UsageError(fmt::format("--join: WORD=WORD,... or @FILE expected, got '{}'", one_line(part)));
    }
    pairs.emplace_back(part.substr(0, equals), part.substr(equals + 1));
  }
  return pairs;
}

}  // namespace

JoinedWords joined_words(const Run& run, const RunData& data, const std::string& text) {
  if (!is_words(*run.model)) throw UsageError(fmt::format("--join: {} is no run of words", run.path.string()));
  std::unordered_map<std::string, int64_t> places;
  for (int64_t i = 0; i < data.samples->size(); ++i) places.emplace(data.samples->sample_name(i), i);
  JoinedWords joined{.data = data, .pairs = {}, .remarks = {}};
  std::vector<int64_t> chosen;
  std::map<int64_t, int64_t> number_of;  // a word's number among those chosen
  const auto number = [&](int64_t word) {
    const auto [at, is_new] = number_of.try_emplace(word, static_cast<int64_t>(chosen.size()));
    if (is_new) chosen.push_back(word);
    return at->second;
  };
  std::string missing;
  int64_t left_out = 0;
  for (const auto& [a, b] : pairs_in(text)) {
    const auto from = places.find(a), to = places.find(b);
    if (from != places.end() && to != places.end()) {
      const int64_t first = number(from->second);
      joined.pairs.emplace_back(first, number(to->second));
    } else if (++left_out == 1) {
      missing = from == places.end() ? a : b;
    }
  }
  if (joined.pairs.empty()) throw UsageError(fmt::format("--join: '{}' is not in the vocabulary", one_line(missing)));
  if (left_out > 0) {
    joined.remarks.push_back({.text = fmt::format("{} left out: '{}' is not in the vocabulary",
                                                  counted(left_out, "pair"), one_line(missing)),
                              .is_warning = true});
  }
  joined.data.samples = data::subset(data.samples, std::move(chosen));
  return joined;
}

}  // namespace latent
