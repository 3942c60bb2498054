#pragma once
// How much memory this process may take.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace latent {

/// Bytes of memory that this process may take: the least of the machine's memory, the limits of its control group and
/// of those above it (versions 1 and 2), and what the limits of the process (`ulimit -v`, `ulimit -d`) leave of address
/// space. Looked up at each call.
uint64_t memory_allowed();

/// Says what something needs before it is taken. "x: 4,096 images of (3, 512, 512) take 12.9 GB, but ..."
/// @param bytes  what is needed   @param allowed  what may be taken: memory_allowed(), or a part of it
/// @param path   what is read     @param what     "4096 images of (3, 512, 512)"   @param advice  "; ...", or empty
/// @throws DataError if `bytes` is more than `allowed`
void check_memory(uint64_t bytes, uint64_t allowed, const std::string& path, std::string_view what,
                  std::string_view advice = {});

namespace detail {
/// The least limit of the control groups that `membership` (/proc/self/cgroup) names, and of those above them, below
/// `root` (/sys/fs/cgroup); UINT64_MAX without one.
uint64_t control_group_memory(const std::filesystem::path& membership, const std::filesystem::path& root);
}  // namespace detail

}  // namespace latent
