#include <latent/formats/cifar.hpp>

#include "format_support.hpp"

namespace latent {
namespace {

using namespace test;

constexpr size_t kPixelBytes = 3072;

// Record `i` has label bytes `labels` and pixels i, i + 1, ... modulo 256.
void append_record(Bytes& bytes, std::initializer_list<int> labels, int i) {
  for (const int label : labels) bytes.push_back(static_cast<std::byte>(label));
  for (size_t p = 0; p < kPixelBytes; ++p) bytes.push_back(static_cast<std::byte>((p + static_cast<size_t>(i)) & 0xff));
}

TEST(Cifar, ReadsTenClasses) {
  Bytes bytes;
  append_record(bytes, {9}, 0);
  append_record(bytes, {0}, 5);
  ASSERT_TRUE(is_cifar(bytes));
  const CifarBatch batch = read_cifar(bytes, "a");
  EXPECT_EQ(batch.labels, (std::vector<int64_t>{9, 0}));
  EXPECT_EQ(batch.images.shape(), Shape({2, 3, 32, 32}));
  EXPECT_EQ(batch.images.data<uint8_t>()[255], 255);
  EXPECT_EQ(batch.images.data<uint8_t>()[kPixelBytes], 5);
}

TEST(Cifar, ReadsTheFineLabelsOfAHundredClasses) {
  Bytes bytes;
  append_record(bytes, {19, 99}, 0);
  append_record(bytes, {0, 42}, 5);
  ASSERT_TRUE(is_cifar(bytes));
  const CifarBatch batch = read_cifar(bytes, "a");
  EXPECT_EQ(batch.labels, (std::vector<int64_t>{99, 42}));
  EXPECT_EQ(batch.images.data<uint8_t>()[kPixelBytes + 1], 6);
}

TEST(Cifar, RefusesOtherSizesAndLabels) {
  Bytes bytes;
  append_record(bytes, {1}, 0);
  append_record(bytes, {10}, 0);
  EXPECT_FALSE(is_cifar(bytes));
  EXPECT_EQ(expect_data_error([&] { read_cifar(bytes, "a"); }, "a label is out of range"), 3073);
  bytes.pop_back();
  EXPECT_FALSE(is_cifar(bytes));
  expect_data_error([&] { read_cifar(bytes, "a"); }, "6145 bytes are no whole number of records of 3073 or 3074");
  EXPECT_FALSE(is_cifar(Bytes()));
  expect_data_error([] { read_cifar(Bytes(), "a"); }, "not a CIFAR batch");

  Bytes fine;
  append_record(fine, {0, 100}, 0);
  EXPECT_FALSE(is_cifar(fine));
}

// 3074 records of one kind have the size of 3073 of the other.
TEST(Cifar, LabelsDecideWhereTheSizeFitsBoth) {
  Bytes bytes;
  for (int i = 0; i < 3073; ++i) append_record(bytes, {i % 20, 99 - i % 100}, 200);
  EXPECT_EQ(read_cifar(bytes, "a").labels.size(), 3073u);
}

}  // namespace
}  // namespace latent
