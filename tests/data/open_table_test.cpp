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

TEST(OpenTable, ColumnsComeInTheOrderThatTheModelKnows) {
  const TemporaryFolder folder;
  OpenOptions options;
  options.column_names = {"a", "b", "c"};
  options.transform = Transform{{0, 10, 100}, {1, 1, 1}, {0, 10, 100}};
  options.missing = OpenOptions::Missing::impute;
  options.label_column = "kind";
  const auto rows = [&](const std::string& text) {
    const auto data = open(write_text(folder.file("t"), text), options).train;
    EXPECT_THAT(data->column_names(), ElementsAre("a", "b", "c"));
    EXPECT_THAT(data->class_names(), ElementsAre("x", "y"));
    EXPECT_THAT(data->labels(), ElementsAre(1, 0));
    return data->range(0, 2).to_vector();
  };
  const std::vector<double> values = rows("a,b,c,kind\n1,12,103,y\n4,,106,x\n");
  EXPECT_THAT(values, ElementsAre(1, 2, 3, 4, 0, 6));
  EXPECT_EQ(rows("c,kind,a,b\n103,y,1,12\n106,x,4,\n"), values);
  options.column_names = {"a", "a", "b"};  // the first of two goes to the first
  options.label_column.clear();
  EXPECT_THAT(open(write_text(folder.file("t"), "b,a,a\n103,1,12\n"), options).train->range(0, 1).to_vector(),
              ElementsAre(1, 2, 3));
}

TEST(OpenTable, OtherColumnsThanTheModelKnowsAreNamed) {
  const TemporaryFolder folder;
  OpenOptions options;
  options.column_names = {"a", "b", "c"};
  options.transform = Transform{{0, 0, 0}, {1, 1, 1}, {}};
  const auto refusal = [&](const std::string& header) {
    std::string row = "1";
    for (const char c : header) row += c == ',' ? ",1" : "";
    const std::string path = write_text(folder.file("t"), header + "\n" + row + "\n");
    return message_of<DataError>([&] { open(path, options); });
  };
  EXPECT_THAT(refusal("a,d,b"), HasSubstr("column 'd' is none that the model was trained on; expected 'c'"));
  EXPECT_THAT(refusal("id,a,b,c"), HasSubstr("4 columns, but the model was trained on 3; unknown: 'id'"));
  EXPECT_THAT(refusal("c,a"), HasSubstr("2 columns, but the model was trained on 3; missing: 'b'"));
  EXPECT_THAT(refusal("d,e,f,g,h"), HasSubstr("unknown: 'd', 'e', 'f' and 2 more; missing: 'a', 'b', 'c'"));
  options.label_column = "-1";
  EXPECT_THAT(message_of<std::invalid_argument>([&] { open(write_text(folder.file("t"), "a,b,c\n1,1,1\n"), options); }),
              HasSubstr("'c' cannot be the label column: the model was trained on it"));
}

TEST(OpenTable, ColumnsWithoutNamesGoByPosition) {
  const TemporaryFolder folder;
  OpenOptions options;
  options.column_names = {"a", "b"};
  options.transform = Transform{{0, 0}, {1, 1}, {}};
  EXPECT_THAT(open(write_text(folder.file("t"), "1,2\n"), options).train->range(0, 1).to_vector(), ElementsAre(1, 2));
  options.column_names = {"column_0", "column_2"};  // of a headerless table, beside its label
  EXPECT_THAT(open(write_text(folder.file("t"), "p,q\n1,2\n"), options).train->range(0, 1).to_vector(),
              ElementsAre(1, 2));
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
