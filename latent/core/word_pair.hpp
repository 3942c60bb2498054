#pragma once
// Two words and how often they stood near each other.

#include <cstdint>

namespace latent {

/// What GloVe learns from; its kernels read lists of them.
struct WordPair {
  int32_t first = 0, second = 0;  ///< ids
  float count = 0.0f;             ///< > 0
};

}  // namespace latent
