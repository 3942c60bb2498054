#include "tests/data/files.hpp"

#include <cmath>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(OpenTable, IsStandardisedColumnByColumn) {
  const TemporaryFolder folder;
  const Source source = open(write_text(folder.file("t"), "a,b\n1,7\n3,7\n"));
  EXPECT_EQ(source.format, "csv");
  EXPECT_EQ(source.train->kind(), Kind::table);
  EXPECT_THAT(source.train->column_names(), ElementsAre("a", "b"));
  EXPECT_THAT(source.train->range(0, 2).to_vector(), ElementsAre(-1, 0, 1, 0));
  EXPECT_TRUE(source.train->labels().empty());
  const Source packed = open(write_text(folder.file("t.gz"), gzip("a,b\n1,7\n3,7\n")));
  EXPECT_EQ(packed.train->range(0, 2).to_vector(), source.train->range(0, 2).to_vector());
}

TEST(OpenTable, LabelsByNameOrByNumberFromEitherEnd) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "a\tkind\tb\n1\tdog\t5\n2\tcat\t6\n3\tdog\t7\n");
  for (const char* column : {"kind", "1", "-2"}) {
    const auto data = open(path, {.label_column = column}).train;
    EXPECT_THAT(data->column_names(), ElementsAre("a", "b"));
    EXPECT_THAT(data->class_names(), ElementsAre("cat", "dog"));
    EXPECT_THAT(data->labels(), ElementsAre(1, 0, 1));
  }
}

TEST(OpenTable, NumbersAsLabelsKeepTheirOrder) {
  const TemporaryFolder folder;
  const auto data = open(write_text(folder.file("t"), "1,10\n2,-3\n3,2\n"), {.label_column = "-1"}).train;
  EXPECT_THAT(data->class_names(), ElementsAre("-3", "2", "10"));
  EXPECT_THAT(data->labels(), ElementsAre(2, 0, 1));
}

TEST(OpenTable, RefusesLabelColumnsThatAreNone) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "height,width,part\n1,2,0.5\n3,4,1\n");
  const auto message = [&](const char* column) {
    return message_of<std::invalid_argument>([&] { open(path, {.label_column = column}); });
  };
  EXPECT_THAT(message("heigth"), HasSubstr("did you mean 'height'?"));
  EXPECT_THAT(message("3"), HasSubstr("label column 3 of 3 columns"));
  EXPECT_THAT(message("-4"), HasSubstr("label column -4 of 3 columns"));
  EXPECT_THAT(message_of<DataError>([&] { open(path, {.label_column = "part"}); }),
              HasSubstr("row 1: the label in column 'part' is 0.5, not a whole number"));
  const std::string missing = write_text(folder.file("u"), "a,b\n1,2\n3,\n");
  EXPECT_THAT(message_of<DataError>([&] { open(missing, {.label_column = "b"}); }),
              AllOf(HasSubstr("at byte 8"), HasSubstr("row 2: the label in column 'b' is missing")));
  const std::string one = write_text(folder.file("v"), "a\n1\n2\n");
  EXPECT_THAT(message_of<DataError>([&] { open(one, {.label_column = "a"}); }), HasSubstr("no columns beside"));
}

TEST(OpenTable, TextThatIsNoLabelIsNamed) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "name,a,place\nx,1,y\nz,2,w\n");
  EXPECT_THAT(message_of<DataError>([&] { open(path); }), HasSubstr("columns 'name', 'place' hold text"));
  EXPECT_THAT(message_of<DataError>([&] { open(path, {.label_column = "name"}); }),
              HasSubstr("column 'place' holds text; leave it out"));
}

TEST(OpenTable, MissingValuesAreRefusedOrImputed) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "a,b\n1,5\n2,NA\n3,9\n");
  EXPECT_THAT(message_of<DataError>([&] { open(path); }),
              AllOf(HasSubstr("at byte 8"), HasSubstr("row 2, column 'b': missing value (--missing impute")));
  const Source source = open(path, {.missing = OpenOptions::Missing::impute});
  EXPECT_THAT(source.train->range(0, 3).to_vector(), ElementsAre(::testing::DoubleNear(-std::sqrt(1.5), 1e-6), -1, 0, 0,
                                                                 ::testing::DoubleNear(std::sqrt(1.5), 1e-6), 1));
  EXPECT_THAT(source.transform.impute, ElementsAre(2, 7));
}

TEST(OpenTable, NewDataGetsTheModelsMeans) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "a,b\n1,\n");
  const Transform imputing{{0, 10}, {1, 1}, {0, 12}}, refusing{{0, 10}, {1, 1}, {}};
  EXPECT_THAT(open(path, {.transform = imputing}).train->range(0, 1).to_vector(), ElementsAre(1, 2));
  EXPECT_THROW(open(path, {.transform = refusing}), DataError);
  const OpenOptions impute{.missing = OpenOptions::Missing::impute, .transform = refusing};
  EXPECT_THAT(open(path, impute).train->range(0, 1).to_vector(), ElementsAre(1, 0));
  const Transform one{{0}, {1}, {}};
  EXPECT_THAT(message_of<std::invalid_argument>([&] { open(path, {.transform = one}); }),
              HasSubstr("2 columns, but the model was trained on 1"));
  for (const Transform& pixels : {Transform{}, Transform{{0}, {1.0 / 255.0}, {}}}) {
    EXPECT_THAT(message_of<std::invalid_argument>([&] { open(path, {.transform = pixels}); }),
                HasSubstr("2 columns, but the model was trained on pixels"));
  }
}

TEST(OpenTable, OneColumnIsStandardisedByTheModelToo) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "a\n1\n3\n");
  EXPECT_THAT(open(path, {.transform = Transform{{1}, {10}, {}}}).train->range(0, 2).to_vector(), ElementsAre(0, 20));
}

TEST(OpenTable, HasNoImagesToResize) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "a\n1\n2\n");
  EXPECT_THROW(open(path, {.grayscale = true}), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
