#include <latent/formats/temporary.hpp>

#include <latent/core/error.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

namespace latent {

namespace {

namespace fs = std::filesystem;

// Deeper than anything that is written: a folder, folders of classes, files being written in them.
constexpr int kDeepest = 4;

// --- what a signal handler may look at: fixed memory, no locks ---

enum class Slot : uint8_t { free, changing, used };
struct Registered {
  std::atomic<Slot> state{Slot::free};
  std::array<char, PATH_MAX> path{};
};
static_assert(std::atomic<Slot>::is_always_lock_free);
// A signal handler can reach nothing else.
std::array<Registered, 16> registered;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
// Whether remove_on_signal() has begun. Other threads go on while its handler runs: what they make after it has looked
// is theirs to remove.
std::atomic<bool> ending{false};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// Removes a file, or a folder with what is in it. Calls only what a signal handler may.
void remove_tree(int parent, const char* name, int depth) noexcept {
  if (::unlinkat(parent, name, 0) == 0 || depth == 0) return;
  const int folder = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return;
  alignas(dirent64) std::array<char, 4096> buffer{};
  for (long size = 0; (size = ::syscall(SYS_getdents64, folder, buffer.data(), buffer.size())) > 0;) {
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += entry->d_reclen;
      if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)
        remove_tree(folder, entry->d_name, depth - 1);
    }
  }
  ::close(folder);
  ::unlinkat(parent, name, AT_REMOVEDIR);
}

// --- whose it is ---

// The process in ".latent-PID-N.tmp"; 0 for other names.
pid_t owner_in(std::string_view name) {
  name.remove_prefix(kTemporaryPrefix.size());
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return error == std::errc() && end != name.data() + name.size() && *end == '-' ? pid : 0;
}

// Without locks only a number is left, which may be that of a process on another machine: hence the long wait.
bool looks_abandoned(std::string_view name, const struct stat& status) {
  constexpr time_t kDay = time_t{24} * 60 * 60;
  const pid_t pid = owner_in(name);
  const bool is_gone = pid == 0 || (::kill(pid, 0) != 0 && errno == ESRCH);
  return is_gone && std::time(nullptr) - status.st_mtime > kDay;
}

void remove_if_abandoned(int folder, const char* name) {
  int fd = ::openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && errno == EISDIR) fd = ::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat status {};
  if (fd < 0) return;
  const bool is_ours = ::fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
  const bool is_locked = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  const bool is_in_use = !is_locked && errno == EWOULDBLOCK;
  if (is_ours && !is_in_use && (is_locked || looks_abandoned(name, status))) remove_tree(folder, name, kDeepest);
  ::close(fd);
}

}  // namespace

bool is_temporary_name(std::string_view name) {
  return name.size() > kTemporaryPrefix.size() + kTemporarySuffix.size() && name.starts_with(kTemporaryPrefix) &&
         name.ends_with(kTemporarySuffix);
}

RemovedOnSignal::RemovedOnSignal(const fs::path& path) {
  const std::string& text = path.native();
  if (text.size() >= PATH_MAX) return;
  for (size_t i = 0; i < registered.size(); ++i) {
    Slot expected = Slot::free;
    if (!registered[i].state.compare_exchange_strong(expected, Slot::changing)) continue;
    text.copy(registered[i].path.data(), text.size());
    registered[i].path[text.size()] = '\0';
    registered[i].state = Slot::used;
    slot_ = static_cast<int>(i);
    return;
  }
}

RemovedOnSignal::~RemovedOnSignal() {
  if (slot_ >= 0) registered[static_cast<size_t>(slot_)].state = Slot::free;
}

void remove_on_signal() noexcept {
  ending = true;
  for (const Registered& entry : registered) {
    if (entry.state == Slot::used) remove_tree(AT_FDCWD, entry.path.data(), kDeepest);
  }
}

Temporary::Temporary(fs::path target, Kind kind) : target_(std::move(target)), kind_(kind) {
  // A lock that is refused is held by somebody who takes the new file for an abandoned one, and is about to remove it.
  do {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    create();
  } while (!take_lock());
}

void Temporary::create() {
  static std::atomic<uint64_t> counter = 0;
  bool is_taken = false;
  do {
    const std::string name = fmt::format("{}{}-{}{}", kTemporaryPrefix, ::getpid(), counter++, kTemporarySuffix);
    path_ = target_.parent_path() / name;
    on_signal_.emplace(path_);  // before it is there: a signal may come in between
    if (kind_ == Kind::file) {
      // Not mkstemp(), whose files are private to the user: open() leaves the permissions to the umask.
      fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      is_taken = fd_ < 0 && errno == EEXIST;
    } else {
      const bool made = ::mkdir(path_.c_str(), 0777) == 0;
      is_taken = !made && errno == EEXIST;
      if (made) fd_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
  } while (is_taken);
  const int error = errno;
  if (ending) remove_tree(AT_FDCWD, path_.c_str(), kDeepest);
  if (fd_ < 0) throw IoError(target_.string(), "cannot create", error);
}

bool Temporary::take_lock() const {
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;  // other errors: no locks here
  struct stat locked {
  }, named{};
  return ::fstat(fd_, &locked) == 0 && ::lstat(path_.c_str(), &named) == 0 && locked.st_ino == named.st_ino;
}

Temporary::~Temporary() {
  if (!moved_) remove_tree(AT_FDCWD, path_.c_str(), kDeepest);
  on_signal_.reset();
  if (fd_ >= 0) ::close(fd_);
}

void Temporary::move_to_target() {
  if (kind_ == Kind::file && ::fsync(fd_) != 0) throw IoError(target_.string(), "cannot flush to disk", errno);
  if (kind_ == Kind::folder) {
    // An old folder changes places with the new one, so that a kill leaves one of them, and goes as the unfinished one
    // would have.
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0) return;
    if (errno != ENOENT) remove_tree(AT_FDCWD, target_.c_str(), kDeepest);  // the file system cannot do that
  }
  if (::rename(path_.c_str(), target_.c_str()) != 0) throw IoError(target_.string(), "cannot replace", errno);
  moved_ = true;
  on_signal_.reset();
  ::close(std::exchange(fd_, -1));  // not earlier: closing gives up the lock
}

void remove_abandoned(const fs::path& folder) {
  const fs::path place = folder.empty() ? fs::path(".") : folder;
  DIR* const entries = ::opendir(place.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries)) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
    if (is_temporary_name(entry->d_name)) remove_if_abandoned(::dirfd(entries), entry->d_name);
  }
  ::closedir(entries);
}

void flush_folder(const fs::path& folder) {
  const fs::path place = folder.empty() ? fs::path(".") : folder;
  const int fd = ::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace latent
