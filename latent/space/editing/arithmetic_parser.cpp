#include <latent/space/editing/arithmetic.hpp>

#include <latent/core/json_fields.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

namespace latent::space {

namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
// Letters, and all bytes of UTF-8 beyond ASCII.
bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}
bool begins_word(char c) { return is_letter(c) || c == '_' || c == '.' || c == '/' || c == '~'; }
bool in_word(char c) { return begins_word(c) || is_digit(c) || c == ':'; }

// A plain number, which is a factor or an item as its neighbours say.
struct Plain {
  std::string_view digits;
  double value = 0.0;
  bool negative = false;
  double factor() const { return negative ? -value : value; }
};

// A factor for each of the operands found so far; or a plain number.
struct Value {
  size_t position = 0;
  std::optional<Plain> plain;
  std::vector<double> factors;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<Operand> parse() {
    constexpr size_t kLongest = 10'000;
    LATENT_CHECK(text_.size() <= kLongest, "[arithmetic] an expression of {} characters; at most {}", text_.size(),
                 kLongest);
    const Value value = sum();
    if (at_ < text_.size()) fail(at_, "expected + - * / or the end");
    for (size_t i = 0; i < operands_.size(); ++i) {
      operands_[i].factor = factor_of(value, i);
      if (!std::isfinite(operands_[i].factor)) fail(value.position, "a factor is too large");
    }
    return std::move(operands_);
  }

 private:
  [[noreturn]] void fail(size_t at, const std::string& rule) const {
    const std::string got = at < text_.size() ? printable(text_.substr(at)) : "the end";
    detail::throw_invalid_argument(fmt::format("at character {}: {}, got {}{}{}", at + 1, rule,
                                               at < text_.size() ? "'" : "", got, at < text_.size() ? "'" : ""));
  }

  char peek() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  static double factor_of(const Value& value, size_t operand) {
    return operand < value.factors.size() ? value.factors[operand] : 0.0;
  }

  static Value scaled(Value value, double factor) {
    for (double& f : value.factors) f *= factor;
    return value;
  }

  Value sum() {
    Value total = as_code(product());
    for (char op = peek(); op == '+' || op == '-'; op = peek()) {
      ++at_;
      const Value next = as_code(product());
      total.factors.resize(std::max(total.factors.size(), next.factors.size()));
      for (size_t i = 0; i < next.factors.size(); ++i)
        total.factors[i] += op == '+' ? next.factors[i] : -next.factors[i];
    }
    return total;
  }

  // The one factor that is no plain number is the code; where all are plain, the last is an item.
  Value product() {
    std::vector<Value> multiplied = {factor()};
    double divisor = 1.0;
    for (char op = peek(); op == '*' || op == '/'; op = peek()) {
      ++at_;
      Value next = factor();
      if (op == '*') {
        multiplied.push_back(std::move(next));
        continue;
      }
      if (!next.plain) fail(next.position, "expected a number to divide by");
      if (next.plain->value == 0.0) fail(next.position, "expected a number other than 0 to divide by");
      divisor *= next.plain->factor();
    }
    if (multiplied.size() == 1 && divisor == 1.0) return multiplied.front();
    const auto is_code = [](const Value& value) { return !value.plain; };
    auto code = std::find_if(multiplied.begin(), multiplied.end(), is_code);
    if (code == multiplied.end()) code = multiplied.end() - 1;
    const auto second = std::find_if(code + 1, multiplied.end(), is_code);
    if (second != multiplied.end()) fail(second->position, "expected a number, because two codes cannot be multiplied");
    double factor = 1.0 / divisor;
    for (auto value = multiplied.begin(); value != multiplied.end(); ++value) {
      if (value != code) factor *= value->plain->factor();
    }
    return scaled(as_code(std::move(*code)), factor);
  }

  Value factor() {
    constexpr int kDeepest = 200;
    const char c = peek();
    Value value{.position = at_, .plain = {}, .factors = {}};
    if (c == '-' || c == '(') {
      if (++depth_ > kDeepest)
        fail(at_, fmt::format("expected at most {} signs and parentheses inside each other", kDeepest));
      ++at_;
      value = c == '-' ? negated(factor()) : in_parentheses();
      --depth_;
      return value;
    }
    if (c == '#') {
      const size_t begin = ++at_;
      while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
      if (at_ == begin) fail(begin, "expected the number of an item");
      return operand(Operand::Kind::item, std::string(text_.substr(begin, at_ - begin)), value.position);
    }
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) return number();
    if (c == '\'' || c == '"') return operand(Operand::Kind::file, quoted(), value.position);
    if (begins_word(c)) return word();
    fail(at_, "expected an item (#12), a class (label:NAME), a file, a number or '('");
  }

  Value negated(Value value) {
    if (value.plain) value.plain->negative = !value.plain->negative;
    return scaled(std::move(value), -1.0);
  }

  Value in_parentheses() {
    Value value = sum();
    if (peek() != ')') fail(at_, "expected ')'");
    ++at_;
    return value;
  }

  Value number() {
    const size_t begin = at_;
    while (at_ < text_.size() && (in_word(text_[at_]) && text_[at_] != '/')) ++at_;
    Plain plain{.digits = text_.substr(begin, at_ - begin)};
    const char* end = plain.digits.data() + plain.digits.size();
    const auto [stop, error] = std::from_chars(plain.digits.data(), end, plain.value);
    if (error != std::errc() || stop != end || !std::isfinite(plain.value)) {
      fail(begin, "expected a number (names that begin with a digit stand in quotes)");
    }
    return {.position = begin, .plain = plain, .factors = {}};
  }

  std::string quoted() {
    const size_t open = at_;
    const size_t close = text_.find(text_[open], open + 1);
    if (close == std::string_view::npos) fail(open, "expected a closing quote");
    if (close == open + 1) fail(open, "expected a name between the quotes");
    at_ = close + 1;
    return std::string(text_.substr(open + 1, close - open - 1));
  }

  Value word() {
    constexpr std::string_view kLabel = "label:";
    const size_t begin = at_;
    if (text_.substr(at_).starts_with(kLabel)) {
      at_ += kLabel.size();
      const char c = at_ < text_.size() ? text_[at_] : '\0';
      if (c == '\'' || c == '"') return operand(Operand::Kind::label, quoted(), begin);
      if (!in_word(c)) fail(at_, "expected the name of a class behind 'label:'");
      return operand(Operand::Kind::label, rest_of_word(), begin);
    }
    return operand(Operand::Kind::file, rest_of_word(), begin);
  }

  // A minus between two letters belongs to the name: my-photo.png.
  std::string rest_of_word() {
    const size_t begin = at_;
    const auto joins = [&] { return text_[at_] == '-' && at_ + 1 < text_.size() && in_word(text_[at_ + 1]); };
    while (at_ < text_.size() && (in_word(text_[at_]) || joins())) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  // A plain number becomes the item of that number; everything else is a code already.
  Value as_code(Value value) {
    if (!value.plain) return value;
    const Plain plain = *value.plain;
    if (!std::ranges::all_of(plain.digits, is_digit)) {
      fail(value.position, "expected an item, a whole number (a factor stands beside *)");
    }
    return scaled(operand(Operand::Kind::item, std::string(plain.digits), value.position), plain.negative ? -1.0 : 1.0);
  }

  Value operand(Operand::Kind kind, std::string text, size_t position) {
    Operand found{.kind = kind, .text = std::move(text), .item = 0, .position = position + 1};
    if (kind == Operand::Kind::item) {
      const char* end = found.text.data() + found.text.size();
      if (std::from_chars(found.text.data(), end, found.item).ec != std::errc()) {
        fail(position, "expected the number of an item below 2^63");
      }
      found.text = fmt::format("{}", found.item);
    }
    const auto same = [&](const Operand& other) { return other.kind == kind && other.text == found.text; };
    const auto known = std::find_if(operands_.begin(), operands_.end(), same);
    Value value{.position = position, .plain = {}, .factors = {}};
    value.factors.resize(static_cast<size_t>(known - operands_.begin()) + 1);
    value.factors.back() = 1.0;
    if (known == operands_.end()) operands_.push_back(std::move(found));
    return value;
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  std::vector<Operand> operands_;
};

}  // namespace

std::vector<Operand> parse_arithmetic(std::string_view expression) { return Parser(expression).parse(); }

}  // namespace latent::space
