#include <latent/words/evaluation.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/formats/detail/text.hpp>
#include <latent/formats/file.hpp>
#include <latent/space/neighbors/neighbors.hpp>
#include <latent/text/characters.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace latent::words {

namespace {

// body(line, number, offset) for each line that is not empty, without its end.
template <class Body>
void for_each_line(const std::filesystem::path& path, const Body& body) {
  const FileContents file = FileContents::read(path);
  const auto bytes = file.bytes();
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  int64_t number = 1;
  for (size_t at = 0; at < text.size(); ++number) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    while (!line.empty() && static_cast<uint8_t>(line.back()) <= ' ') line.remove_suffix(1);
    if (!line.empty()) body(line, number);
    at = end + 1;
  }
  file.check_whole();
}

std::vector<std::string_view> fields_between(std::string_view line, std::string_view separators) {
  std::vector<std::string_view> fields;
  for (size_t at = line.find_first_not_of(separators); at != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(separators, at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(separators, end);
  }
  return fields;
}

// Words as they count in analogies: without case, the most frequent one stands for all that differ in it alone.
class FoldedWords {
 public:
  FoldedWords(const Vocabulary& vocabulary, int64_t count, bool ignore_case) : ignore_case_(ignore_case) {
    form_of_.reserve(static_cast<size_t>(count));
    for (int64_t id = 0; id < count; ++id) {
      const auto [found, is_new] = ids_.emplace(folded(vocabulary.word(id)), static_cast<int32_t>(id));
      form_of_.push_back(found->second);
    }
  }
  std::optional<int32_t> find(std::string_view word) const {
    const auto found = ids_.find(folded(word));
    if (found == ids_.end()) return std::nullopt;
    return found->second;
  }
  // The word that stands for word `id`.
  int32_t form_of(int64_t id) const { return form_of_[static_cast<size_t>(id)]; }

 private:
  std::string folded(std::string_view word) const { return ignore_case_ ? text::lowercased(word) : std::string(word); }
  bool ignore_case_;
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<int32_t> form_of_;
};

// Rows of length 1; rows of zeros stay.
Tensor unit_rows(const Tensor& vectors, int64_t count) {
  Tensor units = vectors.rows(0, count).clone();
  const int64_t dim = units.dim(1);
  for (int64_t row = 0; row < count; ++row) {
    const std::span<float> values(units.data<float>() + row * dim, static_cast<size_t>(dim));
    double squares = 0.0;
    for (const float value : values) squares += double{value} * value;
    if (squares == 0.0) continue;
    for (float& value : values) value = static_cast<float>(value / std::sqrt(squares));
  }
  return units;
}

using Question = std::array<int32_t, 4>;

// How many of the questions are answered with their last word.
int64_t count_correct(const std::vector<Question>& questions, const Tensor& units, const FoldedWords& forms) {
  // The three words of a question come first most of the time; words that differ in case only may, too.
  constexpr int64_t kLooked = 12, kTogether = 2048;
  const int64_t dim = units.dim(1), k = std::min(kLooked, units.dim(0));
  int64_t correct = 0;
  for (size_t begin = 0; begin < questions.size(); begin += kTogether) {
    const size_t count = std::min<size_t>(kTogether, questions.size() - begin);
    Tensor wanted = Tensor::empty({static_cast<int64_t>(count), dim});
    const float* const rows = std::as_const(units).data<float>();
    for (size_t i = 0; i < count; ++i) {
      const Question& q = questions[begin + i];
      for (int64_t d = 0; d < dim; ++d)
        wanted.data<float>()[static_cast<int64_t>(i) * dim + d] =
            rows[q[1] * dim + d] - rows[q[0] * dim + d] + rows[q[2] * dim + d];
    }
    const space::Neighbors found = space::nearest(wanted, units, k, space::Metric::cosine);
    for (size_t i = 0; i < count; ++i) {
      const Question& q = questions[begin + i];
      for (int64_t j = 0; j < k; ++j) {
        const int32_t form = forms.form_of(found.index.data<int64_t>()[static_cast<int64_t>(i) * k + j]);
        if (form == q[0] || form == q[1] || form == q[2]) continue;
        correct += form == q[3] ? 1 : 0;
        break;
      }
    }
  }
  return correct;
}

void add(AnalogyScore& total, const AnalogyScore& section) {
  total.correct += section.correct;
  total.asked += section.asked;
  total.not_asked += section.not_asked;
}

std::vector<double> ranks_of(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = 0.5 * static_cast<double>(begin + end - 1);
    begin = end;
  }
  return ranks;
}

double correlation(std::span<const double> a, std::span<const double> b) {
  const auto n = static_cast<double>(a.size());
  if (a.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n,
               mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double aa = 0.0, bb = 0.0, ab = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
    ab += (a[i] - mean_a) * (b[i] - mean_b);
  }
  return aa > 0.0 && bb > 0.0 ? ab / std::sqrt(aa * bb) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

std::vector<AnalogySection> read_analogies(const std::filesystem::path& path) {
  std::vector<AnalogySection> sections;
  int64_t questions = 0;
  for_each_line(path, [&](std::string_view line, int64_t number) {
    if (line.starts_with(':')) {
      const auto words = fields_between(line.substr(1), " \t");
      sections.push_back({words.empty() ? "unnamed" : std::string(line.substr(words[0].data() - line.data())), {}});
      return;
    }
    const auto words = fields_between(line, " \t");
    if (words.size() != 4) {
      throw DataError(path.string(), fmt::format("line {}: expected four words, or ': section', got {}", number,
                                                 latent::detail::in_quotes(line)));
    }
    if (sections.empty()) sections.push_back({"unnamed", {}});
    sections.back().questions.emplace_back(words.begin(), words.end());
    ++questions;
  });
  if (questions == 0) throw DataError(path.string(), "no questions: lines of four words");
  return sections;
}

AnalogyResult evaluate_analogies(const WordVectors& words, const std::vector<AnalogySection>& sections,
                                 const AnalogyOptions& options) {
  LATENT_CHECK(options.restrict_vocab >= 0, "[evaluate_analogies] restrict_vocab = {}", options.restrict_vocab);
  AnalogyResult result;
  result.vocabulary = options.restrict_vocab > 0 ? std::min(options.restrict_vocab, words.size()) : words.size();
  result.total.section = "all";
  result.semantic.section = "semantic";
  result.syntactic.section = "syntactic";
  const FoldedWords forms(words.vocabulary, result.vocabulary, options.ignore_case);
  const Tensor units = unit_rows(words.vectors, result.vocabulary);
  for (const AnalogySection& section : sections) {
    AnalogyScore score{.section = section.name};
    std::vector<Question> questions;
    for (const auto& question : section.questions) {
      Question ids{};
      bool known = true;
      for (size_t i = 0; known && i < ids.size(); ++i) {
        const auto id = forms.find(question[i]);
        known = id.has_value();
        if (known) ids[i] = *id;
      }
      if (known) {
        questions.push_back(ids);
      } else {
        ++score.not_asked;
      }
    }
    score.asked = static_cast<int64_t>(questions.size());
    score.correct = count_correct(questions, units, forms);
    add(result.total, score);
    add(section.name.starts_with("gram") ? result.syntactic : result.semantic, score);
    result.sections.push_back(std::move(score));
  }
  return result;
}

std::vector<JudgedPair> read_similarities(const std::filesystem::path& path) {
  std::vector<JudgedPair> pairs;
  bool is_first = true;
  for_each_line(path, [&](std::string_view line, int64_t number) {
    if (line.starts_with('#')) return;
    // Words may hold spaces where something else separates columns.
    const bool has_tabs = line.find('\t') != std::string_view::npos;
    const bool has_commas = !has_tabs && line.find_first_of(",;") != std::string_view::npos;
    const auto fields = fields_between(line, has_tabs ? "\t" : has_commas ? ",;" : " ");
    const auto score = fields.size() >= 3 ? parse_number<double>(fields[2]) : std::nullopt;
    const bool is_header = is_first && !score;
    is_first = false;
    if (is_header && fields.size() >= 3) return;
    if (!score || !std::isfinite(*score)) {
      throw DataError(path.string(), fmt::format("line {}: expected two words and a number, got {}", number,
                                                 latent::detail::in_quotes(line)));
    }
    pairs.push_back({std::string(fields[0]), std::string(fields[1]), *score});
  });
  if (pairs.empty()) throw DataError(path.string(), "no pairs: lines of two words and a number");
  return pairs;
}

SimilarityResult evaluate_similarity(const WordVectors& words, const std::vector<JudgedPair>& pairs, bool ignore_case) {
  const auto find = [&](const std::string& word) {
    const auto id = words.vocabulary.find(word);
    return id || !ignore_case ? id : words.vocabulary.find(text::lowercased(word));
  };
  SimilarityResult result;
  std::vector<double> cosines, judgements;
  for (const JudgedPair& pair : pairs) {
    const auto a = find(pair.first), b = find(pair.second);
    if (!a || !b) {
      ++result.out_of_vocabulary;
      continue;
    }
    const float* const first = words.vectors.data<float>() + *a * words.dim();
    const float* const second = words.vectors.data<float>() + *b * words.dim();
    double aa = 0.0, bb = 0.0, ab = 0.0;
    for (int64_t d = 0; d < words.dim(); ++d) {
      aa += double{first[d]} * first[d];
      bb += double{second[d]} * second[d];
      ab += double{first[d]} * second[d];
    }
    cosines.push_back(aa > 0.0 && bb > 0.0 ? ab / std::sqrt(aa * bb) : 0.0);
    judgements.push_back(pair.score);
  }
  result.pairs = static_cast<int64_t>(cosines.size());
  result.spearman = spearman(cosines, judgements);
  result.pearson = correlation(cosines, judgements);
  return result;
}

double spearman(std::span<const double> a, std::span<const double> b) {
  LATENT_CHECK(a.size() == b.size(), "[spearman] {} values and {}", a.size(), b.size());
  return correlation(ranks_of(a), ranks_of(b));
}

}  // namespace latent::words
