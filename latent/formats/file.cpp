#include <latent/formats/file.hpp>

#include <latent/formats/temporary.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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
  int release() { return fd_.release(); }
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
  file->fd_ = fd;
  if (size > 0) {
    void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) throw IoError(file->path_, "cannot map into memory", errno);
    file->data_ = static_cast<const std::byte*>(data);
    file->size_ = size;
    file->guard_.emplace(data, size);
  }
  return file;
}

std::shared_ptr<const MappedFile> MappedFile::open(const fs::path& path) {
  RegularFile file(path);
  const size_t size = file.size();
  return map(file.release(), size, path.string());
}

void MappedFile::check_whole() const {
  struct stat status {};
  if (size_ == 0 || ::fstat(fd_, &status) != 0 || static_cast<size_t>(status.st_size) >= size_) return;
  throw DataError(
      path_, fmt::format("another program shortened it from {} to {} bytes while it was read", size_, status.st_size));
}

FileContents FileContents::read(const fs::path& path) {
  constexpr size_t kSmall = size_t{64} << 10;
  RegularFile file(path);
  FileContents contents;
  if (file.size() > kSmall) {
    const size_t size = file.size();
    contents.mapped_ = MappedFile::map(file.release(), size, path.string());
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
  guard_.reset();
  if (size_ > 0) ::munmap(const_cast<std::byte*>(data_), size_);
  if (fd_ >= 0) ::close(fd_);
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
  Temporary file(target, Temporary::Kind::file);
  FileSink sink(file.fd(), path.string());
  write(sink);
  sink.flush();
  if (exists) ::fchmod(file.fd(), existing.st_mode & 07777);  // not ours to change; harmless where it is refused
  file.move_to_target();
  flush_folder(target.parent_path());
}

}  // namespace latent
