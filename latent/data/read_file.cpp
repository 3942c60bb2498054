#include <latent/core/memory.hpp>
#include <latent/data/sources.hpp>
#include <latent/formats/cifar.hpp>
#include <latent/formats/idx.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>

#include <algorithm>

namespace latent::data {

namespace {

// Enough for the header of any form, and for a few labels of CIFAR.
constexpr size_t kHead = size_t{1} << 14;

// What a packed file holds is judged by its beginning: nothing else is unpacked than what may be data, and no more of
// it than its header promises.
// @return the most bytes that the rest may become
size_t judged(std::span<const std::byte> head, size_t packed_bytes, const std::string& path) {
  const size_t limit = unpack_limit(packed_bytes);
  constexpr std::string_view kAdvice = "; unpacked by hand they can be read";
  if (is_npy(head)) {
    const auto promised = npy_file_bytes(head, path);
    if (promised) check_memory(*promised, limit, path, "the values that the header promises", kAdvice);
    return limit;
  }
  if (is_npz(head) || image_format(head) || looks_like_text(head)) return limit;
  if (may_be_cifar(head)) {  // photographs hardly pack, but zeros may be labels too
    constexpr size_t kWholeSet = size_t{256} << 20, kMostForAByte = 16;
    return std::min(limit, std::max(kWholeSet, kMostForAByte * packed_bytes));
  }
  if (const auto promised = idx_file_bytes(head)) {
    check_memory(*promised, limit, path, "the values that the header promises", kAdvice);
    return limit;
  }
  throw DataError(path, "the packed file holds no form of data that can be opened (IDX, NPY, NPZ, CSV, TSV, CIFAR)");
}

}  // namespace

// Text has no NUL and few other control characters; looking at the beginning is enough.
bool looks_like_text(std::span<const std::byte> bytes) {
  constexpr size_t kLooked = 4096;
  return std::none_of(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(std::min(bytes.size(), kLooked)),
                      [](std::byte b) {
                        const auto c = std::to_integer<unsigned char>(b);
                        return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
                      });
}

FileBytes read_file(const std::filesystem::path& path) {
  FileBytes file{path.string(), MappedFile::open(path), {}};
  const auto bytes = file.file->bytes();
  if (bytes.empty()) throw DataError(file.path, "the file is empty");
  if (file.packed()) {
    const std::vector<std::byte> head = gunzip_head(bytes, file.path, kHead);
    if (head.empty()) {
      file.unpacked = gunzip(bytes, file.path);  // says what is wrong with it, if anything is
      throw DataError(file.path, "the packed file is empty");
    }
    file.unpacked = gunzip(bytes, file.path, judged(head, bytes.size(), file.path));
  }
  return file;
}

}  // namespace latent::data
