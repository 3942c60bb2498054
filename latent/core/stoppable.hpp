#pragma once
// Work that can be ended from outside.

#include <atomic>

namespace latent {

/// While it lives, what the calling thread computes ends by Interrupted soon after `stop` is set: parallel_for() looks
/// at it, and check_stop(). A scope inside of another one heeds both.
class Stoppable {
 public:
  /// @param stop   must outlive this
  /// @param outer  heeded as well: of this thread, or of one that waits for it; may be null
  explicit Stoppable(const std::atomic<bool>& stop, const Stoppable* outer = current());
  ~Stoppable();
  Stoppable(const Stoppable&) = delete;
  Stoppable& operator=(const Stoppable&) = delete;

  /// Whether an end was asked for. Safe from every thread, such as those that share the work.
  bool is_asked() const { return stop_ || (outer_ != nullptr && outer_->is_asked()); }
  /// The innermost scope of the calling thread; null where there is none.
  static const Stoppable* current();

 private:
  const std::atomic<bool>& stop_;
  const Stoppable* outer_;
  const Stoppable* before_;
};

/// @throws Interrupted if the calling thread's work shall end; not from inside of parallel work
void check_stop();

}  // namespace latent
