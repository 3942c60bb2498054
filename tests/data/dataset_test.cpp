#include "tests/data/files.hpp"

#include <cmath>
#include <limits>
#include <numeric>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Transform kPixelTransform{{0.0}, {1.0 / 255.0}, {}};

TEST(FromTensor, BytesBecomeTheUnitIntervalExactlyAtBothEnds) {
  std::vector<uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  const auto data = from_tensor(Tensor::from(bytes, {1, 256}), Kind::array, kPixelTransform);
  const auto values = sample(*data, 0);
  EXPECT_EQ(values[0], 0.0f);
  EXPECT_EQ(values[255], 1.0f);
  for (int i = 0; i < 256; ++i) EXPECT_NEAR(values[static_cast<size_t>(i)], i / 255.0, 1e-7) << i;
}

TEST(FromTensor, EveryTypeIsConvertedInEveryForm) {
  // On odd sizes, so that vector loops have ragged ends.
  for (const int64_t D : {1, 7, 17, 129}) {
    for (const DType dtype : {DType::u8, DType::i32, DType::i64, DType::f32, DType::f64}) {
      std::vector<double> stored(static_cast<size_t>(3 * D));
      for (size_t i = 0; i < stored.size(); ++i) stored[i] = static_cast<double>(i % 250);
      const Tensor x = Tensor::from(stored, {3, D}).to(dtype);
      Transform columns;
      for (int64_t c = 0; c < D; ++c) {
        columns.shift.push_back(static_cast<double>(c) * 0.5);
        columns.scale.push_back(1.0 / static_cast<double>(c + 1));
      }
      const Transform identity, uniform{{2.0}, {0.25}, {}};
      for (const Transform* transform : {&identity, &uniform, static_cast<const Transform*>(&columns)}) {
        const auto data = from_tensor(x, Kind::array, *transform);
        const auto values = sample(*data, 2);
        for (int64_t c = 0; c < D; ++c) {
          const size_t t = transform->shift.size() > 1 ? static_cast<size_t>(c) : 0;
          const double shift = transform->identity() ? 0.0 : transform->shift[t];
          const double scale = transform->identity() ? 1.0 : transform->scale[t];
          const double expected = (stored[static_cast<size_t>(2 * D + c)] - shift) * scale;
          EXPECT_NEAR(values[static_cast<size_t>(c)], expected, 1e-6 * (1.0 + std::abs(expected)));
        }
      }
    }
  }
}

TEST(FromTensor, LargeOffsetsKeepTheirDigits) {
  // Seconds since 1970, a second apart: single precision would see 128-second steps.
  const Tensor x = Tensor::from(std::vector<double>{1.7e9, 1.7e9 + 1, 1.7e9 + 2}, {3, 1});
  const auto data = from_tensor(x, Kind::table, {{1.7e9}, {1.0}, {}}, {}, {}, {"time"});
  EXPECT_EQ(sample(*data, 1)[0], 1.0f);
  EXPECT_EQ(sample(*data, 2)[0], 2.0f);
}

TEST(FromTensor, ImagesOfThreeDimensionsHaveOneChannel) {
  const auto data = from_tensor(Tensor::from(counting_bytes(int64_t{2} * 3 * 5), {2, 3, 5}), Kind::images, {});
  EXPECT_EQ(data->sample_shape(), Shape({1, 3, 5}));
  EXPECT_EQ(data->kind(), Kind::images);
  EXPECT_EQ(data->stored_dtype(), DType::u8);
  EXPECT_EQ(data->size(), 2);
  EXPECT_EQ(sample(*data, 1)[4], 19.0f);
  EXPECT_EQ(data->storage().bytes, 30);
  EXPECT_FALSE(data->storage().mapped);
}

TEST(FromTensor, SharesMemory) {
  Tensor x = Tensor::zeros({1, 2}, DType::u8);
  const auto data = from_tensor(x, Kind::array, {});
  x.data<uint8_t>()[1] = 9;
  EXPECT_THAT(sample(*data, 0), ElementsAre(0.0f, 9.0f));
}

TEST(FromTensor, LargeBatchesInAnyOrderEqualSingleSamples) {
  const int64_t N = 700, D = 129;
  Tensor x = Tensor::empty({N, D});
  Rng(1).normal(x.span<float>());
  const auto data = from_tensor(x, Kind::array, {});
  std::vector<int64_t> order = Rng(2).permutation(N);
  order.push_back(order.front());  // a sample may come twice
  const Tensor batch = data->batch(order);
  ASSERT_EQ(batch.shape(), Shape({N + 1, D}));
  for (size_t i = 0; i < order.size(); ++i) {
    for (int64_t c = 0; c < D; ++c) {
      ASSERT_EQ(batch.data<float>()[static_cast<int64_t>(i) * D + c], x.data<float>()[order[i] * D + c]);
    }
  }
}

TEST(FromTensor, ImputesMissingValues) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = Tensor::from(std::vector<double>{1, nan, nan, 4}, {2, 2});
  const auto data = from_tensor(x, Kind::table, {{1, 2}, {2, 10}, {3, 5}}, {}, {}, {"a", "b"});
  EXPECT_THAT(sample(*data, 0), ElementsAre(0.0f, 30.0f));
  EXPECT_THAT(sample(*data, 1), ElementsAre(4.0f, 20.0f));
  const auto columns = data->column_summaries();
  ASSERT_EQ(columns.size(), 2u);
  EXPECT_EQ(columns[0].missing, 1);
  EXPECT_EQ(columns[0].mean, 1.0);
  EXPECT_EQ(columns[1].max, 4.0);
}

TEST(FromTensor, NamesThePlaceOfValuesThatAreNotFinite) {
  Tensor x = Tensor::zeros({4, 2, 3});
  x.data<float>()[2 * 6 + 1 * 3 + 2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(message_of<DataError>([&] { from_tensor(x, Kind::images, {}); }), HasSubstr("x[2, 1, 2] is NaN"));
  x.data<float>()[3] = -std::numeric_limits<float>::infinity();
  EXPECT_THAT(message_of<DataError>([&] { from_tensor(x, Kind::images, {}); }), HasSubstr("x[0, 1, 0] is -infinity"));
  const Tensor huge = Tensor::full({1, 2}, 1e300, DType::f64);
  EXPECT_THAT(message_of<DataError>([&] { from_tensor(huge, Kind::array, {}); }), HasSubstr("beyond single precision"));
}

TEST(FromTensor, RefusesWhatDoesNotFit) {
  const Tensor rows = Tensor::zeros({4, 3});
  EXPECT_THROW(from_tensor(rows, Kind::images, {}), std::invalid_argument);
  EXPECT_THROW(from_tensor(Tensor::zeros({4, 3, 2}), Kind::array, {}), std::invalid_argument);
  EXPECT_THROW(from_tensor(Tensor::zeros({4}), Kind::array, {}), std::invalid_argument);
  EXPECT_THROW(from_tensor(Tensor::zeros({4, 0}), Kind::array, {}), std::invalid_argument);
  EXPECT_THROW(from_tensor(Tensor(), Kind::array, {}), std::invalid_argument);
  EXPECT_THROW(from_tensor(Tensor::zeros({4, 3}, DType::bf16), Kind::array, {}), std::invalid_argument);
  EXPECT_THROW(from_tensor(rows, Kind::array, {{1, 2}, {1, 1}, {}}), std::invalid_argument);
  EXPECT_THROW(from_tensor(rows, Kind::array, {{1}, {1, 1}, {}}), std::invalid_argument);
  EXPECT_THROW(from_tensor(rows, Kind::array, {}, {0, 1}), std::invalid_argument);
  EXPECT_THROW(from_tensor(rows, Kind::array, {}, {0, 1, 2, 0}, {"a", "b"}), std::invalid_argument);
  EXPECT_THROW(from_tensor(rows, Kind::array, {}, {0, -1, 2, 0}), std::invalid_argument);
  EXPECT_THROW(from_tensor(rows, Kind::table, {}, {}, {}, {"a"}), std::invalid_argument);
}

TEST(Dataset, RefusesIndicesAndBuffersThatDoNotFit) {
  const auto data = from_tensor(Tensor::zeros({4, 3}), Kind::array, {});
  std::vector<float> out(3);
  EXPECT_THROW(data->gather(std::vector<int64_t>{4}, out), std::invalid_argument);
  EXPECT_THROW(data->gather(std::vector<int64_t>{-1}, out), std::invalid_argument);
  EXPECT_THROW(data->gather(std::vector<int64_t>{0, 1}, out), std::invalid_argument);
  EXPECT_THROW(data->range(2, 5), std::invalid_argument);
  EXPECT_THROW(data->factor(0), std::invalid_argument);
  EXPECT_EQ(data->range(1, 3).shape(), Shape({2, 3}));
  EXPECT_EQ(data->range(4, 4).shape(), Shape({0, 3}));
}

TEST(Dataset, UnnamedClassesAreCalledByTheirNumbers) {
  const auto data = from_tensor(Tensor::zeros({3, 1}), Kind::array, {}, {2, 0, 2});
  EXPECT_THAT(data->labels(), ElementsAre(2, 0, 2));
  EXPECT_THAT(data->class_names(), ElementsAre("0", "1", "2"));
}

TEST(Subset, HasItsSamplesAndLabelsInTheGivenOrder) {
  const auto base = from_tensor(Tensor::from(std::vector<float>{0, 1, 2, 3}, {4, 1}), Kind::array, {}, {0, 1, 0, 1});
  const auto some = subset(base, {3, 0, 3});
  EXPECT_EQ(some->size(), 3);
  EXPECT_THAT(some->range(0, 3).to_vector(), ElementsAre(3.0, 0.0, 3.0));
  EXPECT_THAT(some->labels(), ElementsAre(1, 0, 1));
  EXPECT_THAT(subset(some, {1, 2})->range(0, 2).to_vector(), ElementsAre(0.0, 3.0));
  EXPECT_THROW(sample(*some, 3), std::invalid_argument);
  EXPECT_THROW(subset(base, {4}), std::invalid_argument);
  EXPECT_THROW(subset(nullptr, {}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
