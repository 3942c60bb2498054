#pragma once
// Lines of standard input that wait to be taken.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace latent::cli {

/// Takes lines from standard input by a thread of its own, so that it is known how many wait. When kMostWaiting lines
/// or kMostBytes wait, whoever writes more has to wait.
class WaitingLines {
 public:
  static constexpr size_t kMostWaiting = 100'000, kMostBytes = size_t{64} << 20;

  /// @param stop  true ends the waiting; it must outlive this
  explicit WaitingLines(const std::atomic<bool>& stop);
  ~WaitingLines();
  WaitingLines(const WaitingLines&) = delete;
  WaitingLines& operator=(const WaitingLines&) = delete;

  /// The next line; nothing at the end of the input, or once the program is asked to stop.
  /// @throws IoError where the input cannot be read any further, behind the last line
  std::optional<std::string> next();
  struct Waiting {
    size_t lines = 0;
    bool is_full = false;  ///< whether whoever writes more has had to wait since waiting() was last called
  };
  Waiting waiting();

 private:
  void read();
  void put_lines(std::string& text);
  void put(std::vector<std::string> lines);
  bool is_full() const { return lines_.size() >= kMostWaiting || bytes_ >= kMostBytes; }
  bool is_ended() const;

  const std::atomic<bool>& stop_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  size_t bytes_ = 0;       // of them
  bool was_full_ = false;  // since waiting() was last called
  bool done_ = false, ended_ = false;
  std::exception_ptr error_;  // why the input ended, if it was not its end
  std::thread reader_;        // last: it uses the others
};

}  // namespace latent::cli
