#include <latent/data/expressions/sum.hpp>

#include <latent/core/error.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace latent::data {

namespace {

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

class SumParser {
 public:
  explicit SumParser(std::string_view text) : cursor_(text, NameEnd::word) {}

  std::vector<Operand> parse() {
    constexpr size_t kLongest = 10'000;
    LATENT_CHECK(cursor_.text().size() <= kLongest, "[arithmetic] an expression of {} characters; at most {}",
                 cursor_.text().size(), kLongest);
    const Value value = sum();
    if (!cursor_.is_at_end()) cursor_.fail(cursor_.at(), "expected + - * / or the end");
    for (size_t i = 0; i < operands_.size(); ++i) {
      operands_[i].factor = factor_of(value, i);
      if (!std::isfinite(operands_[i].factor)) fail(value.position, "a factor is too large");
    }
    return std::move(operands_);
  }

 private:
  static double factor_of(const Value& value, size_t operand) {
    return operand < value.factors.size() ? value.factors[operand] : 0.0;
  }

  static Value scaled(Value value, double factor) {
    for (double& f : value.factors) f *= factor;
    return value;
  }

  Value sum() {
    Value total = as_code(product());
    for (char op = cursor_.peek(); op == '+' || op == '-'; op = cursor_.peek()) {
      cursor_.advance();
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
    for (char op = cursor_.peek(); op == '*' || op == '/'; op = cursor_.peek()) {
      cursor_.advance();
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
    const char c = cursor_.peek();
    const size_t begin = cursor_.at();
    Value value{.position = begin, .plain = {}, .factors = {}};
    if (c == '-' || c == '(') {
      if (++depth_ > kDeepest)
        fail(begin, fmt::format("expected at most {} signs and parentheses inside each other", kDeepest));
      cursor_.advance();
      value = c == '-' ? negated(factor()) : in_parentheses();
      --depth_;
      return value;
    }
    if (c == '#') {
      cursor_.advance();
      const std::string_view digits = cursor_.run_of(is_digit);
      if (digits.empty()) fail(cursor_.at(), "expected the number of an item");
      return operand({.kind = Operand::Kind::item, .text = std::string(digits)}, begin);
    }
    if (is_digit(c) || (c == '.' && is_digit(cursor_.ahead(1)))) return number();
    if (cursor_.is_quote(c))
      return operand({.kind = Operand::Kind::file, .text = std::string(cursor_.quoted())}, begin);
    if (begins_selection(cursor_)) {
      Operand samples{.kind = Operand::Kind::selection, .text = {}, .selection = parse_selection(cursor_)};
      samples.text = samples.selection.text;
      return operand(std::move(samples), begin);
    }
    if (begins_word(c)) {
      return operand({.kind = Operand::Kind::file, .text = std::string(cursor_.name("", "a file"))}, begin);
    }
    fail(begin,
         "expected an item (#12), a class (label:NAME), other samples (column=NAME>60, ids=0-9), a file, a number or "
         "'('");
  }

  Value negated(Value value) {
    if (value.plain) value.plain->negative = !value.plain->negative;
    return scaled(std::move(value), -1.0);
  }

  Value in_parentheses() {
    Value value = sum();
    if (!cursor_.take(")")) fail(cursor_.at(), "expected ')'");
    return value;
  }

  Value number() {
    const size_t begin = cursor_.at();
    Plain plain{.digits = cursor_.run_of([](char c) { return in_word(c) && c != '/'; })};
    const char* end = plain.digits.data() + plain.digits.size();
    const auto [stop, error] = std::from_chars(plain.digits.data(), end, plain.value);
    if (error != std::errc() || stop != end || !std::isfinite(plain.value)) {
      fail(begin, "expected a number (names that begin with a digit stand in quotes)");
    }
    return {.position = begin, .plain = plain, .factors = {}};
  }

  // A plain number becomes the item of that number; everything else is a code already.
  Value as_code(Value value) {
    if (!value.plain) return value;
    const Plain plain = *value.plain;
    if (!std::ranges::all_of(plain.digits, is_digit)) {
      fail(value.position, "expected an item, a whole number (a factor stands beside *)");
    }
    Value item = operand({.kind = Operand::Kind::item, .text = std::string(plain.digits)}, value.position);
    return scaled(std::move(item), plain.negative ? -1.0 : 1.0);
  }

  Value operand(Operand found, size_t position) {
    found.position = position + 1;
    if (found.kind == Operand::Kind::item) {
      const char* end = found.text.data() + found.text.size();
      if (std::from_chars(found.text.data(), end, found.item).ec != std::errc()) {
        fail(position, "expected the number of an item below 2^63");
      }
      found.text = fmt::format("{}", found.item);
    }
    const auto same = [&](const Operand& other) { return other.kind == found.kind && other.text == found.text; };
    const auto known = std::find_if(operands_.begin(), operands_.end(), same);
    Value value{.position = position, .plain = {}, .factors = {}};
    value.factors.resize(static_cast<size_t>(known - operands_.begin()) + 1);
    value.factors.back() = 1.0;
    if (known == operands_.end()) operands_.push_back(std::move(found));
    return value;
  }

  [[noreturn]] void fail(size_t at, const std::string& rule) const { cursor_.fail(at, rule); }

  ExpressionCursor cursor_;
  int depth_ = 0;
  std::vector<Operand> operands_;
};

}  // namespace

std::vector<Operand> parse_sum(std::string_view expression) { return SumParser(expression).parse(); }

}  // namespace latent::data
