#include <latent/formats/csv.hpp>

#include "format_support.hpp"

#include <zlib.h>

#include <cmath>

namespace latent {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::NanSensitiveDoubleEq;

const double kNan = std::nan("");

CsvTable parse(std::string_view text) { return read_csv(to_bytes(text), "a.csv"); }
int64_t refuse(std::string_view text, std::string_view reason) {
  return expect_data_error([&] { parse(text); }, reason);
}

TEST(Csv, NumbersMayHaveDecimalCommasWhereNoneStandBetweenCells) {
  const CsvTable table = parse("a;b;c\n1,5;2;-1.234,25\n;3e2;12.345.678\n0,1e-3;NA;+7\n");
  EXPECT_EQ(table.decimal, CsvDecimal::comma);
  EXPECT_TRUE(table.has_header);
  EXPECT_EQ(table.numbers[0][0], 1.5);
  EXPECT_TRUE(std::isnan(table.numbers[0][1]));
  EXPECT_EQ(table.numbers[0][2], 1e-4);
  EXPECT_EQ(table.numbers[1][1], 300.0);
  EXPECT_THAT(table.numbers[2], ElementsAre(-1234.25, 12345678.0, 7.0));
  // Without a heading, ';' stands between cells and not ','.
  EXPECT_THAT(parse("1,5;2,5\n3,5;4,5\n").numbers, ElementsAre(ElementsAre(1.5, 3.5), ElementsAre(2.5, 4.5)));
  EXPECT_THAT(parse("a\tb\n1,5\t2\n").numbers[0], ElementsAre(1.5));
  // Both signs: what a comma means is not known, and texts stay texts.
  const CsvTable both = parse("a;b\n1,5;2.5\n1,75;3.5\n");
  EXPECT_EQ(both.decimal, CsvDecimal::point);
  EXPECT_THAT(both.texts[0], ElementsAre("1,5", "1,75"));
  EXPECT_THAT(both.numbers[1], ElementsAre(2.5, 3.5));
  EXPECT_THAT(parse("a;b\n1,5;1.23\n").texts[0], ElementsAre("1,5"));
  EXPECT_THAT(parse("a;b\n1,5,2;1\n").texts[0], ElementsAre("1,5,2"));
  EXPECT_EQ(number_of_cell("1.5"), 1.5);
  EXPECT_EQ(number_of_cell("1,5", CsvDecimal::comma), 1.5);
  EXPECT_EQ(number_of_cell("1,5"), std::nullopt);
  EXPECT_EQ(number_of_cell("inf"), std::nullopt);
}

TEST(Csv, CommasInQuotesAreDecimalOrBetweenThousands) {
  const CsvTable comma = parse("a,b\n\"1,5\",2\n\"-0,25\",3\n");  // as spreadsheets of some countries write them
  EXPECT_EQ(comma.decimal, CsvDecimal::comma);
  EXPECT_THAT(comma.numbers[0], ElementsAre(1.5, -0.25));
  const CsvTable grouped = parse("a,b\n\"1,234.50\",2.5\n999,\"12,345,678\"\n");
  EXPECT_EQ(grouped.decimal, CsvDecimal::grouped);
  EXPECT_THAT(grouped.numbers, ElementsAre(ElementsAre(1234.5, 999.0), ElementsAre(2.5, 12345678.0)));
  EXPECT_THAT(parse("a;b\n1,234.5;2\n").numbers[0], ElementsAre(1234.5));
  // One number alone may be both: with ',' between cells it is in quotes because it is long.
  EXPECT_THAT(parse("a,b\n\"1,234\",2\n").numbers[0], ElementsAre(1234.0));
  EXPECT_THAT(parse("a;b\n1,234;2\n").numbers[0], ElementsAre(1.234));
  // Other signs between groups, where commas tell what is meant.
  EXPECT_THAT(parse("a;b\n1 234,5;1'234\n1\xC2\xA0"
                    "234,5;1\xE2\x80\xAF"
                    "234\n")
                  .numbers,
              ElementsAre(ElementsAre(1234.5, 1234.5), ElementsAre(1234.0, 1234.0)));
  for (const char* text : {"1 23,5", "12'34,5", "1.234'567,5", " ,5 5", "1,2,3"}) {
    EXPECT_EQ(number_of_cell(text, CsvDecimal::comma), std::nullopt) << text;
  }
  for (const char* text : {"1,23", "1,2345", ",123", "1,234,5", "1.5,3"}) {
    EXPECT_EQ(number_of_cell(text, CsvDecimal::grouped), std::nullopt) << text;
  }
  // Neither way makes numbers of all of them.
  EXPECT_THAT(parse("a,b\n\"1,5\",2.5\n").texts[0], ElementsAre("1,5"));
}

TEST(Csv, ALineMayNameTheSeparator) {
  const CsvTable table = parse("sep=;\r\na;b\r\n1,5;2\r\n");
  EXPECT_THAT(table.column_names, ElementsAre("a", "b"));
  EXPECT_THAT(table.numbers[0], ElementsAre(1.5));
  EXPECT_THAT(parse("\"sep=|\"\na|b\n1|2\n").column_names, ElementsAre("a", "b"));
  EXPECT_THAT(parse("sep=,x\n1,2\n").column_names, ElementsAre("sep=", "x"));
  EXPECT_THAT(parse("a|b\n1|2\n3|4\n").numbers, ElementsAre(ElementsAre(1, 3), ElementsAre(2, 4)));
}

TEST(Csv, DatabasesAndStatisticsMarkWhatIsMissing) {
  for (const char* cell : {"\\N", "#NV", "NaT", "n.a.", "(null)", "..", "*", "NULL"}) {
    const CsvTable table = parse(std::string("a,b\n1,2\n") + cell + ",3\n");
    ASSERT_EQ(table.numbers[0].size(), 2u) << cell;
    EXPECT_TRUE(std::isnan(table.numbers[0][1])) << cell;
  }
}

TEST(Csv, RowsOfDelimitersAloneAtTheEndAreNoRows) {
  const CsvTable table = parse("a;b;t\n1;2;x\n;;y\n3;4;z\n;;\n; ;\n");
  EXPECT_EQ(table.rows, 3);
  EXPECT_EQ(table.empty_end, 2);
  EXPECT_EQ(table.numbers[0].size(), 3U);
  EXPECT_THAT(table.texts[2], ElementsAre("x", "y", "z"));
  ASSERT_TRUE(table.missing_cells[0]);
  EXPECT_EQ(table.missing_cells[0]->row, 1);
  EXPECT_FALSE(parse("a;b\n1;2\n;\n").missing_cells[0]);
}

TEST(Csv, ReadsAHeaderNumbersAndTexts) {
  const CsvTable table = parse("width,height,label\n1,2.5,cat\n-3e2,+.5,dog\n");
  EXPECT_TRUE(table.has_header);
  EXPECT_EQ(table.rows, 2);
  EXPECT_THAT(table.column_names, ElementsAre("width", "height", "label"));
  EXPECT_THAT(table.numbers[0], ElementsAre(1, -300));
  EXPECT_THAT(table.numbers[1], ElementsAre(2.5, 0.5));
  EXPECT_THAT(table.numbers[2], IsEmpty());
  EXPECT_THAT(table.texts[0], IsEmpty());
  EXPECT_THAT(table.texts[2], ElementsAre("cat", "dog"));
  EXPECT_THAT(table.row_offsets, ElementsAre(19, 29));
}

TEST(Csv, TellsAHeaderFromData) {
  EXPECT_FALSE(parse("1,2\n3,4\n").has_header);
  EXPECT_THAT(parse("1,2\n3,4\n").column_names, ElementsAre("column_0", "column_1"));
  EXPECT_THAT(parse("1,2\n3,4\n").numbers[1], ElementsAre(2, 4));
  EXPECT_TRUE(parse("a,b\nc,d\n").has_header) << "all texts";
  EXPECT_TRUE(parse("1,b\n2,3\n").has_header) << "b stands above a number";
  EXPECT_FALSE(parse("1,b\n2,c\n").has_header);
  EXPECT_THAT(parse("1,b\n2,c\n").texts[1], ElementsAre("b", "c"));
  EXPECT_FALSE(parse("1,b\n").has_header);
  EXPECT_TRUE(parse(",a\n0,1\n1,2\n").has_header) << "an index column without a name";
  EXPECT_THAT(parse(",a\n0,1\n1,2\n").column_names, ElementsAre("column_0", "a"));
  EXPECT_FALSE(parse("NA,1\n2,3\n").has_header);
}

TEST(Csv, FindsTheDelimiter) {
  EXPECT_EQ(parse("1;2;3\n4;5;6\n").numbers.size(), 3u);
  EXPECT_EQ(parse("1\t2\n4\t5\n").numbers.size(), 2u);
  EXPECT_EQ(parse("1\n2\n3\n").numbers.size(), 1u);
  EXPECT_EQ(parse("a;b\n\"x,y,z\";1\n\"u,v,w\";2\n").column_names.size(), 2u);
  EXPECT_EQ(parse("\"a;b\",\"c\"\n\"d\",\"e;f\"\n").column_names.size(), 2u);
  EXPECT_EQ(parse("Smith, John\t1\nDoe\t2\n").texts[0][1], "Doe");
}

TEST(Csv, ReadsQuotesByRfc4180) {
  const CsvTable table = parse("\"a \"\"x\"\"\",\"b,c\"\r\n\"line\r\nbreak\",\"1\"\r\n\" kept \",2\r\n5' 3\",3");
  EXPECT_THAT(table.column_names, ElementsAre("a \"x\"", "b,c"));
  EXPECT_THAT(table.texts[0], ElementsAre("line\r\nbreak", " kept ", "5' 3\""));
  EXPECT_THAT(table.numbers[1], ElementsAre(1, 2, 3));
}

TEST(Csv, ReadsLineEndsBlankLinesAndMarks) {
  EXPECT_THAT(parse("1,2\r\n3,4\r\n").numbers[1], ElementsAre(2, 4));
  EXPECT_THAT(parse("1,2\r3,4\r").numbers[1], ElementsAre(2, 4));
  EXPECT_THAT(parse("\n\n1,2\n\n\n3,4").numbers[1], ElementsAre(2, 4));
  EXPECT_THAT(parse("\xef\xbb\xbfx,y\n1,2\n").column_names, ElementsAre("x", "y"));
  EXPECT_THAT(parse("n\xe9,y\n1,2\n").column_names, ElementsAre("n\xc3\xa9", "y"));
}

TEST(Csv, MissingCellsAreNan) {
  const CsvTable table = parse("x,y\n,1\nNA,2\nn/a,3\nnan,4\nNULL,5\n?,6\n 7 ,8\n9,\n");
  EXPECT_THAT(table.numbers[0],
              ElementsAre(NanSensitiveDoubleEq(kNan), NanSensitiveDoubleEq(kNan), NanSensitiveDoubleEq(kNan),
                          NanSensitiveDoubleEq(kNan), NanSensitiveDoubleEq(kNan), NanSensitiveDoubleEq(kNan), 7, 9));
  EXPECT_TRUE(std::isnan(table.numbers[1][7]));
  EXPECT_THAT(parse("x,y\n1,a\n2,\n").texts[1], ElementsAre("a", ""));
}

TEST(Csv, ReadsNumbersExactly) {
  const CsvTable table =
      parse("0.1\n123456789012345\n1234567890123456\n12345678901234567890\n1e-400\n4.9406564584124654e-324\n-0\n1.\n");
  EXPECT_THAT(table.numbers[0], ElementsAre(0.1, 123456789012345.0, 1234567890123456.0, 12345678901234567890.0, 0.0,
                                            4.9406564584124654e-324, 0.0, 1.0));
  EXPECT_TRUE(std::signbit(table.numbers[0][6]));
  for (const char* text : {"0x10", "1e", "1 2", "++1", "+-1", "12a", "1e5x"}) {
    const CsvTable texts = parse(std::string("n\n1\n\"") + text + "\"\n");
    EXPECT_THAT(texts.texts[0], ElementsAre("1", text));
  }
}

TEST(Csv, TextInTheLastRowMakesAColumnOfTexts) {
  const CsvTable table = parse("x,y\n1,1\n2.50,2\nlast,3\n");
  EXPECT_THAT(table.numbers[0], IsEmpty());
  EXPECT_THAT(table.texts[0], ElementsAre("1", "2.50", "last"));
  EXPECT_THAT(table.numbers[1], ElementsAre(1, 2, 3));
}

TEST(Csv, PointsAtInfinity) {
  const CsvTable table = parse("x,y\n1,2\n3,inf\n");
  ASSERT_TRUE(table.odd_cells[1]);
  EXPECT_EQ(table.odd_cells[1]->row, 1);
  EXPECT_EQ(table.odd_cells[1]->offset, 10);
  EXPECT_EQ(table.odd_cells[1]->text, "inf");
  EXPECT_TRUE(std::isnan(table.numbers[1][1]));
  EXPECT_FALSE(table.odd_cells[0]);
  EXPECT_EQ(parse("-Infinity,2\n3,4\n").odd_cells[0]->offset, 0);
  EXPECT_EQ(parse("x\n1e400\n").odd_cells[0]->offset, 2);
  EXPECT_THAT(parse("x,y\ninf,2\nb,3\n").texts[0], ElementsAre("inf", "b")) << "a name is a name";
}

TEST(Csv, PointsAtTheFirstTextOfAColumn) {
  const CsvTable table = parse("x,y\n1,2\n3,<0.01\n5,low\n");
  ASSERT_TRUE(table.odd_cells[1]);
  EXPECT_EQ(table.odd_cells[1]->row, 1);
  EXPECT_EQ(table.odd_cells[1]->text, "<0.01");
  EXPECT_EQ(parse("1,b\n2,c\n").odd_cells[1]->row, 0);
}

TEST(Csv, KnowsHowPeopleWriteThatAValueIsMissing) {
  for (const char* missing : {"",     "NA", "na", "N/A", "#N/A", "<NA>",    "NaN",     "-nan", "null", "NULL",  "None",
                              "none", "?",  "-",  "--",  ".",    "#DIV/0!", "#VALUE!", " NA ", "\"\"", "\"NA\""}) {
    const CsvTable table = parse(std::string("a,b\n1,2\n2,") + missing + "\n3,4\n");
    ASSERT_EQ(table.numbers[1].size(), 3u) << missing;
    EXPECT_TRUE(std::isnan(table.numbers[1][1])) << missing;
    EXPECT_FALSE(table.odd_cells[1]) << missing;
  }
}

TEST(Csv, RefusesBrokenTables) {
  EXPECT_EQ(refuse("a,b\n1,2\n3\n", "line 3 has 1 cell, the first row has 2"), 8);
  EXPECT_EQ(refuse("a,b\n1,2\n3,4,5,6\n", "line 3 has 4 cells, the first row has 2"), 8);
  EXPECT_EQ(refuse("a,b\n1,\"2\n3,4\n", "a quote that is never closed"), 6);
  EXPECT_EQ(refuse("a,b\n1,\"2\"3\n", "text after a closing quote"), 9);
  EXPECT_EQ(refuse(std::string_view("a,b\n1,\0\n", 8), "a NUL byte"), 6);
  EXPECT_EQ(refuse("\xff\xfe"
                   "a",
                   "UTF-16"),
            0);
  EXPECT_EQ(refuse(std::string(2'000'000, ','), "more than 1048576 columns"), 1'048'576);
  refuse("", "no rows");
  refuse("\n\n", "no rows");
  refuse("a,b\n", "no rows below the header");
}

TEST(Csv, UnpacksGzip) {
  const TemporaryFolder folder;
  gzFile file = gzopen((folder / "a.csv.gz").c_str(), "wb");
  gzputs(file, "x,y\n1,2\n");
  gzclose(file);
  EXPECT_THAT(read_csv(read_bytes(folder / "a.csv.gz"), "a").numbers[1], ElementsAre(2));
}

TEST(Csv, SurvivesTruncationAndDamage) {
  const Bytes valid = to_bytes("\"a \"\"x\"\"\",\"b,c\"\r\n\"line\r\nbreak\",1\r\nword,?\r\n");
  for (size_t size = 0; size < valid.size(); ++size) {
    try {
      read_csv(Bytes(valid.begin(), valid.begin() + static_cast<std::ptrdiff_t>(size)), "a");
    } catch (const DataError&) {
    }
  }
  expect_damage_survived(valid, [](auto bytes) { read_csv(bytes, "a"); });
}

TEST(Csv, RoundTrip) {
  const TemporaryFolder folder;
  const Tensor rows = Tensor::from(std::vector<float>{0.1f, -1e30f, 3, std::nanf("")}, {2, 2});
  write_csv(folder / "a.csv", {"z_0", "a, \"b\""}, rows);
  const CsvTable table = read_csv(read_bytes(folder / "a.csv"), "a");
  EXPECT_THAT(table.column_names, ElementsAre("z_0", "a, \"b\""));
  EXPECT_EQ(static_cast<float>(table.numbers[0][0]), 0.1f);
  EXPECT_EQ(static_cast<float>(table.numbers[1][0]), -1e30f);
  EXPECT_TRUE(std::isnan(table.numbers[1][1]));

  const Tensor wide = Tensor::from(std::vector<double>{0.1, 1.0 / 3.0}, {2, 1});
  write_csv(folder / "b.csv", {"x"}, wide);
  EXPECT_EQ(read_text(folder / "b.csv"), "x\n0.1\n0.3333333333333333\n");
  write_csv(folder / "c.csv", {"x"}, Tensor::zeros({0, 1}));
  EXPECT_EQ(read_text(folder / "c.csv"), "x\n");
}

TEST(Csv, RefusesToWriteOtherTensors) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_csv(folder / "a.csv", {"x"}, Tensor::zeros({1})), std::invalid_argument);
  EXPECT_THROW(write_csv(folder / "a.csv", {"x"}, Tensor::zeros({1, 2})), std::invalid_argument);
  EXPECT_THROW(write_csv(folder / "a.csv", {"x"}, Tensor::zeros({1, 1}, DType::u8)), std::invalid_argument);
}

}  // namespace
}  // namespace latent
