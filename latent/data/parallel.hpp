#pragma once
// parallel_for for work that can fail.

#include <cstdint>
#include <functional>

namespace latent::data {

/// Calls body(0) ... body(n - 1) in parallel. If calls throw, what the one with the smallest index threw is thrown
/// again, after all have ended; calls that follow a failed one may be left out, and the rest where the calling thread
/// is Stoppable and shall end. @throws Interrupted then
void parallel_try(int64_t n, const std::function<void(int64_t)>& body);

}  // namespace latent::data
