#pragma once
// XXH64: the checksum of archives, the name of models, what data is known by.

#include <cstddef>
#include <cstdint>
#include <span>

namespace latent {

/// The 64-bit xxHash of `bytes`: not against forgery, but no accident passes it.
/// Source: Collet, "xxHash fast digest algorithm", version 0.1.1.
uint64_t xxh64(std::span<const std::byte> bytes, uint64_t seed = 0);

}  // namespace latent
