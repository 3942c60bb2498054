#pragma once
// Errors of four kinds, never mixed:
//   wrong call          LATENT_CHECK throws std::invalid_argument
//   bad data            DataError, with the file and the byte offset where it went wrong
//   the system refuses  IoError: no space, no permission, no such folder
//   not what was meant  UsageError: a choice that does not fit the model or the data, with advice on what to choose
// Our own bugs are assert(), which no input can trigger.

#include <fmt/core.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace latent {

/// Data from outside (a file, a table, an archive) that cannot be used.
/// what() is one line: "PATH: at byte OFFSET: REASON", without the offset when it is kNoOffset.
class DataError : public std::runtime_error {
 public:
  static constexpr int64_t kNoOffset = -1;
  DataError(std::string path, int64_t offset, std::string reason);
  DataError(std::string path, std::string reason) : DataError(std::move(path), kNoOffset, std::move(reason)) {}

  const std::string& path() const { return path_; }
  int64_t offset() const { return offset_; }
  const std::string& reason() const { return reason_; }

 private:
  std::string path_;
  int64_t offset_;
  std::string reason_;
};

/// The operating system refused to read, write or create `path`. what() is "PATH: ACTION: errno text".
class IoError : public std::runtime_error {
 public:
  IoError(const std::string& path, const std::string& action, int error_number);
  int error_number() const { return error_number_; }

 private:
  int error_number_;
};

/// What a user asked for does not fit together. `what()` is one line; `advice` says what to do about it, and may be
/// empty.
class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& what, std::string advice = {})
      : std::runtime_error(what), advice_(std::move(advice)) {}
  const std::string& advice() const { return advice_; }

 private:
  std::string advice_;
};

namespace detail {
[[noreturn]] void throw_invalid_argument(const std::string& message);
}  // namespace detail

}  // namespace latent

/// Checks what a caller must respect. The message names the function, the rule and the values:
///   LATENT_CHECK(x.dim(1) == in, "[linear] x (N, in): expected in = {}, got {}", in, x.shape().str());
#define LATENT_CHECK(condition, ...)                                      \
  do {                                                                    \
    if (!(condition)) [[unlikely]]                                        \
      ::latent::detail::throw_invalid_argument(fmt::format(__VA_ARGS__)); \
  } while (false)
