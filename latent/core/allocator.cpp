#include <latent/core/allocator.hpp>

#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

// AddressSanitizer sees only what comes from the system, so it is told what is free in the cache, and what is left of a
// block beyond the bytes asked for. Nothing where it is not compiled in.
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace latent {

namespace {

constexpr size_t kAlignment = 64;
// Blocks above this size go straight back to the system: caching one of them could double a program's footprint.
constexpr size_t kLargestCached = size_t{64} << 20;

// Size classes: four per power of two, so that at most a fifth of a block is unused.
size_t class_bytes(size_t bytes) {
  if (bytes <= 4 * kAlignment) return (bytes + kAlignment - 1) / kAlignment * kAlignment;
  const size_t step = std::bit_floor(bytes - 1) / 4;
  return (bytes + step - 1) / step * step;  // NOLINT(clang-analyzer-core.DivideZero): step >= kAlignment / 2
}

size_t class_index(size_t rounded) {
  if (rounded <= 4 * kAlignment) return rounded / kAlignment;
  const size_t floor = std::bit_floor(rounded);
  return static_cast<size_t>(std::countr_zero(floor)) * 4 +
         (rounded - floor) / (floor / 4);  // NOLINT(clang-analyzer-core.DivideZero)
}

class Cache {
 public:
  std::byte* take(size_t rounded) {
    if (rounded <= kLargestCached) {
      const std::lock_guard lock(mutex_);
      auto& blocks = free_[class_index(rounded)];
      if (!blocks.empty()) {
        std::byte* block = blocks.back();
        blocks.pop_back();
        cached_ -= rounded;
        return block;
      }
    }
    void* block = std::aligned_alloc(kAlignment, rounded);
    if (block == nullptr) {
      release();
      block = std::aligned_alloc(kAlignment, rounded);
      if (block == nullptr) throw std::bad_alloc();
    }
    return static_cast<std::byte*>(block);
  }

  void give(std::byte* block, size_t rounded) noexcept {
    if (rounded <= kLargestCached) {
      const std::lock_guard lock(mutex_);
      try {
        free_[class_index(rounded)].push_back(block);
        cached_ += rounded;
        ASAN_POISON_MEMORY_REGION(block, rounded);
        return;
      } catch (const std::bad_alloc&) {
        // No room to remember the block: fall through and free it.
      }
    }
    std::free(block);  // NOLINT(cppcoreguidelines-no-malloc): the other end of std::aligned_alloc
  }

  void release() {
    const std::lock_guard lock(mutex_);
    for (auto& blocks : free_) {
      for (std::byte* block : blocks) std::free(block);  // NOLINT(cppcoreguidelines-no-malloc)
      blocks.clear();
    }
    cached_ = 0;
  }

  size_t cached() {
    const std::lock_guard lock(mutex_);
    return cached_;
  }

 private:
  std::mutex mutex_;
  std::array<std::vector<std::byte*>, 256> free_;
  size_t cached_ = 0;
};

// Never destroyed, because tensors with static storage duration may outlive any static object.
Cache& cache() {
  static auto* const kCache = new Cache;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): see above
  return *kCache;
}

}  // namespace

std::shared_ptr<std::byte> allocate(size_t bytes) {
  const size_t rounded = class_bytes(bytes == 0 ? 1 : bytes);
  std::byte* const taken = cache().take(rounded);
  ASAN_UNPOISON_MEMORY_REGION(taken, bytes);
  ASAN_POISON_MEMORY_REGION(taken + bytes, rounded - bytes);
  return {taken, [rounded](std::byte* block) { cache().give(block, rounded); }};
}

void release_cached_memory() { cache().release(); }

size_t cached_bytes() { return cache().cached(); }

}  // namespace latent
