#pragma once
// Results that may not depend on the number of threads.

#include <latent/core/threads.hpp>

#include <gtest/gtest.h>

namespace latent {

/// Runs f with one thread and with all, and expects the same result.
template <class F>
void expect_same_with_any_threads(const F& f) {
  const int before = num_threads();
  set_num_threads(1);
  const auto one = f();
  set_num_threads(available_threads());
  EXPECT_EQ(one, f());
  set_num_threads(before);
}

}  // namespace latent
