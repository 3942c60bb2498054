#include <cli/commands/waiting_lines.hpp>

#include <cli/standard_input.hpp>

#include <latent/core/error.hpp>

#include <array>
#include <chrono>
#include <span>
#include <utility>

namespace latent::cli {

namespace {

using namespace std::chrono_literals;

constexpr size_t kLongestLine = size_t{1} << 20;

}  // namespace

WaitingLines::WaitingLines(const std::atomic<bool>& stop) : stop_(stop), reader_([this] { read(); }) {}

WaitingLines::~WaitingLines() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  reader_.join();
}

std::optional<std::string> WaitingLines::next() {
  std::unique_lock lock(mutex_);
  while (lines_.empty() && !done_ && !stop_) changed_.wait_for(lock, 50ms);
  if (lines_.empty() && error_ && !stop_) std::rethrow_exception(error_);
  if (lines_.empty() || stop_) return std::nullopt;
  const bool was_full = is_full();
  std::string line = std::move(lines_.front());
  lines_.pop_front();
  bytes_ -= line.size();
  if (was_full) changed_.notify_all();
  return line;
}

WaitingLines::Waiting WaitingLines::waiting() {
  const std::lock_guard lock(mutex_);
  return {lines_.size(), std::exchange(was_full_, false)};
}

void WaitingLines::read() {
  std::array<char, 1 << 16> bytes;
  std::string rest;
  std::exception_ptr error;
  try {
    while (const size_t count =
               read_standard_input(std::as_writable_bytes(std::span(bytes)), [&] { return stop_ || is_ended(); })) {
      rest.append(bytes.data(), count);
      put_lines(rest);
    }
  } catch (const IoError&) {
    error = std::current_exception();
  }
  if (!rest.empty()) put({std::move(rest)});
  const std::lock_guard lock(mutex_);
  done_ = true;
  error_ = error;
  changed_.notify_all();
}

// Takes whole lines from the front of a text.
void WaitingLines::put_lines(std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  text.erase(0, begin);
  if (text.size() > kLongestLine) lines.push_back(std::exchange(text, {}));
  put(std::move(lines));
}

void WaitingLines::put(std::vector<std::string> lines) {
  std::unique_lock lock(mutex_);
  for (std::string& line : lines) {
    while (is_full() && !ended_ && !stop_) {
      was_full_ = true;
      changed_.wait_for(lock, 50ms);
    }
    bytes_ += line.size();
    lines_.push_back(std::move(line));
  }
  changed_.notify_all();
}

bool WaitingLines::is_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace latent::cli
