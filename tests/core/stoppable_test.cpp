// Work that is ended from outside.
#include <latent/core/interrupted.hpp>
#include <latent/core/stoppable.hpp>
#include <latent/core/threads.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace latent {
namespace {

void do_some_work() {
  parallel_for(100, 1, [](int64_t, int64_t) {});
}

TEST(Stoppable, EndsWorkOfItsThreadOnceAsked) {
  std::atomic<bool> stop = false;
  const Stoppable stoppable(stop);
  EXPECT_NO_THROW(do_some_work());
  stop = true;
  EXPECT_THROW(do_some_work(), Interrupted);
  EXPECT_THROW(check_stop(), Interrupted);
  std::thread([] { EXPECT_NO_THROW(do_some_work()); }).join();
}

TEST(Stoppable, WorkThatWasBegunIsDoneToItsEnd) {
  std::atomic<bool> stop = false;
  std::atomic<int64_t> done = 0;
  const Stoppable stoppable(stop);
  EXPECT_NO_THROW(parallel_for(100, 1, [&](int64_t begin, int64_t end) {
    stop = true;
    done += end - begin;
  }));
  EXPECT_EQ(done, 100);
}

TEST(Stoppable, HeedsOuterScopesAndLeavesThemAsTheyWere) {
  std::atomic<bool> outer_stop = false, inner_stop = false;
  const Stoppable outer(outer_stop);
  {
    const Stoppable inner(inner_stop);
    inner_stop = true;
    EXPECT_THROW(check_stop(), Interrupted);
  }
  EXPECT_EQ(Stoppable::current(), &outer);
  EXPECT_NO_THROW(check_stop());
  std::atomic<bool> none = false;
  std::thread([&] {  // on behalf of a thread that waits
    const Stoppable mine(none, &outer);
    outer_stop = true;
    EXPECT_THROW(check_stop(), Interrupted);
  })
      .join();
}

}  // namespace
}  // namespace latent
