#include <latent/formats/npy.hpp>

#include <latent/formats/npy_parts.hpp>
#include <latent/formats/text.hpp>
#include <latent/formats/zip.hpp>

#include <array>
#include <optional>
#include <set>
#include <string_view>

namespace latent {

namespace {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
constexpr std::string_view kEnding = ".npy";

// Refuses a large array that is not what its member is, before it is unpacked. Small ones tell more of what is wrong
// with them when they are read whole.
void check_promise(const detail::ZipReader& zip, const detail::ZipReader::Entry& entry, const std::string& path) {
  constexpr size_t kHead = size_t{1} << 12, kSmall = size_t{1} << 20;
  if (entry.unpacked_bytes <= kSmall) return;
  const std::optional<uint64_t> promised = npy_file_bytes(zip.unpack_head(entry, kHead), path);
  if (promised && *promised != entry.unpacked_bytes) {
    throw DataError(
        path, fmt::format("the array's header promises {} bytes, the archive {}", *promised, entry.unpacked_bytes));
  }
}

// @param owner keeps `bytes` and lets stored arrays look into them; null if nobody does
// @param bools gets the names of arrays of bool, unless null
NamedTensors read_archive(std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                          const std::string& path, std::set<std::string>* bools) {
  const detail::ZipReader zip(bytes, path);
  size_t allowed = unpack_limit(bytes.size());
  NamedTensors arrays;
  std::set<std::string> names;
  for (const auto& entry : zip.entries()) {
    if (!entry.name.ends_with(kEnding)) continue;
    const std::string name = detail::to_utf8(entry.name.substr(0, entry.name.size() - kEnding.size()));
    const auto offset = static_cast<int64_t>(entry.data_offset);
    if (!names.insert(name).second)
      throw DataError(path, offset, fmt::format("two arrays {}", detail::in_quotes(name)));

    std::span<const std::byte> array = zip.packed(entry);
    std::shared_ptr<const void> array_owner = owner;
    const std::string array_path = fmt::format("{}, array {}", path, detail::in_quotes(name));
    if (entry.deflated) {
      check_promise(zip, entry, array_path);
      const auto unpacked = std::make_shared<const std::vector<std::byte>>(zip.unpack(entry, allowed));
      allowed -= unpacked->size();
      array = *unpacked;
      array_owner = unpacked;
    }
    zip.check_crc(entry, array);
    const detail::NpyHeader header = detail::parse_npy_header(array, array_path);
    if (header.is_text()) continue;
    if (header.is_bool() && bools) bools->insert(name);
    arrays.emplace_back(name, detail::npy_array(array, array_owner, array_path));
  }
  if (arrays.empty()) throw DataError(path, "no arrays of numbers in the archive");
  return arrays;
}

}  // namespace

NamedTensors read_npz(const std::shared_ptr<const MappedFile>& file, std::set<std::string>* bools) {
  return read_archive(file->bytes(), file, file->path(), bools);
}

NamedTensors read_npz(std::span<const std::byte> bytes, const std::string& path, std::set<std::string>* bools) {
  return read_archive(bytes, nullptr, path, bools);
}

void write_npz(const std::filesystem::path& path, const NamedTensors& arrays) {
  replace_file(path, [&](Sink& sink) {
    detail::ZipWriter zip(sink);
    for (const auto& [name, array] : arrays) {
      const std::string header = detail::npy_header(array);
      const std::array<std::span<const std::byte>, 2> parts = {
          std::as_bytes(std::span(header)), std::span(static_cast<const std::byte*>(array.raw()), array.nbytes())};
      zip.add(name + std::string(kEnding), parts);
    }
    zip.finish();
  });
}

}  // namespace latent
