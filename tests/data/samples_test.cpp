// Samples of any type and rank, as they are.
#include <latent/data/dataset.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

namespace latent::data {
namespace {

// Sample i holds 100 i, 100 i + 1, ...
Tensor counting(int64_t n, const Shape& sample, DType dtype) {
  Tensor x = Tensor::empty(sample.prepend(n), DType::i32);
  for (int64_t i = 0; i < x.numel(); ++i) {
    x.data<int32_t>()[i] = static_cast<int32_t>(i / sample.numel() * 100 + i % sample.numel());
  }
  return x.to(dtype);
}

TEST(Samples, KeepTypeAndRankAllTheWay) {
  for (const DType dtype : {DType::f32, DType::i32, DType::u8}) {
    for (const Shape& sample : {Shape{5}, Shape{2, 3}, Shape{1, 2, 3}, Shape{2, 1, 2, 2}}) {
      SCOPED_TRACE(std::string(name_of(dtype)) + " " + sample.str());
      const Tensor x = counting(3, sample, dtype);
      const auto set = from_samples(x);
      EXPECT_EQ(set->size(), 3);
      EXPECT_EQ(set->sample_shape(), sample);
      EXPECT_EQ(set->value_dtype(), dtype);
      const Tensor batch = set->batch(std::vector<int64_t>{2, 0});
      EXPECT_EQ(batch.shape(), sample.prepend(2));
      EXPECT_EQ(batch.dtype(), dtype);
      EXPECT_EQ(batch.rows(0, 1).to_vector(), x.rows(2, 3).to_vector());
      EXPECT_EQ(batch.rows(1, 2).to_vector(), x.rows(0, 1).to_vector());
    }
  }
}

TEST(Samples, PartsAndSumsOfSetsKeepThemToo) {
  const Tensor x = counting(6, {4}, DType::i32);
  Source source;
  source.train = from_samples(x.rows(0, 4), {0, 1, 0, 1});
  source.test = numbered_from(from_samples(x.rows(4, 6), {1, 0}), 4);
  const auto all = select(source, Split::all, 0.0, 0);
  ASSERT_EQ(all->size(), 6);
  EXPECT_EQ(all->value_dtype(), DType::i32);
  EXPECT_EQ(all->range(0, 6).to_vector(), x.to_vector());
  EXPECT_EQ(all->batch(std::vector<int64_t>{5, 1}).to_vector()[0], 500);
  const auto some = all_but(subset(all, {5, 4, 3}), {1});
  EXPECT_EQ(some->batch(std::vector<int64_t>{1, 0}).to_vector(),
            (std::vector<double>{300, 301, 302, 303, 500, 501, 502, 503}));
  EXPECT_EQ(some->labels()[0], 0);
  EXPECT_THROW(some->batch(std::vector<int64_t>{2}), std::invalid_argument);
}

TEST(Samples, ThoseOfF32CanBeReadAsAlways) {
  const auto set = from_samples(counting(3, {2, 2}, DType::f32));
  std::vector<float> out(4);
  set->gather(std::vector<int64_t>{1}, out);
  EXPECT_EQ(out, (std::vector<float>{100, 101, 102, 103}));
  std::vector<float> ids(4);
  EXPECT_THROW(from_samples(counting(3, {4}, DType::i32))->gather(std::vector<int64_t>{1}, ids), std::invalid_argument);
}

TEST(Samples, RefusesWhatItCannotHold) {
  EXPECT_THROW(from_samples(Tensor()), std::invalid_argument);
  EXPECT_THROW(from_samples(Tensor::zeros({4})), std::invalid_argument);
  EXPECT_THROW(from_samples(Tensor::zeros({4, 0})), std::invalid_argument);
  EXPECT_THROW(from_samples(Tensor::zeros({4, 2}, DType::f64)), std::invalid_argument);
  EXPECT_THROW(from_samples(Tensor::zeros({4, 2}), {0, 1}), std::invalid_argument);
  EXPECT_THROW(from_samples(Tensor::full({4, 2}, std::numeric_limits<double>::infinity())), DataError);
  Tensor room = Tensor::zeros({1, 2}, DType::f32);
  const auto set = from_samples(Tensor::zeros({4, 2}, DType::u8));
  EXPECT_THROW(set->gather_values(std::vector<int64_t>{0}, room), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
