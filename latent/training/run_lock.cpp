#include <latent/training/run_lock.hpp>

#include <latent/core/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

namespace latent {

namespace {

namespace fs = std::filesystem;

// Somebody who only looks holds the lock for a moment.
constexpr int kTries = 20;
constexpr auto kPause = std::chrono::milliseconds(10);

std::string machine() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "?";
}

// "1234 machine\n", as the owner wrote it.
std::string owner_in(int fd) {
  std::array<char, 300> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  std::string_view line(text.data(), size > 0 ? static_cast<size_t>(size) : 0);
  line = line.substr(0, line.find('\n'));
  const size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return "another process";
  const std::string_view pid = line.substr(0, blank), host = line.substr(blank + 1);
  return host == machine() ? fmt::format("process {}", pid) : fmt::format("process {} on {}", pid, host);
}

// @return 0, EWOULDBLOCK for a lock that is held by another, or why there are no locks
int try_lock(int fd) {
  for (int i = 0;; ++i) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno != EWOULDBLOCK || i == kTries) return errno;
    std::this_thread::sleep_for(kPause);
  }
}

bool is_same_file(int fd, const fs::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino;
}

}  // namespace

RunLock::RunLock(const fs::path& directory) : path_(directory / kFileName) {
  do {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd_ < 0) throw IoError(directory.string(), "cannot write", errno);
    const int error = try_lock(fd_);
    if (error == EWOULDBLOCK) {
      const std::string owner = owner_in(fd_);
      ::close(std::exchange(fd_, -1));
      throw RunBusy(fmt::format("{}: {} trains into it now", directory.string(), owner));
    }
    is_held_ = error == 0;
  } while (is_held_ && !is_same_file(fd_, path_));  // whoever held it before has just removed the file
  on_signal_.emplace(path_);
  const std::string text = fmt::format("{} {}\n", ::getpid(), machine());
  // On a full disk the number stays unknown; the lock holds all the same.
  if (::ftruncate(fd_, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(fd_, text.data(), text.size(), 0);
}

RunLock::~RunLock() {
  ::unlink(path_.c_str());  // before the lock is given up: afterwards it may be another's
  on_signal_.reset();
  ::close(fd_);
}

std::string RunLock::owner(const fs::path& directory) {
  const int fd = ::open((directory / kFileName).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return {};
  const bool is_held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  std::string owner = is_held ? owner_in(fd) : "";
  ::close(fd);
  return owner;
}

}  // namespace latent
