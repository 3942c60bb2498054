#pragma once
// How threads wait for each other.

namespace latent::cli {

/// Starts this program again, in place, with OpenMP told to spin only briefly before a waiting thread sleeps; returns
/// at once if that, or another choice of the user's, is in the environment already.
///
/// OpenMP's runtime reads its settings before main() and offers no call to change this one. Its default is to spin for
/// milliseconds, which beside other busy processes made training tens of times slower, because the thread that is
/// waited for cannot run. Measured on 2 cores, vae-mlp in f32, seconds per epoch, alone and beside one process that
/// never rests: default 0.65 and 3.2 (up to 40 beside several), 1000 spins 0.62 and 2.1, no spins (passive) 1.3
/// and 1.5.
void let_waiting_threads_sleep(char** argv);

}  // namespace latent::cli
