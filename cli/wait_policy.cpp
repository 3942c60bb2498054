#include <cli/wait_policy.hpp>

#include <unistd.h>

#include <cstdlib>

namespace latent::cli {

void let_waiting_threads_sleep(char** argv) {
  // About 30 microseconds: longer than the gaps between parallel passes, shorter than anybody's time slice.
  constexpr const char* kSpins = "GOMP_SPINCOUNT";
  if (std::getenv(kSpins) != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  if (setenv(kSpins, "1000", 0) != 0) return;
  execv("/proc/self/exe", argv);  // returns only if it failed: then training is as slow or fast as it was
}

}  // namespace latent::cli
