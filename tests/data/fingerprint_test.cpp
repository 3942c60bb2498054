#include <latent/data/fingerprint.hpp>

#include "tests/data/files.hpp"

namespace latent::data {
namespace {

using namespace testing;

std::shared_ptr<const Dataset> rows(int64_t n, int64_t changed = -1, float by = 0.0f) {
  Tensor x = Tensor::empty({n, 3});
  for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = static_cast<float>(i) / 7.0f;
  if (changed >= 0) x.data<float>()[changed * 3 + 1] += by;
  return from_tensor(x, Kind::array, {});
}

TEST(Fingerprint, EveryValueCounts) {
  constexpr int64_t kRows = 200;
  const uint64_t hash = fingerprint(*rows(kRows), kRows);
  EXPECT_EQ(fingerprint(*rows(kRows), kRows), hash);
  for (int64_t row = 0; row < kRows; ++row) EXPECT_NE(fingerprint(*rows(kRows, row, 1e-3f), kRows), hash) << row;
  EXPECT_NE(fingerprint(*rows(kRows - 1), kRows - 1), hash);
}

TEST(Fingerprint, TheOrderCounts) {
  const auto data = rows(4);
  EXPECT_NE(fingerprint(*subset(data, {0, 2, 1, 3}), 4), fingerprint(*data, 4));
  EXPECT_EQ(fingerprint(*subset(data, {0, 1, 2, 3}), 4), fingerprint(*data, 4));
}

// More values than are hashed at once.
TEST(Fingerprint, ManyBlocks) {
  constexpr int64_t kRows = 400'000;
  const uint64_t hash = fingerprint(*rows(kRows), kRows);
  for (const int64_t row : {int64_t{0}, kRows / 2, kRows - 1}) {
    EXPECT_NE(fingerprint(*rows(kRows, row, 1.0f), kRows), hash) << row;
  }
}

TEST(Fingerprint, APartIsSpreadEvenly) {
  // Ten samples in hundred, each tenth.
  const uint64_t hash = fingerprint(*rows(100), 10);
  EXPECT_NE(fingerprint(*rows(100, 50, 1.0f), 10), hash);
  EXPECT_EQ(fingerprint(*rows(100, 55, 1.0f), 10), hash) << "it is not looked at";
  EXPECT_EQ(samples_to_fingerprint(*rows(100)), 100);
  EXPECT_THROW(fingerprint(*rows(10), 11), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
