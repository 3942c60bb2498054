#include <latent/core/stoppable.hpp>

#include <latent/core/interrupted.hpp>

namespace latent {

namespace {
thread_local const Stoppable* innermost = nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
}  // namespace

Stoppable::Stoppable(const std::atomic<bool>& stop, const Stoppable* outer)
    : stop_(stop), outer_(outer), before_(innermost) {
  innermost = this;
}
Stoppable::~Stoppable() { innermost = before_; }
const Stoppable* Stoppable::current() { return innermost; }

void check_stop() {
  if (innermost != nullptr && innermost->is_asked()) throw Interrupted("interrupted before the work was done");
}

}  // namespace latent
