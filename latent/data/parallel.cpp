#include <latent/data/parallel.hpp>

#include <latent/core/stoppable.hpp>
#include <latent/core/threads.hpp>

#include <exception>
#include <mutex>

namespace latent::data {

void parallel_try(int64_t n, const std::function<void(int64_t)>& body) {
  std::mutex mutex;
  std::exception_ptr failure;
  int64_t failed = n;
  const Stoppable* const stoppable = Stoppable::current();
  parallel_for(n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (stoppable != nullptr && stoppable->is_asked()) return;
      try {
        body(i);
      } catch (...) {
        // The rest of this range has larger indices: nothing there could be reported.
        const std::lock_guard lock(mutex);
        if (i < failed) {
          failed = i;
          failure = std::current_exception();
        }
        return;
      }
    }
  });
  check_stop();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace latent::data
