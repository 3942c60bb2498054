#include "tests/data/files.hpp"

#include <latent/formats/csv.hpp>

#include <cmath>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Contains;
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

TEST(OpenTable, TrueAndFalseAreNumbers) {
  const TemporaryFolder folder;
  const auto table = [&](const std::string& text) { return open(write_text(folder.file("t.csv"), text)); };
  const Source source = table("age,smokes,paid\n30,True,no\n40,False,Yes\n50,True,no\n");
  EXPECT_THAT(source.train->stored_range(0, 3).to_vector(), ElementsAre(30, 1, 0, 40, 0, 1, 50, 1, 0));
  EXPECT_THAT(source.notes, Contains("column 'smokes' is read as 1 and 0: 'True' is 1"));
  EXPECT_THAT(source.notes, Contains("column 'paid' is read as 1 and 0: 'no' is 0"));
  for (const char* text : {"a,b\n1,true\n2,no\n", "a,b\n1,yes\n2,maybe\n"}) {
    EXPECT_THAT(message_of<DataError>([&] { table(text); }), HasSubstr("column 'b' holds text")) << text;
  }
  // As classes they stay what they are.
  const auto labelled = open(write_text(folder.file("l.csv"), "a,b\n1,yes\n2,no\n"), {.label_column = "b"}).train;
  EXPECT_THAT(labelled->class_names(), ElementsAre("no", "yes"));
}

TEST(OpenTable, TheDecimalSignMayBeSaid) {
  const TemporaryFolder folder;
  const auto value = [&](const char* cells, std::optional<CsvDecimal> decimal) {
    return open(write_text(folder.file("d.csv"), std::string("a;b\n") + cells), {.decimal = decimal})
        .train->stored_range(0, 1)
        .to_vector()[0];
  };
  const char* const points = "123.456;1\n7.250;2\n";  // both may be thousands
  EXPECT_EQ(value(points, {}), 123.456);
  EXPECT_EQ(value(points, csv_decimal_from("comma")), 123456.0);
  const char* const commas = "123,456;1\n7,250;2\n";
  EXPECT_EQ(value(commas, {}), 123.456);
  EXPECT_EQ(value(commas, csv_decimal_from("point")), 123456.0);
  EXPECT_THROW(csv_decimal_from("dot"), std::invalid_argument);
}

TEST(OpenTable, ReadsNumbersWithSignsOfUnits) {
  const TemporaryFolder folder;
  const auto table = [&](const std::string& text) { return open(write_text(folder.file("t.csv"), text)); };
  const auto refusal = [&](const std::string& text) { return message_of<DataError>([&] { table(text); }); };
  const Source prices =
      table("price,share,heat\n\"$1,234.50\",5%,20 \u00b0C\n-$3,7%,-4.5\u00b0C\n$ 20,12.5 %,0 \u00b0C\n");
  EXPECT_THAT(prices.train->stored_range(0, 3).to_vector(), ElementsAre(1234.5, 5, 20, -3, 7, -4.5, 20, 12.5, 0));
  EXPECT_THAT(prices.notes, Contains("column 'price' is read without its sign: '$1,234.50' is 1234.5"));
  EXPECT_THAT(prices.notes, Contains("column 'share' is read without its sign: '5%' is 5"));
  const Source euros = table("a;b\n1.234,50 \u20ac;1\n\u20ac 7;2\n0,5\u20ac;3\n");
  EXPECT_THAT(euros.train->stored_range(0, 3).to_vector(), ElementsAre(1234.5, 1, 7, 2, 0.5, 3));
  EXPECT_THAT(refusal("a,b\n1,5%\n2,NA\n3,6%\n"), HasSubstr("row 2, column 'b': 'NA' is a missing value"));
  // Different signs, or none beside some, are not the same thing.
  for (const char* text : {"a,b\n1,$5\n2,\u20ac6\n", "a,b\n1,5%\n2,6\n", "a,b\n1,5%\n2,many%\n", "a,b\n1,%\n2,%\n"}) {
    EXPECT_THAT(refusal(text), AllOf(HasSubstr("column 'b'"), HasSubstr("--drop 'b'"))) << text;
  }
}

TEST(OpenTable, TextThatIsNoLabelIsNamed) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "name,a,place\nx,1,y\nz,2,w\n");
  EXPECT_THAT(message_of<DataError>([&] { open(path); }),
              AllOf(HasSubstr("column 'name' holds text ('x' in row 1); column 'place' holds text ('y' in row 1)"),
                    HasSubstr("--drop 'name,place' leaves them out")));
  EXPECT_THAT(message_of<DataError>([&] { open(path, {.label_column = "name"}); }),
              HasSubstr("column 'place' holds text ('y' in row 1) (--drop 'place' leaves the column out"));
}

TEST(OpenTable, ABadCellIsNamedAndItsColumnCanBeDropped) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "a,b,c\n1,5,0\n2,<0.01,1\n3,9,inf\n");
  EXPECT_THAT(message_of<DataError>([&] { open(path); }),
              AllOf(HasSubstr("at byte 14"), HasSubstr("row 2, column 'b': '<0.01' is not a number"),
                    HasSubstr("row 3, column 'c': 'inf' is infinite or too large"), HasSubstr("--drop 'b,c'")));
  EXPECT_THROW(open(path, {.drop = {"b"}, .missing = OpenOptions::Missing::impute}), DataError)
      << "infinity is not missing";
  for (const std::vector<std::string>& drop : {std::vector<std::string>{"b", "c"}, {"1", "-1"}}) {
    const Source source = open(path, {.drop = drop});
    EXPECT_THAT(source.train->column_names(), ElementsAre("a"));
    EXPECT_THAT(source.dropped, ElementsAre("b", "c"));
  }
  EXPECT_THAT(message_of<std::invalid_argument>([&] { open(path, {.drop = {"d"}}); }), HasSubstr("column to drop"));
  EXPECT_THAT(message_of<std::invalid_argument>([&] { open(path, {.label_column = "a", .drop = {"a"}}); }),
              HasSubstr("holds the labels"));
  // A model that was trained without them: they may be there or not.
  const OpenOptions trained{.drop = {"b", "c"}, .column_names = {"a"}};
  EXPECT_EQ(open(path, trained).train->size(), 3);
  EXPECT_EQ(open(write_text(folder.file("u"), "a\n1\n2\n"), trained).train->size(), 2);
}

TEST(OpenTable, AnUnnamedIndexIsNoData) {
  const TemporaryFolder folder;
  const auto names = [&](const std::string& text, const OpenOptions& options = {}) {
    const auto train = open(write_text(folder.file("t"), text), options).train;
    return std::vector<std::string>(train->column_names().begin(), train->column_names().end());
  };
  const std::string pandas = ",a,b\n0,5,1\n1,6,2\n2,7,1\n";
  EXPECT_THAT(names(pandas), ElementsAre("a", "b"));
  EXPECT_THAT(open(write_text(folder.file("t"), pandas)).notes,
              ElementsAre(HasSubstr("the first column has no name and only numbers the rows")));
  EXPECT_THAT(names(",0,1\n0,5,1\n1,6,2\n2,7,1\n"), ElementsAre("0", "1"));
  EXPECT_THAT(names("Unnamed: 0,a\n7,5\n3,6\n"), ElementsAre("a")) << "rows that were drawn from more";
  EXPECT_THAT(names("\"\",a\nx,5\ny,6\n"), ElementsAre("a")) << "names of rows";
  EXPECT_THAT(names(",a\n0.5,5\n1.5,6\n"), ElementsAre("column_0", "a")) << "numbers of another kind";
  EXPECT_THAT(names("id,a\n0,5\n1,6\n"), ElementsAre("id", "a")) << "it has a name";
  EXPECT_THAT(names(pandas, {.column_names = {"column_0", "a", "b"}}), ElementsAre("column_0", "a", "b"))
      << "a model that was trained on it";
  EXPECT_THAT(names(pandas, {.label_column = "0"}), ElementsAre("a", "b")) << "asked for as labels";
}

TEST(OpenTable, ColumnsThatNameSamplesOfAResultAreNoData) {
  const TemporaryFolder folder;
  const auto names = [&](const std::string& text, const OpenOptions& options = {}) {
    const auto train = open(write_text(folder.file("t"), text), options).train;
    return std::vector<std::string>(train->column_names().begin(), train->column_names().end());
  };
  EXPECT_THAT(names("a,b,data_index\n1,2,7\n3,4,9\n"), ElementsAre("a", "b"));
  EXPECT_THAT(names("a,data_index,file\n1,7,x.png\n3,9,y.png\n"), ElementsAre("a"));
  const std::string labelled = "a,data_index,file,label\n1,7,x.png,cat\n3,9,y.png,dog\n";
  EXPECT_THAT(names(labelled, {.label_column = "label"}), ElementsAre("a"));
  EXPECT_THAT(open(folder.file("t"), {.label_column = "label"}).train->class_names(), ElementsAre("cat", "dog"));
  EXPECT_THAT(names(labelled, {.drop = {"label"}}), ElementsAre("a"));
  EXPECT_THAT(names("x,data_index,class,label\n1,7,0,cat\n3,9,1,dog\n", {.label_column = "label"}),
              ElementsAre("x", "class"));
  EXPECT_THAT(names("data_index,a\n1,2\n3,4\n"), ElementsAre("data_index", "a")) << "not where results have it";
  EXPECT_THAT(names("a,data_index\n1,2\n3,4\n", {.column_names = {"a", "data_index"}}), ElementsAre("a", "data_index"))
      << "a model that was trained on it";
}

TEST(OpenTable, SaysWhatItTookForAHeader) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "0,1,2,3,4\n0.5,1.5,2.5,0.1,3\n0.2,1.1,2.2,0.7,1\n");
  const Source source = open(path);
  EXPECT_EQ(source.train->size(), 2);
  EXPECT_THAT(source.notes,
              ElementsAre(HasSubstr("the first row (0, 1, 2, 3, ...) was taken for the header; --header no")));
  EXPECT_EQ(open(path, {.header = Header::no}).train->size(), 3);
  EXPECT_EQ(open(path, {.header = Header::texts}).train->size(), 3) << "as before there was a choice";
  const Source doubtful = open(write_text(folder.file("u"), "0,1,2\n2,5,7\n9,1,1\n"));
  EXPECT_EQ(doubtful.train->size(), 3);
  EXPECT_THAT(doubtful.notes, ElementsAre(HasSubstr("(0, 1, 2) was taken for a sample; --header yes")));
  EXPECT_EQ(open(folder.file("u"), {.header = Header::yes}).train->size(), 2);
}

TEST(OpenTable, StoredValuesComeBackExactly) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "time,v\n1600000000.123,0.1\n1600086400.5,NA\n");
  const Source source = open(path, {.missing = OpenOptions::Missing::impute});
  const Tensor stored = source.train->stored_range(0, 2);
  EXPECT_EQ(stored.data<double>()[0], 1600000000.123);
  EXPECT_EQ(stored.data<double>()[1], 0.1);
  EXPECT_EQ(stored.data<double>()[2], 1600086400.5);
  EXPECT_TRUE(std::isnan(stored.data<double>()[3]));
  EXPECT_EQ(subset(source.train, {1})->stored_range(0, 1).data<double>()[0], 1600086400.5);
  // And model values are as exact in its units as single precision allows: here to 0.01 s of a day.
  const Tensor units = source.transform.inverse(source.train->range(0, 2));
  EXPECT_NEAR(units.data<double>()[0], 1600000000.123, 0.01);
}

TEST(OpenTable, ClassesHaveTheNumbersThatTheModelKnows) {
  const TemporaryFolder folder;
  const auto labels = [&](const std::string& kinds, const std::vector<std::string>& known) {
    std::string text = "a,kind\n";
    for (const char kind : kinds) text += fmt::format("1,{}\n", kind);
    return open(write_text(folder.file("t"), text), {.label_column = "kind", .class_names = known}).train;
  };
  EXPECT_THAT(labels("ddd", {"c", "d"})->labels(), ElementsAre(1, 1, 1));
  EXPECT_THAT(labels("dc", {"d", "c"})->labels(), ElementsAre(0, 1)) << "the model's order";
  const auto more = labels("eda", {"c", "d"});
  EXPECT_THAT(more->labels(), ElementsAre(3, 1, 2));
  EXPECT_THAT(more->class_names(), ElementsAre("c", "d", "a", "e")) << "new ones follow";
  EXPECT_THAT(labels("31", {"1", "3"})->labels(), ElementsAre(1, 0));
  EXPECT_THAT(labels("10", {"cat", "dog"})->labels(), ElementsAre(1, 0)) << "numbers of classes with names";
}

TEST(OpenTable, MissingValuesAreRefusedOrImputed) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t"), "a,b\n1,5\n2,NA\n3,9\n");
  EXPECT_THAT(message_of<DataError>([&] { open(path); }),
              AllOf(HasSubstr("at byte 8"), HasSubstr("row 2, column 'b': 'NA' is a missing value (--missing impute")));
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
  const std::string whole = write_text(folder.file("w"), "a,b\n1,2\n");
  const Transform one{{0}, {1}, {}};
  EXPECT_THAT(message_of<std::invalid_argument>([&] { open(whole, {.transform = one}); }),
              HasSubstr("2 columns, but the model was trained on 1"));
  for (const Transform& pixels : {Transform{}, Transform{{0}, {1.0 / 255.0}, {}}}) {
    EXPECT_THAT(message_of<std::invalid_argument>([&] { open(whole, {.transform = pixels}); }),
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
