#include <latent/text/text_reader.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <utility>

namespace latent::text {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kWhiteSpace = " \t\r\v\f";

class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

ssize_t read_some(int fd, char* into, size_t count) {
  ssize_t got;
  do {
    got = ::read(fd, into, count);
  } while (got < 0 && errno == EINTR);
  return got;
}

struct FreeArchive {
  void operator()(archive* of) const { ::archive_read_free(of); }
};

// By what stands at the beginning of packed files: gzip, bzip2, xz, Zstandard.
bool looks_packed(std::string_view head) {
  using namespace std::string_view_literals;
  constexpr std::array kMagic = {"\x1f\x8b"sv, "BZh"sv, "\xfd\x37zXZ\x00"sv, "\x28\xb5\x2f\xfd"sv};
  return std::ranges::any_of(kMagic, [&](std::string_view magic) { return head.starts_with(magic); });
}

// Where a piece of text may end: behind the last line, else behind the last word, else before the last character.
size_t end_of_piece(std::string_view text) {
  if (const size_t line = text.rfind('\n'); line != std::string_view::npos) return line + 1;
  if (const size_t word = text.find_last_of(kWhiteSpace); word != std::string_view::npos) return word + 1;
  constexpr size_t kLongestCharacter = 4;
  for (size_t end = text.size() - 1; end + kLongestCharacter > text.size() && end > 0; --end) {
    if ((static_cast<uint8_t>(text[end]) & 0xc0) != 0x80) return end;
  }
  return text.size();
}

// Whether a file that is not packed begins like no text. What cannot be read is for others to say.
bool is_binary(const fs::path& path) {
  const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> head{};
  const ssize_t got = file.get() < 0 ? -1 : ::pread(file.get(), head.data(), head.size(), 0);
  if (got <= 0) return false;
  const std::string_view begin(head.data(), static_cast<size_t>(got));
  return !looks_packed(begin) && begin.find('\0') != std::string_view::npos;
}

}  // namespace

bool is_packed(std::span<const std::byte> bytes) {
  return looks_packed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

TextSources::TextSources(const std::vector<std::string>& names) : TextSources(names, fs::temp_directory_path()) {}

TextSources::TextSources(const std::vector<std::string>& names, const fs::path& spool) {
  LATENT_CHECK(!names.empty(), "[TextSources] no text");
  LATENT_CHECK(std::ranges::count(names, "-") <= 1, "[TextSources] standard input ('-') can be read once only");
  for (const std::string& name : names) {
    if (name == "-") {
      add_standard_input(spool);
    } else {
      add(name);
    }
  }
}

void TextSources::add(const std::string& name) {
  struct stat status {};
  if (::stat(name.c_str(), &status) != 0) throw IoError(name, "cannot open", errno);
  if (S_ISDIR(status.st_mode)) return add_folder(name);
  if (!S_ISREG(status.st_mode)) throw DataError(name, "neither a file nor a folder; a pipe is read as '-'");
  if (::access(name.c_str(), R_OK) != 0) throw IoError(name, "cannot open", errno);
  files_.push_back({name, name, status.st_size});
  bytes_ += status.st_size;
}

void TextSources::add_folder(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const bool is_hidden = it->path().filename().native().starts_with('.');
    if (is_hidden && it->is_directory(error)) it.disable_recursion_pending();
    if (!is_hidden && it->is_regular_file(error)) paths.push_back(it->path());
  }
  if (error) throw IoError(folder.string(), "cannot list", error.value());
  if (paths.empty()) throw DataError(folder.string(), "a folder without files");
  std::ranges::sort(paths);
  const size_t before = files_.size();
  for (const fs::path& path : paths) {
    if (is_binary(path)) {
      skipped_.push_back(path);
    } else {
      add(path.string());
    }
  }
  if (files_.size() == before) {
    throw DataError(folder.string(),
                    fmt::format("a folder without texts: {} holds binary data", skipped_.back().string()));
  }
}

void TextSources::add_standard_input(const fs::path& spool) {
  standard_input_ = std::make_shared<Temporary>(spool / "standard input", Temporary::Kind::file);
  std::vector<char> buffer(kBlockBytes);
  int64_t bytes = 0;
  for (ssize_t got = 0; (got = read_some(STDIN_FILENO, buffer.data(), buffer.size())) != 0;) {
    if (got < 0) throw IoError("standard input", "cannot read", errno);
    for (ssize_t done = 0; done < got;) {
      const ssize_t written = ::write(standard_input_->fd(), buffer.data() + done, static_cast<size_t>(got - done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw IoError(spool.string(), "cannot keep what comes from standard input", errno);
      done += written;
    }
    bytes += got;
  }
  files_.push_back({"standard input", standard_input_->path(), bytes});
  bytes_ += bytes;
}

// One file's text.
class TextReader::Stream {
 public:
  explicit Stream(const TextSources::File& file)
      : name_(file.name), file_(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_.get() < 0) throw IoError(name_, "cannot open", errno);
    std::array<char, 8> head{};
    const ssize_t got = ::pread(file_.get(), head.data(), head.size(), 0);
    if (got < 0) throw IoError(name_, "cannot read", errno);
    if (looks_packed({head.data(), static_cast<size_t>(got)})) open_archive();
  }

  // Appends up to `count` bytes of text; none at the end.
  size_t read(std::string& text, size_t count) {
    const size_t before = text.size();
    text.resize(before + count);
    char* into = text.data() + before;
    ssize_t got;
    if (archive_) {
      got = ::archive_read_data(archive_.get(), into, count);
      if (got < 0) fail();
    } else {
      got = read_some(file_.get(), into, count);
      if (got < 0) throw IoError(name_, "cannot read", errno);
      bytes_ += got;
    }
    text.resize(before + static_cast<size_t>(got));
    return static_cast<size_t>(got);
  }

  int64_t bytes_read() const { return archive_ ? ::archive_filter_bytes(archive_.get(), -1) : bytes_; }

 private:
  void open_archive() {
    archive_.reset(::archive_read_new());
    if (!archive_) throw std::bad_alloc();
    ::archive_read_support_filter_gzip(archive_.get());
    ::archive_read_support_filter_bzip2(archive_.get());
    ::archive_read_support_filter_xz(archive_.get());
    ::archive_read_support_filter_zstd(archive_.get());
    ::archive_read_support_format_raw(archive_.get());
    ::archive_read_support_format_empty(archive_.get());
    archive_entry* entry = nullptr;
    if (::archive_read_open_fd(archive_.get(), file_.get(), kBlockBytes) != ARCHIVE_OK) fail();
    const int found = ::archive_read_next_header(archive_.get(), &entry);
    if (found != ARCHIVE_OK && found != ARCHIVE_EOF) fail();
  }

  [[noreturn]] void fail() const {
    const char* reason = ::archive_error_string(archive_.get());
    throw DataError(name_, fmt::format("its packed data is damaged or not whole ({})",
                                       one_line(reason ? reason : "no reason given")));
  }

  std::string name_;
  OpenFile file_;
  std::unique_ptr<archive, FreeArchive> archive_;  // null for text that is not packed
  int64_t bytes_ = 0;
};

TextReader::TextReader(const TextSources& sources) : sources_(sources) {}
TextReader::~TextReader() = default;

bool TextReader::next(TextBlock& block) {
  for (;;) {
    if (!stream_) {
      if (next_file_ == sources_.files().size()) return false;
      stream_ = std::make_unique<Stream>(sources_.files()[next_file_++]);
      offset_ = 0;
      rest_.clear();
    }
    block.text = std::move(rest_);
    rest_.clear();
    bool at_end = false;
    while (!at_end && block.text.size() < kBlockBytes) {
      at_end = stream_->read(block.text, kBlockBytes - block.text.size()) == 0;
    }
    block.file = next_file_ - 1;
    block.offset = offset_;
    if (at_end) {
      bytes_before_ += sources_.files()[block.file].bytes;
      stream_.reset();
    } else {
      const size_t end = end_of_piece(block.text);
      rest_ = block.text.substr(end);
      block.text.resize(end);
    }
    offset_ += static_cast<int64_t>(block.text.size());
    if (block.offset == 0 && block.text.starts_with(kByteOrderMark)) block.text.erase(0, kByteOrderMark.size());
    if (!block.text.empty()) return true;
  }
}

void TextReader::unpack(const fs::path& path, const std::function<void(std::span<const std::byte>)>& take) {
  Stream stream({path.string(), path, 0});
  for (std::string piece; stream.read(piece, kBlockBytes) > 0; piece.clear())
    take(std::as_bytes(std::span(piece.data(), piece.size())));
}

int64_t TextReader::bytes_read() const { return bytes_before_ + (stream_ ? stream_->bytes_read() : 0); }

}  // namespace latent::text
