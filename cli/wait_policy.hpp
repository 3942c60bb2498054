#pragma once
// How threads wait for each other.

namespace latent::cli {

/// Starts this program again, in place, with OpenMP told to let waiting threads sleep rather than spin; returns at once
/// if that, or another choice of the user's, is in the environment already.
///
/// OpenMP's runtime reads its settings before main() and offers no call to change this one. Spinning wins a few percent
/// on an idle machine; beside one other busy process it made training 38 times slower (2 cores, vae-mlp: 1,200 samples
/// per second in place of 46,500), because the thread that is waited for cannot run.
void let_waiting_threads_sleep(char** argv);

}  // namespace latent::cli
