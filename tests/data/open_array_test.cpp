// NPY and NPZ through open().
#include "tests/data/files.hpp"

#include <tests/support/normal.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/formats/detail/zip.hpp>

#include <array>
#include <cmath>
#include <limits>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

TEST(OpenNpy, FloatingSamplesAreStandardised) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  write_npy(path, Tensor::from(std::vector<float>{0, 5, 2, 5, 4, 5}, {3, 2}));
  const Source source = open(path);
  EXPECT_EQ(source.format, "npy");
  EXPECT_EQ(source.train->kind(), Kind::array);
  EXPECT_TRUE(source.train->storage().mapped);
  const double deviation = std::sqrt(8.0 / 3.0);
  EXPECT_THAT(source.train->range(0, 3).to_vector(), ElementsAre(::testing::DoubleNear(-2.0 / deviation, 1e-6), 0, 0, 0,
                                                                 ::testing::DoubleNear(2.0 / deviation, 1e-6), 0));
}

TEST(OpenNpy, BytesAreScaledAndWholeNumbersStandardised) {
  const TemporaryFolder folder;
  write_npy(folder.file("u8.npy"), Tensor::from(std::vector<uint8_t>{0, 255}, {2, 1}));
  EXPECT_THAT(open(folder.file("u8.npy")).train->range(0, 2).to_vector(), ElementsAre(0.0, 1.0));
  write_npy(folder.file("i64.npy"), Tensor::from(std::vector<int64_t>{-10, 30}, {2, 1}));
  EXPECT_THAT(open(folder.file("i64.npy")).train->range(0, 2).to_vector(), ElementsAre(-1.0, 1.0));
}

TEST(OpenNpy, StandardisationDoesNotLookAtHeldOutSamples) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  Tensor x = Tensor::empty({50, 3}, DType::f64);
  Rng(5).normal(x.span<double>());
  write_npy(path, x);
  const OpenOptions options{.held_out = 0.3, .seed = 9};
  const Source source = open(path, options);
  const auto train = select(source, Split::train, options.held_out, options.seed);
  const std::vector<double> values = train->range(0, train->size()).to_vector();
  for (size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (size_t i = c; i < values.size(); i += 3) sum += values[i], squares += values[i] * values[i];
    constexpr double kRounding = 1e-6;
    EXPECT_NEAR(sum / 35.0, 0.0, kRounding);
    EXPECT_NEAR(squares / 35.0, 1.0, kRounding);
  }
  EXPECT_NE(open(path).transform.shift, source.transform.shift);
}

TEST(OpenNpy, ATrainedModelsTransformIsAppliedAsItIs) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  write_npy(path, Tensor::from(std::vector<float>{1, 2, 3, 4}, {2, 2}));
  const Source source = open(path, {.transform = Transform{{1, 2}, {10, 100}, {}}});
  EXPECT_THAT(source.train->range(0, 2).to_vector(), ElementsAre(0, 0, 20, 200));
  EXPECT_THAT(message_of<std::invalid_argument>([&] {
                open(path, {.transform = Transform{{1, 2, 3}, {1, 1, 1}, {}}});
              }),
              HasSubstr("2 columns, but the model was trained on 3"));
}

TEST(OpenNpy, AModelOfPixelsTakesPixelsOfAnyType) {
  const TemporaryFolder folder;
  const Transform pixels{{0.0}, {1.0 / 255.0}, {}};
  write_npy(folder.file("u8.npy"), Tensor::full({1, 1, 2, 2}, 255, DType::u8));
  write_npy(folder.file("f32.npy"), Tensor::full({1, 1, 2, 2}, 1.0));
  write_npy(folder.file("flat.npy"), Tensor::full({1, 4}, 1.0));
  for (const Transform& given : {pixels, Transform{}}) {
    for (const char* name : {"u8.npy", "f32.npy", "flat.npy"}) {
      EXPECT_THAT(open(folder.file(name), {.transform = given}).train->range(0, 1).to_vector(),
                  ElementsAre(1, 1, 1, 1));
    }
  }
  const Transform columns{{1, 2, 3}, {1, 1, 1}, {}};
  EXPECT_THAT(message_of<std::invalid_argument>([&] { open(folder.file("u8.npy"), {.transform = columns}); }),
              HasSubstr("the standardisation has 3 columns"));
}

TEST(OpenNpy, ImagesAreToldByTheirChannels) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  const auto shape_of = [&](const Shape& stored) {
    write_npy(path, Tensor::from(counting_bytes(stored.numel()), stored));
    return open(path).train->sample_shape();
  };
  EXPECT_EQ(shape_of({2, 5, 6}), Shape({1, 5, 6}));
  EXPECT_EQ(shape_of({2, 3, 5, 6}), Shape({3, 5, 6}));
  EXPECT_EQ(shape_of({2, 5, 6, 3}), Shape({3, 5, 6}));
  EXPECT_EQ(shape_of({2, 5, 6, 1}), Shape({1, 5, 6}));
  EXPECT_EQ(shape_of({2, 1, 6, 3}), Shape({1, 6, 3})) << "channels first if both fit";
  EXPECT_THAT(message_of<DataError>([&] { shape_of({2, 5, 6, 7}); }), HasSubstr("C = 1, 3 or 4"));
  EXPECT_THAT(message_of<DataError>([&] { shape_of({12}); }), HasSubstr("expected samples (N, D)"));
  EXPECT_THAT(message_of<DataError>([&] { shape_of({1, 1, 1, 1, 1}); }), HasSubstr("expected samples (N, D)"));
}

TEST(OpenNpy, ChannelsLastStaysMappedAndIsTransposedOnTheWay) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  write_npy(path, Tensor::from(counting_bytes(int64_t{2} * 2 * 3 * 3), {2, 2, 3, 3}).view_as({2, 2, 3, 3}));
  // (2, 2, 3, 3) is ambiguous in the last place only: 2 channels are no images.
  const auto data = open(path).train;
  EXPECT_EQ(data->sample_shape(), Shape({3, 2, 3}));
  EXPECT_TRUE(data->storage().mapped);
  const auto values = sample(*data, 1);
  for (size_t c = 0; c < 3; ++c) {
    for (size_t p = 0; p < 6; ++p) EXPECT_FLOAT_EQ(values[c * 6 + p], static_cast<float>(18 + p * 3 + c) / 255.0f);
  }
  const auto grey = open(path, {.grayscale = true}).train;
  EXPECT_EQ(grey->sample_shape(), Shape({1, 2, 3}));
  EXPECT_FLOAT_EQ(sample(*grey, 1)[0], 19.0f / 255.0f);  // 0.299 * 18 + 0.587 * 19 + 0.114 * 20 = 18.8
}

TEST(OpenNpy, WholeNumbersAsImagesArePixelsUpTo255) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  write_npy(path, Tensor::full({1, 2, 2}, 255, DType::i32));
  EXPECT_THAT(open(path).train->range(0, 1).to_vector(), ElementsAre(1, 1, 1, 1));
  write_npy(path, Tensor::from(std::vector<int32_t>{-1000, 0, 1000, 3000}, {2, 1, 2}));
  const Source source = open(path);
  EXPECT_TRUE(source.train->is_standardised()) << "as of computed tomography";
  EXPECT_THAT(source.transform.shift, ElementsAre(750));
}

// (N, T, 3): channels of other levels and spreads.
Tensor series(int64_t n, int64_t T) {
  Tensor x = Tensor::empty({n, T, 3}, DType::f64);
  Rng rng(3);
  for (int64_t i = 0; i < n * T; ++i) {
    x.data<double>()[3 * i] = 20.0 + 2.0 * test::normal(rng);
    x.data<double>()[3 * i + 1] = 101325.0 + 500.0 * test::normal(rng);
    x.data<double>()[3 * i + 2] = 0.01 * test::normal(rng);
  }
  return x;
}

// Mean and standard deviation of values i, i + step, ...
std::pair<double, double> moments(const std::vector<double>& values, size_t i, size_t step) {
  double sum = 0.0, squares = 0.0, count = 0.0;
  for (; i < values.size(); i += step) {
    sum += values[i], squares += values[i] * values[i], ++count;
  }
  return {sum / count, std::sqrt(squares / count - sum / count * (sum / count))};
}

TEST(OpenNpy, SeriesAreStandardisedByChannel) {
  constexpr double kRounding = 1e-3;  // of single precision, over thousands of values
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  const Tensor x = series(40, 24);
  write_npy(path, x);
  const Source source = open(path);
  EXPECT_EQ(source.train->sample_shape(), Shape({1, 24, 3}));
  EXPECT_TRUE(source.train->is_standardised());
  ASSERT_EQ(source.transform.shift.size(), 3u);
  EXPECT_NEAR(source.transform.shift[1], 101325.0, 100.0);
  EXPECT_THAT(source.notes, ElementsAre(HasSubstr("each of 3 channels is standardised")));
  const std::vector<double> values = source.train->range(0, 40).to_vector();
  for (size_t c = 0; c < 3; ++c) {
    const auto [mean, deviation] = moments(values, c, 3);
    EXPECT_NEAR(mean, 0.0, kRounding);
    EXPECT_NEAR(deviation, 1.0, kRounding);
  }
  EXPECT_EQ(source.train->stored_range(0, 40).to_vector(), x.to_vector());
  const Tensor back = source.transform.inverse(source.train->range(0, 1));
  for (int64_t i = 0; i < 72; ++i) {
    EXPECT_NEAR(back.data<double>()[i], x.data<double>()[i], 1e-6 / source.transform.scale[static_cast<size_t>(i % 3)]);
  }
  // The same model, new data: the same transform, and JSON keeps it.
  const Transform again = Transform::from_json(source.transform.to_json());
  write_npy(path, Tensor::full({2, 24, 3}, 20.0, DType::f64));
  EXPECT_NEAR(sample(*open(path, {.transform = again}).train, 0)[0], (20.0 - again.shift[0]) * again.scale[0], 1e-6);
}

TEST(OpenNpy, ChannelsAreFoundWhereverTheyAre) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  const auto channels = [&](const Shape& shape) {
    Tensor x = Tensor::empty(shape);
    Rng rng(5);
    for (float& value : x.span<float>()) value = static_cast<float>(100.0 * test::normal(rng));
    write_npy(path, x);
    return open(path).transform.shift.size();
  };
  EXPECT_EQ(channels({5, 24, 3}), 3u) << "(N, T, C)";
  EXPECT_EQ(channels({5, 3, 24}), 3u) << "(N, C, T)";
  EXPECT_EQ(channels({5, 12, 10}), 1u) << "(N, H, W)";
  EXPECT_EQ(channels({5, 1, 24}), 1u);
  EXPECT_EQ(channels({5, 3, 8, 8}), 3u) << "(N, C, H, W)";
  EXPECT_EQ(channels({5, 8, 8, 3}), 3u) << "(N, H, W, C)";
}

TEST(OpenNpy, ChannelsLastAreStandardisedAsChannelsFirst) {
  const TemporaryFolder folder;
  Tensor last = Tensor::empty({6, 2, 2, 3}), first = Tensor::empty({6, 3, 2, 2});
  Rng rng(7);
  for (int64_t n = 0; n < 6; ++n) {
    for (int64_t p = 0; p < 4; ++p) {
      for (int64_t c = 0; c < 3; ++c) {
        const auto value = static_cast<float>(100.0 * static_cast<double>(c + 1) + test::normal(rng));
        last.data<float>()[(n * 4 + p) * 3 + c] = first.data<float>()[(n * 3 + c) * 4 + p] = value;
      }
    }
  }
  write_npy(folder.file("last.npy"), last);
  write_npy(folder.file("first.npy"), first);
  const Source a = open(folder.file("last.npy")), b = open(folder.file("first.npy"));
  const std::vector<double> x = a.train->range(0, 6).to_vector(), y = b.train->range(0, 6).to_vector();
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], y[i], 1e-5);
  EXPECT_EQ(a.train->stored_range(0, 6).to_vector(), first.to_vector());
}

TEST(OpenNpy, FloatsInTheUnitIntervalArePixels) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  write_npy(path, Tensor::from(std::vector<float>{0, 0.25f, 0.5f, 1}, {1, 2, 2}));
  EXPECT_TRUE(open(path).transform.identity());
  EXPECT_THAT(open(path).train->range(0, 1).to_vector(), ElementsAre(0, 0.25, 0.5, 1));
  write_npy(path, Tensor::from(std::vector<float>{0, 0.001f, 0.002f, 0.003f}, {2, 1, 2}));
  EXPECT_TRUE(open(path).train->is_standardised()) << "they fill next to nothing of it";
  // To a model of pixels, floats are what they are.
  write_npy(path, Tensor::from(std::vector<float>{0, 255}, {1, 1, 2}));
  EXPECT_THAT(open(path, {.transform = Transform{}}).train->range(0, 1).to_vector(), ElementsAre(0, 255));
}

TEST(OpenNpy, BytesAreNumbersWhereTheModelSaysSo) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  write_npy(path, Tensor::from(std::vector<uint8_t>{1, 10, 3, 10}, {2, 2}));
  const Source source = open(path, {.bytes = OpenOptions::Bytes::numbers});
  EXPECT_THAT(source.train->range(0, 2).to_vector(), ElementsAre(-1, 0, 1, 0));
  EXPECT_THAT(open(path, {.transform = source.transform}).train->range(0, 2).to_vector(), ElementsAre(-1, 0, 1, 0));
  EXPECT_FLOAT_EQ(sample(*open(path).train, 0)[1], 10.0f / 255.0f);
  write_npy(path, Tensor::from(std::vector<uint8_t>{1, 3}, {2, 1}));
  const Source one = open(path, {.bytes = OpenOptions::Bytes::numbers});
  EXPECT_THAT(open(path, {.transform = one.transform}).train->range(0, 2).to_vector(), ElementsAre(-1, 1));
}

TEST(OpenNpz, TextsAreLabels) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npz");
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4}, {4, 1});
  write_npz(path, {{"x", x}}, {{"y", {"dog", "cat", "dog", "\xc3\xa9t\xc3\xa9"}}});
  const auto train = open(path).train;
  EXPECT_THAT(train->class_names(), ElementsAre("cat", "dog", "\xc3\xa9t\xc3\xa9"));
  EXPECT_THAT(train->labels(), ElementsAre(1, 0, 1, 2));
  write_npz(path, {{"x", x}}, {{"y", {"dog", "cat"}}});
  EXPECT_THAT(message_of<DataError>([&] { open(path); }), HasSubstr("a text for each of 4 samples, got 2"));
  // Numbers, and what they are called.
  const Tensor y = Tensor::from(std::vector<int64_t>{2, 0, 2, 0}, {4});
  write_npz(path, {{"x", x}, {"y", y}}, {{"label_names", {"dog", "cat", "dog", "cat"}}});
  EXPECT_THAT(open(path).train->class_names(), ElementsAre("cat", "1", "dog"));
  EXPECT_THAT(open(path).train->labels(), ElementsAre(2, 0, 2, 0));
  write_npz(path, {{"x", x}, {"y", y}}, {{"label_names", {"dog", "cat", "dog", "cow"}}});
  EXPECT_THAT(message_of<DataError>([&] { open(path); }), HasSubstr("class 0 is called both 'cat' and 'cow'"));
}

TEST(OpenNpy, NanIsRefusedOrImputed) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  const float nan = std::numeric_limits<float>::quiet_NaN();
  write_npy(path, Tensor::from(std::vector<float>{1, 2, nan, 4, 3, 6}, {3, 2}));
  EXPECT_THAT(message_of<DataError>([&] { open(path); }), AllOf(HasSubstr("x[1, 0] is NaN"), HasSubstr("impute")));
  const Source source = open(path, {.missing = OpenOptions::Missing::impute});
  EXPECT_EQ(sample(*source.train, 1)[0], 0.0f) << "the mean, standardised";
  write_npy(path, Tensor::full({2, 2}, std::numeric_limits<double>::infinity(), DType::f64));
  EXPECT_THAT(message_of<DataError>([&] { open(path, {.missing = OpenOptions::Missing::impute}); }),
              HasSubstr("x[0, 0] is infinity"));
  write_npy(path, Tensor::full({2, 2, 2}, nan));
  EXPECT_THAT(message_of<DataError>([&] { open(path); }), HasSubstr("x[0, 0, 0] is NaN"));
}

TEST(OpenNpy, OptionsOfOtherDataAreRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.npy");
  write_npy(path, Tensor::zeros({3, 2}));
  EXPECT_THROW(open(path, {.grayscale = true}), std::invalid_argument);
  EXPECT_THROW(open(path, {.label_column = "0"}), std::invalid_argument);
  write_npy(path, Tensor::zeros({3, 2, 2}));
  EXPECT_THAT(message_of<std::invalid_argument>([&] {
                open(path, {.size = std::pair<int64_t, int64_t>{4, 4}});
              }),
              HasSubstr("only images of u8"));
  EXPECT_THROW(open(path, {.size = std::pair<int64_t, int64_t>{0, 4}}), std::invalid_argument);
  EXPECT_THROW(open(path, {.held_out = 1.0}), std::invalid_argument);
}

TEST(OpenNpz, FindsSamplesLabelsAndTheTestPartByName) {
  const TemporaryFolder folder;
  const std::string path = folder.file("set.npz");
  const Tensor x = Tensor::from(counting_bytes(12), {3, 2, 2});
  const Tensor y = Tensor::from(std::vector<int64_t>{7, -1, 7}, {3, 1});
  write_npz(path,
            {{"y", y}, {"X", x}, {"X_test", x.rows(0, 1)}, {"y_test", Tensor::from(std::vector<float>{2000}, {1})}});
  const Source source = open(path);
  EXPECT_EQ(source.format, "npz");
  EXPECT_EQ(source.train->size(), 3);
  EXPECT_EQ(source.test->size(), 1);
  EXPECT_THAT(source.train->class_names(), ElementsAre("-1", "7", "2000"));
  EXPECT_THAT(source.train->labels(), ElementsAre(1, 0, 1));
  EXPECT_THAT(source.test->labels(), ElementsAre(2));
  write_npz(path, {{"codes", x}});
  EXPECT_EQ(open(path).train->size(), 3) << "the first array, whatever its name";
}

TEST(OpenNpz, RefusesLabelsThatDoNotFit) {
  const TemporaryFolder folder;
  const std::string path = folder.file("set.npz");
  const Tensor x = Tensor::zeros({3, 2});
  write_npz(path, {{"x", x}, {"y", Tensor::zeros({2}, DType::i64)}});
  EXPECT_THAT(message_of<DataError>([&] { open(path); }), HasSubstr("3 samples, but 2 labels"));
}

TEST(OpenNpz, WhatIsNoClassIsLeftOutAndSaid) {
  const TemporaryFolder folder;
  const std::string path = folder.file("set.npz");
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
  write_npz(path, {{"x", x}, {"y", Tensor::zeros({3, 10})}});
  EXPECT_THAT(open(path).notes, ElementsAre(HasSubstr("left out: y (labels: expected one number for each sample")));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Tensor& y : {Tensor::full({3}, 0.5), Tensor::from(std::vector<float>{0, nan, 1}, {3})}) {
    write_npz(path, {{"x", x}, {"y", y}});
    const Source source = open(path);
    EXPECT_THAT(source.train->labels(), ::testing::IsEmpty());
    EXPECT_THAT(source.notes, ElementsAre(HasSubstr("is not a whole number)")));
  }
}

TEST(OpenNpz, LabelsHaveManyNames) {
  const TemporaryFolder folder;
  const std::string path = folder.file("set.npz");
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
  const Tensor y = Tensor::from(std::vector<int64_t>{2, 0, 1}, {3});
  for (const char* name : {"target", "targets", "label", "classes", "Y_train", "train_labels"}) {
    write_npz(path, {{"data", x}, {name, y}});
    const Source source = open(path);
    EXPECT_THAT(source.train->labels(), ElementsAre(2, 0, 1)) << name;
    EXPECT_THAT(source.notes, ::testing::IsEmpty()) << name;
    EXPECT_EQ(open(path, {.usual_names = false}).train->labels().empty(), std::string(name) != "train_labels") << name;
  }
  write_npz(path, {{"arr_0", x}, {"arr_1", y}});  // as np.savez(path, x, y) calls them
  EXPECT_THAT(open(path).train->labels(), ElementsAre(2, 0, 1));
  write_npz(path, {{"arr_0", x}, {"arr_1", x}});
  EXPECT_THAT(open(path).train->labels(), ::testing::IsEmpty());
}

TEST(OpenNpz, WhatIsTakenAndWhatIsLeftOutIsSaid) {
  const TemporaryFolder folder;
  const std::string path = folder.file("set.npz");
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
  write_npz(path, {{"time", Tensor::zeros({3})}, {"a", x}, {"b", x}});
  const Source source = open(path);
  EXPECT_EQ(source.train->sample_shape(), Shape({2}));
  EXPECT_THAT(source.notes, ElementsAre("samples are the array a, the first that can be; left out: time, b"));
}

TEST(OpenNpz, ValidationIsTheTestPartOrJoinsTheTrainingPart) {
  const TemporaryFolder folder;
  const std::string path = folder.file("set.npz");
  const Tensor x = Tensor::from(counting_bytes(12), {3, 2, 2});
  const Tensor y = Tensor::from(std::vector<int64_t>{2, 0, 1}, {3, 1});
  write_npz(path,
            {{"train_images", x}, {"train_labels", y}, {"val_images", x.rows(0, 1)}, {"val_labels", y.rows(0, 1)}});
  Source source = open(path);
  EXPECT_EQ(source.test->size(), 1);
  EXPECT_THAT(source.test->labels(), ElementsAre(2));
  EXPECT_THAT(source.notes, ElementsAre("val_images is the test part"));
  write_npz(path, {{"train_images", x},
                   {"train_labels", y},
                   {"val_images", x.rows(0, 1)},
                   {"val_labels", y.rows(0, 1)},
                   {"test_images", x.rows(1, 3)},
                   {"test_labels", y.rows(1, 3)}});
  source = open(path);
  EXPECT_EQ(source.test->size(), 2);
  ASSERT_EQ(source.train->size(), 4);
  EXPECT_THAT(source.train->labels(), ElementsAre(2, 0, 1, 2));
  EXPECT_EQ(sample(*source.train, 3), sample(*source.train, 0));
  EXPECT_THAT(source.notes, ElementsAre("val_images (1 sample) joins the training part, as there is a test part, too"));
  EXPECT_EQ(open(path, {.usual_names = false}).train->size(), 3);
}

TEST(OpenNpz, ASparseMatrixIsCalledOne) {
  const TemporaryFolder folder;
  const std::string path = folder.file("set.npz");
  const Tensor numbers = Tensor::from(std::vector<int64_t>{0, 1, 2}, {3});
  write_npz(path, {{"indices", numbers}, {"indptr", numbers}, {"shape", numbers}, {"data", numbers}});
  EXPECT_THAT(message_of<DataError>([&] { open(path); }), HasSubstr("a sparse matrix of SciPy: save it as an array"));
}

TEST(Open, LabelsOfNearlyEverySampleAreWarnedOf) {
  const TemporaryFolder folder;
  const std::string path = folder.file("set.npz");
  Tensor x = Tensor::zeros({60, 2});
  std::vector<int64_t> numbers(60);
  for (int64_t i = 0; i < 60; ++i) {
    x.data<float>()[2 * i] = static_cast<float>(i);
    x.data<float>()[2 * i + 1] = static_cast<float>(i * i);
    numbers[static_cast<size_t>(i)] = i;
  }
  write_npz(path, {{"x", x}, {"y", Tensor::from(numbers, {60})}});
  EXPECT_THAT(open(path).warnings,
              ElementsAre("nearly every sample has a class of its own (60 classes of 60 samples): are these labels "
                          "classes?"));
  for (int64_t& number : numbers) number /= 2;
  write_npz(path, {{"x", x}, {"y", Tensor::from(numbers, {60})}});
  EXPECT_THAT(open(path).warnings, ::testing::IsEmpty());
}

TEST(Open, FormsThatAreNotReadAreCalledByTheirNames) {
  const TemporaryFolder folder;
  write_text(folder.file("x.bin"), std::string("\x01\x02\x00\x03 nothing known", 18));
  EXPECT_THAT(message_of<DataError>([&] { open(folder.file("x.bin")); }),
              HasSubstr("WebP, TIFF, BMP, WAV, FLAC, OGG, AIFF"));
  write_text(folder.file("x.arff"), "% a table\n@RELATION t\n@ATTRIBUTE a numeric\n@DATA\n1\n2\n");
  EXPECT_THAT(message_of<DataError>([&] { open(folder.file("x.arff")); }),
              HasSubstr("a table in ARFF, which is not read: save it as CSV"));
}

// What write_npy() wrote of u8, as NumPy writes bool.
std::string as_bool(std::string npy) {
  npy.replace(npy.find("|u1"), 3, "|b1");
  return npy;
}

TEST(OpenNpy, BoolIsZeroAndOne) {
  const TemporaryFolder folder;
  const Tensor bits = Tensor::from(std::vector<uint8_t>{0, 1, 1, 0, 1, 1, 0, 0}, {2, 2, 2});
  const std::vector<double> values = bits.to_vector();
  const std::string u8 = folder.file("u8.npy"), images = folder.file("images.npy"), rows = folder.file("rows.npy");
  write_npy(u8, bits);
  write_text(images, as_bool(read_text(u8)));
  EXPECT_THAT(open(images).train->range(0, 2).to_vector(), ElementsAreArray(values));
  EXPECT_FLOAT_EQ(sample(*open(u8).train, 0)[1], 1.0F / 255.0F);
  EXPECT_THAT(open(write_text(folder.file("packed.npy.gz"), gzip(read_text(images)))).train->range(0, 2).to_vector(),
              ElementsAreArray(values));
  write_npy(u8, bits.view_as({2, 4}));
  write_text(rows, as_bool(read_text(u8)));
  const Source source = open(rows);
  EXPECT_THAT(source.train->range(0, 2).to_vector(), ElementsAreArray(values));
  // To a model of rows that were standardised, true and false are the numbers 1 and 0.
  OpenOptions trained;
  trained.transform = Transform{{0, 0, 0, 1}, {2, 2, 2, 1}, {}};
  EXPECT_THAT(open(rows, trained).train->range(0, 1).to_vector(), ElementsAre(0, 2, 2, -1));
}

TEST(OpenNpz, BoolIsZeroAndOne) {
  const TemporaryFolder folder;
  const Tensor bits = Tensor::from(std::vector<uint8_t>{0, 1, 1, 0}, {1, 2, 2});
  write_npy(folder.file("x.npy"), bits);
  const std::string u8 = read_text(folder.file("x.npy")), boolean = as_bool(u8);
  const auto archive = [&](const std::string& x, const std::string& x_test) {
    replace_file(folder.file("a.npz"), [&](Sink& sink) {
      latent::detail::ZipWriter zip(sink);
      zip.add("x.npy", std::array{std::as_bytes(std::span(x))});
      zip.add("x_test.npy", std::array{std::as_bytes(std::span(x_test))});
      zip.finish();
    });
    return folder.file("a.npz");
  };
  const Source source = open(archive(boolean, boolean));
  EXPECT_THAT(sample(*source.train, 0), ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(sample(*source.test, 0), ElementsAre(0, 1, 1, 0));
  EXPECT_FLOAT_EQ(sample(*open(archive(u8, u8)).test, 0)[1], 1.0F / 255.0F);
  EXPECT_THAT(message_of<DataError>([&] { open(archive(boolean, u8)); }), HasSubstr("(2, 2) bool, the test part"));
}

}  // namespace
}  // namespace latent::data
