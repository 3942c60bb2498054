#include <cli/output.hpp>

#include <cli/messages.hpp>

#include <fmt/core.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace latent::cli {

void note(std::string_view text) { say(fmt::format("latent: {}\n", one_line(text))); }

void warn(std::string_view text) { say(fmt::format("latent: warning: {}\n", one_line(text))); }

void tell(const data::Source& source) {
  for (const std::string& text : source.notes) note(fmt::format("{}: {}", one_line(source.name), one_line(text)));
  tell_warnings(source);
}

void tell_warnings(const data::Source& source) {
  for (const std::string& text : source.warnings) warn(fmt::format("{}: {}", one_line(source.name), one_line(text)));
}

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = c == '\n' || c == '\t' ? ' ' : '?';
  }
  return line;
}

bool stderr_is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

int terminal_width() {
  winsize size{};
  constexpr int kUsualWidth = 80;
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualWidth;
}

std::string grouped(int64_t value) {
  const std::string digits = fmt::format("{}", value);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string duration(double seconds) {
  constexpr int64_t kMinute = 60, kHour = 3600;
  if (!std::isfinite(seconds)) return "?";
  if (seconds < 10.0) return fmt::format("{:.1f} s", std::max(seconds, 0.0));
  const int64_t whole = std::llround(seconds);
  if (whole < kMinute) return fmt::format("{} s", whole);
  if (whole < kHour) return fmt::format("{}:{:02} min", whole / kMinute, whole % kMinute);
  return fmt::format("{}:{:02} h", whole / kHour, whole % kHour / kMinute);
}

std::string counted(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : "s");
}

Table& Table::row(std::string_view name, std::string value) {
  rows_.emplace_back(std::string(name), std::move(value));
  return *this;
}

std::string Table::str() const {
  size_t width = 0;
  for (const auto& [name, value] : rows_) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : rows_) text += fmt::format("{:<{}}  {}\n", name, width, one_line(value));
  return text;
}

}  // namespace latent::cli
