#include <latent/core/memory.hpp>

#include <latent/core/error.hpp>

#include <tests/support/sanitizers.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <limits>

namespace latent {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

void put(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(ControlGroupMemory, TheLeastLimitOfAGroupAndThoseAbove) {
  const test::TemporaryFolder folder;
  const std::filesystem::path root = folder / "cgroup", membership = folder / "membership";
  put(membership, "0::/user/box\n");
  EXPECT_EQ(detail::control_group_memory(membership, root), kNoLimit) << "no files at all";
  put(root / "user" / "box" / "memory.max", "max\n");
  EXPECT_EQ(detail::control_group_memory(membership, root), kNoLimit);
  put(root / "user" / "memory.max", "3000000000\n");
  EXPECT_EQ(detail::control_group_memory(membership, root), 3'000'000'000u) << "of the group above";
  put(root / "user" / "box" / "memory.max", "2000000000\n");
  EXPECT_EQ(detail::control_group_memory(membership, root), 2'000'000'000u);
  put(root / "memory.max", "1000000000\n");  // a container sees its own group as the root
  EXPECT_EQ(detail::control_group_memory(membership, root), 1'000'000'000u);
}

TEST(ControlGroupMemory, VersionOneHasAFolderForMemory) {
  const test::TemporaryFolder folder;
  const std::filesystem::path root = folder / "cgroup", membership = folder / "membership";
  put(membership, "5:cpu,cpuacct:/other\n4:memory,hugetlb:/box\n0::/\n");
  put(root / "memory" / "other" / "memory.limit_in_bytes", "1000\n");
  put(root / "memory" / "box" / "memory.limit_in_bytes", "500000000\n");
  put(root / "memory" / "memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(detail::control_group_memory(membership, root), 500'000'000u);
  EXPECT_EQ(detail::control_group_memory(folder / "missing", root), kNoLimit);
}

TEST(MemoryAllowed, IsSomeOfTheMachines) {
  const auto machine = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  EXPECT_GT(memory_allowed(), uint64_t{1} << 24);
  EXPECT_LE(memory_allowed(), machine);
}

// Status 0 if what is allowed under the limit is less than the limit.
int under_limit(decltype(RLIMIT_AS) resource, uint64_t bytes) {
  const pid_t child = fork();
  if (child == 0) {
    const struct rlimit limit = {bytes, bytes};
    if (setrlimit(resource, &limit) != 0) _exit(2);
    _exit(memory_allowed() < bytes ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(MemoryAllowed, LimitsOfTheProcessCount) {
#if defined(LATENT_ADDRESS_SANITIZER) || defined(LATENT_THREAD_SANITIZER)
  GTEST_SKIP() << "sanitizers need more memory of their own than a limit allows";
#endif
  const uint64_t limit = uint64_t{1} << 40;
  const auto machine = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  if (machine > limit) GTEST_SKIP() << "a machine with more memory than the limits of this test";
  EXPECT_EQ(under_limit(RLIMIT_AS, machine / 2), 0);
  EXPECT_EQ(under_limit(RLIMIT_DATA, machine / 2), 0);
}

TEST(CheckMemory, SaysWhatIsNeeded) {
  EXPECT_NO_THROW(check_memory(100, 100, "x.csv", "the rows"));
  try {
    check_memory(3'210'000'000, 2'000'000'000, "x.csv", "the rows", "; take fewer");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "x.csv: the rows take 3.21 GB of memory, but 2.00 GB may be used; take fewer");
  }
}

}  // namespace
}  // namespace latent
