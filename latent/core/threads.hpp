#pragma once
// One pool of threads, shared with oneDNN.

#include <cstdint>
#include <functional>

namespace latent {

/// Processors this process may use: its affinity mask, and the control group's quota where there is one. At least 1.
int available_threads();

/// Threads used by parallel work that the calling thread starts. @throws std::invalid_argument unless
/// 1 <= count <= available_threads()
void set_num_threads(int count);
int num_threads();

/// Splits [0, n) into at most num_threads() ranges of at least `grain` and calls `body(begin, end)` once for each,
/// at the same time. The ranges depend on n, grain and num_threads() alone. Ranges begin at multiples of 16, so that
/// vector code meets a ragged end only once. `body` must not throw. A call from inside a body runs on the spot.
void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body);

}  // namespace latent
