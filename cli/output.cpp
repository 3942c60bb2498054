#include <cli/output.hpp>

#include <cli/messages.hpp>

#include <fmt/core.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace latent::cli {

void note(std::string_view text) { say(fmt::format("latent: {}\n", one_line(text))); }

void warn(std::string_view text) { say(fmt::format("latent: warning: {}\n", one_line(text))); }

void tell(const std::vector<Remark>& remarks) {
  for (const Remark& remark : remarks) remark.is_warning ? warn(remark.text) : note(remark.text);
}

void tell(const data::Source& source) {
  for (const std::string& text : source.notes) note(fmt::format("{}: {}", one_line(source.name), one_line(text)));
  tell_warnings(source);
}

void tell_warnings(const data::Source& source) {
  for (const std::string& text : source.warnings) warn(fmt::format("{}: {}", one_line(source.name), one_line(text)));
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
