#include <latent/formats/file.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

namespace latent {

namespace {

namespace fs = std::filesystem;

constexpr size_t kBufferBytes = size_t{1} << 16;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// A regular file, open for reading.
class RegularFile {
 public:
  // Without O_NONBLOCK a pipe without a writer would wait for ever before it is recognised.
  explicit RegularFile(const fs::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (!fd_.valid()) throw IoError(path.string(), "cannot open", errno);
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) throw IoError(path.string(), "cannot open", errno);
    if (S_ISDIR(status.st_mode)) throw DataError(path.string(), "a folder, not a file");
    if (!S_ISREG(status.st_mode)) throw DataError(path.string(), "not a regular file");
    size_ = static_cast<size_t>(status.st_size);
  }
  int fd() const { return fd_.get(); }
  size_t size() const { return size_; }

 private:
  Descriptor fd_;
  size_t size_ = 0;
};

// Collects small writes, so that a writer may put out a header byte by byte.
class FileSink final : public Sink {
 public:
  FileSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) { buffer_.reserve(kBufferBytes); }

  using Sink::write;
  void write(std::span<const std::byte> bytes) override {
    if (buffer_.size() + bytes.size() > kBufferBytes) flush();
    if (bytes.size() > kBufferBytes) {
      write_all(bytes);
    } else {
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }
  }

  void flush() {
    write_all(buffer_);
    buffer_.clear();
  }

 private:
  void write_all(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw IoError(path_, "cannot write", errno);
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
  }

  int fd_;
  std::string path_;
  std::vector<std::byte> buffer_;
};

// A new file beside `target` that disappears again unless it is moved onto it.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target) {
    static std::atomic<uint64_t> counter = 0;
    // Not mkstemp(), whose files are private to the user: open() leaves the permissions to the umask.
    do {
      const uint64_t number = (static_cast<uint64_t>(::getpid()) << 20) + counter++;
      path_ = target.parent_path() / fmt::format(".latent-{:x}.tmp", number);
      fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (fd_ < 0 && errno == EEXIST);
    if (fd_ < 0) throw IoError(target.string(), "cannot create", errno);
  }
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!moved_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return fd_; }

  void move_onto_target() {
    if (::fsync(fd_) != 0) throw IoError(target_.string(), "cannot flush to disk", errno);
    if (::close(std::exchange(fd_, -1)) != 0) throw IoError(target_.string(), "cannot write", errno);
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw IoError(target_.string(), "cannot replace", errno);
    moved_ = true;
  }

 private:
  fs::path target_;
  fs::path path_;
  int fd_ = -1;
  bool moved_ = false;
};

// Makes a rename survive a power cut. A folder that cannot be opened (no permission to list it) or flushed (some
// network file systems) is let be: the file is already complete under its name.
void flush_folder(const fs::path& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid()) ::fsync(fd.get());
}

void write_directly(const fs::path& path, const std::function<void(Sink&)>& write) {
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) throw IoError(path.string(), "cannot open", errno);
  FileSink sink(fd.get(), path.string());
  write(sink);
  sink.flush();
  if (::close(fd.release()) != 0) throw IoError(path.string(), "cannot write", errno);
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::map(int fd, size_t size, std::string path) {
  std::shared_ptr<MappedFile> file(new MappedFile);  // the constructor is private
  file->path_ = std::move(path);
  if (size > 0) {
    void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) throw IoError(file->path_, "cannot map into memory", errno);
    file->data_ = static_cast<const std::byte*>(data);
    file->size_ = size;
  }
  return file;
}

std::shared_ptr<const MappedFile> MappedFile::open(const fs::path& path) {
  const RegularFile file(path);
  return map(file.fd(), file.size(), path.string());
}

FileContents FileContents::read(const fs::path& path) {
  constexpr size_t kSmall = size_t{64} << 10;
  const RegularFile file(path);
  FileContents contents;
  if (file.size() > kSmall) {
    contents.mapped_ = MappedFile::map(file.fd(), file.size(), path.string());
    return contents;
  }
  contents.copy_.resize(file.size());
  size_t done = 0;
  while (done < contents.copy_.size()) {
    const ssize_t count = ::read(file.fd(), contents.copy_.data() + done, contents.copy_.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError(path.string(), "cannot read", errno);
    if (count == 0) break;  // somebody shortened it meanwhile
    done += static_cast<size_t>(count);
  }
  contents.copy_.resize(done);
  return contents;
}

MappedFile::~MappedFile() {
  if (size_ > 0) ::munmap(const_cast<std::byte*>(data_), size_);
}

void MappedFile::advise_random() const {
  if (size_ > 0) ::madvise(const_cast<std::byte*>(data_), size_, MADV_RANDOM);
}

void replace_file(const fs::path& path, const std::function<void(Sink&)>& write) {
  struct stat existing {};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) throw IoError(path.string(), "cannot write", EISDIR);
  if (exists && !S_ISREG(existing.st_mode)) return write_directly(path, write);
  // Renaming needs no permission of the file itself, but who made it read-only means it.
  if (exists && ::access(path.c_str(), W_OK) != 0) throw IoError(path.string(), "cannot write", errno);

  std::error_code error;
  const fs::path target = exists ? fs::canonical(path, error) : path;
  if (error) throw IoError(path.string(), "cannot write", error.value());
  TemporaryFile file(target);
  FileSink sink(file.fd(), path.string());
  write(sink);
  sink.flush();
  if (exists) ::fchmod(file.fd(), existing.st_mode & 07777);  // not ours to change; harmless where it is refused
  file.move_onto_target();
  flush_folder(target.parent_path().empty() ? fs::path(".") : target.parent_path());
}

}  // namespace latent
