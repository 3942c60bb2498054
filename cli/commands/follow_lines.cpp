#include <cli/commands/follow_lines.hpp>

#include <cli/interrupt.hpp>
#include <cli/messages.hpp>
#include <cli/output.hpp>
#include <cli/report.hpp>
#include <cli/standard_input.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/run/series/series_scores.hpp>
#include <latent/run/series/series_stream.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <fstream>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

namespace latent::cli {

namespace {

using namespace std::chrono_literals;

constexpr size_t kMostWaiting = 100'000, kMostBytes = size_t{64} << 20;  // beyond, the writer of the input has to wait
constexpr size_t kLongestLine = size_t{1} << 20;

// Lines of standard input, taken from it by a thread of their own so that it is known how many wait.
class WaitingLines {
 public:
  explicit WaitingLines(const std::atomic<bool>& stop) : stop_(stop), reader_([this] { read(); }) {}
  ~WaitingLines() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    reader_.join();
  }
  WaitingLines(const WaitingLines&) = delete;
  WaitingLines& operator=(const WaitingLines&) = delete;

  // The next line; nothing at the end of the input, or once the program is asked to stop.
  // @throws IoError where the input cannot be read any further, behind the last line
  std::optional<std::string> next() {
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
  struct Waiting {
    size_t lines = 0;
    bool is_full = false;  // whether whoever writes more has to wait
  };
  Waiting waiting() const {
    const std::lock_guard lock(mutex_);
    return {lines_.size(), is_full()};
  }

 private:
  void read() {
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
  void put_lines(std::string& text) {
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
  void put(std::vector<std::string> lines) {
    std::unique_lock lock(mutex_);
    for (std::string& line : lines) {
      while (is_full() && !ended_ && !stop_) changed_.wait_for(lock, 50ms);
      bytes_ += line.size();
      lines_.push_back(std::move(line));
    }
    changed_.notify_all();
  }
  bool is_full() const { return lines_.size() >= kMostWaiting || bytes_ >= kMostBytes; }
  bool is_ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

  const std::atomic<bool>& stop_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  size_t bytes_ = 0;  // of them
  bool done_ = false, ended_ = false;
  std::exception_ptr error_;  // why the input ended, if it was not its end
  std::thread reader_;        // last: it uses the others
};

// Says when lines wait, twice as many each time, when there is no room for more, and when none waits any more.
class Lag {
 public:
  void look(const WaitingLines::Waiting& waiting) {
    const bool is_full = waiting.is_full && !said_full_;
    if (is_full || waiting.lines >= said_) {
      warn(fmt::format("falls behind: {} lines wait to be scored{}", grouped(static_cast<int64_t>(waiting.lines)),
                       is_full ? ", and whoever writes more has to wait" : ""));
      said_full_ = said_full_ || is_full;
      said_ = std::max(2 * said_, 2 * waiting.lines);
    } else if (waiting.lines == 0 && said_ > kFewest) {
      note("has caught up");
      said_ = kFewest;
      said_full_ = false;
    }
  }

 private:
  static constexpr size_t kFewest = 1000;
  size_t said_ = kFewest;
  bool said_full_ = false;
};

// Where scores go.
class ScoreLines {
 public:
  explicit ScoreLines(const std::string& path) : path_(path) {
    if (path.empty()) return;
    file_.emplace(path, std::ios::binary | std::ios::trunc);
    if (!*file_) throw IoError(path, "create", errno);
  }
  void put(const std::string& line) {
    if (!file_) return print_result(line);
    *file_ << line << std::flush;
    if (!*file_) throw IoError(path_, "write", errno);
  }

 private:
  std::string path_;
  std::optional<std::ofstream> file_;
};

}  // namespace

Result follow_lines(const Run& run, const SeriesScorer& scorer, const std::string& output, const DataOptions& data) {
  const data::OpenOptions open = data.overrides().over(run.data->open);
  // The column of time, which rows may have: the one that is named, or the training's.
  const std::string asked = data.overrides().series.time_column;
  const std::string time_column = asked.empty() ? scorer.time_column() : asked;
  const InterruptGuard guard(InterruptGuard::Says::ending);
  SeriesStream stream(scorer, time_column, open.header);
  ScoreLines out(output);
  WaitingLines lines(guard.stop());
  Lag lag;
  int64_t number = 0, rows = 0, scored = 0, bad = 0;
  bool has_heading = false;
  while (const std::optional<std::string> line = lines.next()) {
    ++number;
    lag.look(lines.waiting());
    const StreamedLine taken = stream.take(*line);
    if (taken.what == StreamedLine::What::bad) {
      ++bad;
      warn(fmt::format("line {}: {}: left out", number, taken.problem));
    }
    if (taken.what != StreamedLine::What::row) continue;
    if (!has_heading) {
      out.put(scores_heading(stream.has_time() ? (time_column.empty() ? "time" : time_column) : "", scorer.channels()));
      has_heading = true;
    }
    ++rows;
    scored += taken.score ? 1 : 0;
    out.put(scores_line(taken.index, stream.has_time() ? &taken.stamp : nullptr, taken.score ? &*taken.score : nullptr,
                        scorer.channels().size()));
  }
  note(fmt::format("{}, {} scored, {} left out", counted(rows, "row"), grouped(scored), counted(bad, "bad line")));
  return {{{"rows", rows}, {"scored", scored}, {"bad_lines", bad}}, "", kDone};
}

}  // namespace latent::cli
