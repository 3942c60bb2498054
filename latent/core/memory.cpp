#include <latent/core/memory.hpp>

#include <latent/core/error.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <limits>

namespace latent {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// The number that a file begins with; no limit where there is none ("max"), or no file.
uint64_t number_in(const fs::path& file) {
  std::ifstream stream(file);
  std::string word;
  uint64_t value = 0;
  if (!(stream >> word)) return kNoLimit;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return error == std::errc() && end == word.data() + word.size() ? value : kNoLimit;
}

// The least limit of a group and of all above it.
uint64_t least_up_to(const fs::path& root, const fs::path& group, const char* file) {
  uint64_t least = number_in(root / file);
  fs::path at = root;
  for (const fs::path& part : group.relative_path()) {
    at /= part;
    least = std::min(least, number_in(at / file));
  }
  return least;
}

uint64_t physical_memory() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// What a limit of the process leaves beside `used` bytes.
uint64_t left_of_limit(decltype(RLIMIT_AS) resource, uint64_t used) {
  struct rlimit limit {};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kNoLimit;
  return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

// Pages of address space and of data, which is what the two limits count.
std::pair<uint64_t, uint64_t> pages_used() {
  std::ifstream statm("/proc/self/statm");
  std::array<uint64_t, 6> fields{};  // size, resident, shared, text, (unused), data
  for (uint64_t& field : fields) statm >> field;
  return {fields[0], fields[5]};
}

}  // namespace

uint64_t detail::control_group_memory(const fs::path& membership, const fs::path& root) {
  uint64_t least = least_up_to(root, {}, "memory.max");
  std::ifstream lines(membership);
  for (std::string line; std::getline(lines, line);) {  // "0::/user.slice", or in version 1 "4:memory:/box"
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    const fs::path group = line.substr(second + 1);
    if (controllers == ",,") least = std::min(least, least_up_to(root, group, "memory.max"));
    if (controllers.find(",memory,") != std::string::npos) {
      least = std::min(least, least_up_to(root / "memory", group, "memory.limit_in_bytes"));
    }
  }
  return least;
}

uint64_t memory_allowed() {
  const auto [address_pages, data_pages] = pages_used();
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return std::min({physical_memory(), detail::control_group_memory("/proc/self/cgroup", "/sys/fs/cgroup"),
                   left_of_limit(RLIMIT_AS, address_pages * page), left_of_limit(RLIMIT_DATA, data_pages * page)});
}

void check_memory(uint64_t bytes, uint64_t allowed, const std::string& path, std::string_view what,
                  std::string_view advice) {
  if (bytes <= allowed) return;
  constexpr double kGigabyte = 1e9;
  throw DataError(
      path, fmt::format("{} take {:.2f} GB of memory, but {:.2f} GB may be used{}", what,
                        static_cast<double>(bytes) / kGigabyte, static_cast<double>(allowed) / kGigabyte, advice));
}

}  // namespace latent
