// The number of threads is the process's: whoever sets it, whoever calls.
#include <latent/core/alone.hpp>
#include <latent/core/threads.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace latent {
namespace {

class Budget : public ::testing::Test {
 protected:
  ~Budget() override { set_num_threads(before_); }
  int before_ = num_threads();
};

int parts_of_a_long_loop() {
  std::atomic<int> parts{0};
  parallel_for(1 << 20, 1, [&](int64_t, int64_t) { ++parts; });
  return parts;
}

TEST_F(Budget, HoldsForThreadsThatSetNothing) {
  for (const int count : {1, available_threads()}) {
    set_num_threads(count);
    std::vector<int> seen(3), parts(3);
    {
      std::vector<std::jthread> threads;
      for (size_t t = 0; t < seen.size(); ++t) {
        threads.emplace_back([&, t] {
          seen[t] = num_threads();
          parts[t] = parts_of_a_long_loop();
        });
      }
    }
    EXPECT_EQ(seen, std::vector<int>(3, count));
    EXPECT_EQ(parts, std::vector<int>(3, count));
    EXPECT_EQ(parts_of_a_long_loop(), count);
  }
}

TEST_F(Budget, IsSetByAnyThreadForAllThatRun) {
  set_num_threads(available_threads());
  std::thread([] { set_num_threads(1); }).join();
  EXPECT_EQ(num_threads(), 1);
  EXPECT_EQ(parts_of_a_long_loop(), 1);
}

TEST_F(Budget, IsOneForAThreadThatIsAlone) {
  set_num_threads(available_threads());
  {
    const Alone alone;
    EXPECT_EQ(num_threads(), 1);
    EXPECT_EQ(parts_of_a_long_loop(), 1);
    int others = 0;
    std::thread([&] { others = num_threads(); }).join();
    EXPECT_EQ(others, available_threads());
    { const Alone again; }
    EXPECT_EQ(num_threads(), 1);
  }
  EXPECT_EQ(num_threads(), available_threads());
}

TEST_F(Budget, IsRefusedBeyondTheProcessors) {
  EXPECT_THROW(set_num_threads(0), std::invalid_argument);
  EXPECT_THROW(set_num_threads(available_threads() + 1), std::invalid_argument);
  EXPECT_EQ(num_threads(), before_);
}

}  // namespace
}  // namespace latent
