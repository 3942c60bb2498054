#pragma once
// One pool of threads, shared with oneDNN.

#include <cstdint>
#include <functional>

namespace latent {

/// Processors this process may use: its affinity mask, and the control group's quota where there is one. At least 1.
int available_threads();

/// Sets how many threads work on what one call starts, for every thread of the process that calls, now and later: a
/// server's handlers set nothing themselves. Before the first call, each thread has what OpenMP says to it. Safe from
/// many threads; work under way keeps the number that it began with.
/// @throws std::invalid_argument unless 1 <= count <= available_threads()
void set_num_threads(int count);
/// Threads that would work on what the calling thread starts now: 1 inside of parallel work.
int num_threads();

/// Calls `body(begin, end)` once for each of at most num_threads() ranges of [0, n), at the same time; on the spot inside
/// a body. Ranges have at least `grain`, begin at multiples of 16 (vector code meets a ragged end once), and depend on n,
/// grain and num_threads() alone. `body` must not throw. @throws Interrupted at once if the thread's Stoppable says so
void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body);

}  // namespace latent
