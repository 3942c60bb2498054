// Arrays larger than what may be in memory: sparse files, of which only the header and a few samples take space.
#include "tests/data/files.hpp"

#include <tests/support/sanitizers.hpp>

#include <fcntl.h>

#include <cmath>
#include <fstream>
#include <limits>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// Resident memory of this process in bytes, file pages included.
int64_t resident_bytes() {
  int64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// A .npy of zeros that takes no space on disk; empty where the file system refuses.
std::string write_sparse_npy(const std::string& path, const std::string& type, const std::string& shape,
                             int64_t bytes) {
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", type, shape);
  header.resize(128 - 10 - 1, ' ');
  header += '\n';
  write_text(path, std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header);
  std::error_code error;
  std::filesystem::resize_file(path, static_cast<uintmax_t>(128 + bytes), error);
  return error ? "" : path;
}

void poke(const std::string& path, int64_t element, float value) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(128 + element * 4);
  file.write(reinterpret_cast<const char*>(&value), 4);
}

TEST(LargeArray, OpensAndGathersWithoutReadingTheFile) {
  const TemporaryFolder folder;
  const std::string path = write_sparse_npy(folder.file("x.npy"), "|u1", "(8000000, 1, 32, 32)", 8'000'000LL * 1024);
  if (path.empty()) GTEST_SKIP() << "no sparse files here";
  const int64_t before = resident_bytes();
  const Source source = open(path);
  ASSERT_EQ(source.train->size(), 8'000'000);
  EXPECT_TRUE(source.train->storage().mapped);
  for (int64_t step = 0; step < 10; ++step) {
    std::vector<int64_t> indices;
    for (int64_t i = 0; i < 128; ++i) indices.push_back(i * 62'000 + step);
    EXPECT_EQ(source.train->batch(indices).data<float>()[0], 0.0f);
  }
  constexpr int64_t kLittle = 64 << 20;
  EXPECT_LT(resident_bytes() - before, kLittle);
}

TEST(LargeArray, StandardisesByASampleOfItsRows) {
  const TemporaryFolder folder;
  const std::string path = write_sparse_npy(folder.file("x.npy"), "<f4", "(4000000, 500)", 4'000'000LL * 2000);
  if (path.empty()) GTEST_SKIP() << "no sparse files here";
  const int64_t before = resident_bytes();
  const Source source = open(path);
  EXPECT_EQ(source.transform.shift.size(), 500u);
  EXPECT_EQ(source.transform.scale[0], 1.0);
#if defined(LATENT_THREAD_SANITIZER)
  constexpr int64_t kShadow = 3;  // ThreadSanitizer keeps notes on what is read, of twice its size
#elif defined(LATENT_ADDRESS_SANITIZER)
  constexpr int64_t kShadow = 2;  // its notes are an eighth of that, but those of each row stand on a page of their own
#else
  constexpr int64_t kShadow = 1;
#endif
  constexpr int64_t kSampledPages = int64_t{100'000} * 2 * 4096;  // a row may lie on two
  EXPECT_LT(resident_bytes() - before, kSampledPages * kShadow);
}

TEST(LargeArray, NanIsFoundWhenItIsGathered) {
  const TemporaryFolder folder;
  const std::string path = write_sparse_npy(folder.file("x.npy"), "<f4", "(400000, 28, 28)", 400'000LL * 784 * 4);
  if (path.empty()) GTEST_SKIP() << "no sparse files here";
  poke(path, 399'998LL * 784 + 28 + 3, std::numeric_limits<float>::quiet_NaN());
  const auto data = open(path).train;
  EXPECT_NO_THROW(sample(*data, 399'999));
  EXPECT_THAT(message_of<DataError>([&] { sample(*data, 399'998); }), HasSubstr("x.npy: x[399998, 1, 3] is NaN"));
  EXPECT_THROW(data->range(399'000, 400'000), DataError);
}

}  // namespace
}  // namespace latent::data
