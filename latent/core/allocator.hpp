#pragma once
// A caching allocator: in steady state a training step takes no memory from the system.

#include <cstddef>
#include <memory>

namespace latent {

/// A block of `bytes` bytes aligned to 64, from a process-wide cache of freed blocks (by size class); it goes back
/// there when the last owner lets go. Contents are undefined. Safe from many threads.
/// @throws std::bad_alloc when the system has no memory left, after the cache was emptied
std::shared_ptr<std::byte> allocate(size_t bytes);

/// Gives every cached block back to the system (after training, before a long-lived server goes idle).
void release_cached_memory();

/// Bytes now held in the cache, unused. For tests and reports.
size_t cached_bytes();

}  // namespace latent
