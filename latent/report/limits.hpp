#pragma once
// How large pictures may be.

#include <cstdint>

namespace latent::report {

/// Pixels of each side of a picture that is meant to be looked at: 16 megapixels at most.
constexpr int64_t kMostSide = 4096;

}  // namespace latent::report
