// The treatment of denormal numbers: set in every thread that works for the caller, and put back.
#include <latent/core/denormals.hpp>
#include <latent/core/threads.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

namespace latent {
namespace {

constexpr float kSmallest = std::numeric_limits<float>::min();

// Through memory, so that the compiler cannot compute it.
float half_of(float value) {
  volatile float x = value;
  x = x * 0.5f;
  return x;
}

// Whether halving the smallest normal number gives zero: in how many ranges of parallel work, and in how many not.
struct Counts {
  std::atomic<int> flushed{0}, kept{0};
};
void count_ranges(Counts& counts) {
  parallel_for(num_threads(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++(half_of(kSmallest) == 0.0f ? counts.flushed : counts.kept);
  });
}

TEST(Denormals, AreFlushedInAllThreadsAndThenAsBefore) {
  Counts before, inside, within, after;
  count_ranges(before);
  {
    const DenormalMode flushed(Denormals::flushed);
    EXPECT_EQ(denormals(), Denormals::flushed);
    EXPECT_EQ(half_of(kSmallest), 0.0f);
    volatile float denormal = std::numeric_limits<float>::denorm_min();
    EXPECT_EQ(denormal * 0x1p100f, 0.0f) << "denormals are zero as inputs, too";
    count_ranges(inside);
    {
      const DenormalMode ieee(Denormals::kept);  // as compression asks for it
      count_ranges(within);
      EXPECT_GT(half_of(kSmallest), 0.0f);
    }
    EXPECT_EQ(half_of(kSmallest), 0.0f);
  }
  count_ranges(after);
  EXPECT_EQ(denormals(), Denormals::kept);
  EXPECT_GT(half_of(kSmallest), 0.0f);
  const int all = num_threads();
  EXPECT_EQ(before.kept, all);
  EXPECT_EQ(inside.flushed, all);
  EXPECT_EQ(within.kept, all);
  EXPECT_EQ(after.kept, all);
}

TEST(Denormals, AreEachThreadsOwnAffair) {
  const DenormalMode flushed(Denormals::flushed);
  std::thread([] {
    const DenormalMode ieee(Denormals::kept);
    EXPECT_EQ(denormals(), Denormals::kept);
  }).join();
  EXPECT_EQ(denormals(), Denormals::flushed);
}

}  // namespace
}  // namespace latent
