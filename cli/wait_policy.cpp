#include "wait_policy.hpp"

#include <unistd.h>

#include <cstdlib>

namespace latent::cli {

void let_waiting_threads_sleep(char** argv) {
  constexpr const char* kPolicy = "OMP_WAIT_POLICY";
  if (std::getenv(kPolicy) != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  if (setenv(kPolicy, "passive", 0) != 0) return;
  execv("/proc/self/exe", argv);  // returns only if it failed: then training is as slow or fast as it was
}

}  // namespace latent::cli
