// Whether the first row of a table names its columns, although the names are numbers.

#include <tests/support/normal.hpp>
#include <latent/core/rng.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/csv_writer.hpp>

#include "format_support.hpp"

#include <functional>

namespace latent {
namespace {

using namespace test;
using testing::ElementsAre;

CsvTable parse_with(std::string_view text, const CsvOptions& options = {}) {
  return read_csv(to_bytes(text), "a.csv", options);
}

// A first row above `rows` rows that `cell` makes.
std::string table_of(const std::string& first, int rows, int columns, const std::function<std::string(Rng&)>& cell,
                     uint64_t seed = 1) {
  Rng rng(seed);
  std::string text = first + "\n";
  for (int row = 0; row < rows; ++row) {
    for (int c = 0; c < columns; ++c) text += (c > 0 ? "," : "") + cell(rng);
    text += "\n";
  }
  return text;
}

std::string real(Rng& rng) { return fmt::format("{:.4f}", test::normal(rng)); }
std::string whole(Rng& rng) { return fmt::format("{}", rng.below(10)); }

std::string counted(int from, int count, int step) {
  std::string text;
  for (int i = 0; i < count; ++i) text += fmt::format("{}{}", i > 0 ? "," : "", from + i * step);
  return text;
}

TEST(CsvHeader, NumbersThatAreNamesAreAHeader) {
  const auto is_header = [](const std::string& first, int columns, const auto& cell, int rows = 40) {
    const CsvTable table = parse_with(table_of(first, rows, columns, cell));
    EXPECT_EQ(table.header_of_numbers, table.has_header);
    EXPECT_EQ(table.rows, table.has_header ? rows : rows + 1);
    return table.has_header;
  };
  EXPECT_TRUE(is_header(counted(0, 8, 1), 8, real)) << "pandas";
  EXPECT_TRUE(is_header(counted(0, 3, 1), 3, real));
  EXPECT_TRUE(is_header("0,1", 2, real));
  EXPECT_TRUE(is_header(counted(0, 12, 1), 12, whole)) << "numbers of which each could be a value";
  EXPECT_TRUE(is_header(counted(400, 50, 10), 50, real)) << "wavelengths";
  EXPECT_TRUE(is_header("400.5,402.5,404.5,406.5,408.5", 5, real));
  EXPECT_TRUE(is_header("1990,1995,2000,2010", 4, real)) << "years";
  EXPECT_TRUE(is_header("2019,2018", 2, real));
  EXPECT_TRUE(is_header("0.1,0.15,0.3,0.4,0.7,0.9,1.4", 7, real)) << "no sequence, but in order";
  EXPECT_TRUE(is_header("1053,780,5982,3310", 4, real)) << "numbers of genes, beyond all values";
  EXPECT_TRUE(is_header(counted(0, 6, 1), 6, real, 1)) << "one row";
  EXPECT_TRUE(is_header("7,0,3", 3, real)) << "some columns of pandas";
  EXPECT_TRUE(is_header("3,0,4,1,2", 5, whole)) << "in another order";
}

TEST(CsvHeader, SamplesAreNoHeader) {
  const auto is_header = [](const std::string& text) { return parse_with(text).has_header; };
  EXPECT_FALSE(is_header(table_of("0,0,1,0", 40, 4, whole))) << "repeated";
  EXPECT_FALSE(is_header("0,1\n0,2\n1,2\n3,1\n")) << "edges of a graph";
  EXPECT_FALSE(is_header("0,1,2\n2,3,0\n4,5,6\n6,7,4\n")) << "faces of a mesh";
  EXPECT_FALSE(is_header("5.1,3.5,1.4,0.2,a\n4.9,3.0,1.4,0.2,a\n6.3,3.3,6.0,2.5,b\n")) << "flowers";
  EXPECT_FALSE(is_header("0,1,2,3\n1,2,3,4\n2,3,4,5\n3,4,5,6\n")) << "all rows are sequences";
  EXPECT_FALSE(is_header("1998,2005\n1960,2010\n2001,2009\n")) << "all rows are years";
  EXPECT_FALSE(is_header("3,1,2,5,4\n1,2,3,4,5\n5,3,1,2,4\n")) << "all rows are orders";
  EXPECT_FALSE(is_header("7,0,3\n1.5,2,0.5\n2.5,1.5,7\n2.5,8.1,1.2\n4.1,2.2,3.3\n")) << "2 has no point either";
  EXPECT_FALSE(is_header("0,5\n0.1,4.95\n0.2,4.8\n0.3,4.55\n0.4,4.2\n")) << "where something started from";
  EXPECT_FALSE(is_header("1\n2\n3\n"));
  EXPECT_FALSE(is_header("0\n0.5\n0.7\n"));
  EXPECT_FALSE(is_header("0,1,2,3,4,5\n"));
  EXPECT_FALSE(is_header("1,,3,4\n5,6,7,9\n")) << "a missing value";
}

// The same rows as samples, whatever they are: the first of each of many tables.
TEST(CsvHeader, RandomSamplesAreNoHeader) {
  for (const int columns : {2, 3, 4, 6, 10, 50}) {
    for (uint64_t seed = 0; seed < 200; ++seed) {
      std::string text = table_of("", 30, columns, real, seed);
      EXPECT_FALSE(parse_with(text).has_header) << columns << " real columns, seed " << seed;
    }
  }
}

TEST(CsvHeader, TextsBelowMustBeOthers) {
  const CsvTable table = parse_with("0,1,2,3,4\n1.5,2.5,0.1,7.5,a\n2.5,3.1,0.2,9.1,b\n0.5,1.1,2.2,3.3,a\n");
  EXPECT_TRUE(table.has_header) << "4 stands above texts";
  EXPECT_THAT(table.texts[4], ElementsAre("a", "b", "a"));
  EXPECT_FALSE(parse_with("0,1,2,3,a\n1.5,2.5,0.1,7.5,a\n2.5,3.1,0.2,9.1,b\n").has_header) << "a is a class";
}

TEST(CsvHeader, AnIndexWithoutANameStandsBelowAHeader) {
  const CsvTable table = parse_with(",0,1,2\n0,5,5,5\n1,6,5,4\n2,1,2,2\n");
  EXPECT_TRUE(table.has_header);
  EXPECT_TRUE(table.first_is_unnamed);
  EXPECT_THAT(table.column_names, ElementsAre("column_0", "0", "1", "2"));
  EXPECT_TRUE(parse_with(",0\n0,5\n1,6\n2,1\n").has_header) << "one column beside it";
  EXPECT_FALSE(parse_with(",7,9\n4,5,5\n2,6,5\n").has_header) << "a missing value";
}

TEST(CsvHeader, QuotesTellNamesFromNumbers) {
  EXPECT_TRUE(parse_with("\"7\",\"3\"\n1,2\n3,4\n").has_header);
  EXPECT_FALSE(parse_with("\"7\",\"3\"\n\"1\",\"2\"\n\"3\",\"4\"\n").has_header) << "all is in quotes";
}

TEST(CsvHeader, OptionsDecide) {
  const std::string pandas = table_of(counted(0, 5, 1), 10, 5, real);
  EXPECT_FALSE(parse_with(pandas, {.header = CsvHeader::no}).has_header);
  EXPECT_EQ(parse_with(pandas, {.header = CsvHeader::no}).rows, 11);
  EXPECT_FALSE(parse_with(pandas, {.numbers_may_be_names = false}).has_header);
  const CsvTable forced = parse_with("3,1\n1,2\n3,4\n", {.header = CsvHeader::yes});
  EXPECT_THAT(forced.column_names, ElementsAre("3", "1"));
  EXPECT_EQ(forced.rows, 2);
  EXPECT_TRUE(parse_with("3,1\n1,2\n3,4\n", {.expected_names = {"1", "3"}}).has_header)
      << "what the model's columns are called";
  const CsvTable texts = parse_with("a,b\nc,d\n", {.header = CsvHeader::no});
  EXPECT_THAT(texts.texts[0], ElementsAre("a", "c"));
}

TEST(CsvHeader, DoubtIsTold) {
  const CsvTable doubtful = parse_with("0,1,2\n2,5,7\n9,1,1\n");
  EXPECT_FALSE(doubtful.has_header);
  EXPECT_TRUE(doubtful.doubtful_first_row);
  EXPECT_THAT(doubtful.first_row, ElementsAre("0", "1", "2"));
  EXPECT_FALSE(parse_with("3,1\n1,2\n3,4\n").doubtful_first_row);
}

TEST(CsvWriter, WhatItWritesComesBack) {
  const TemporaryFolder folder;
  const std::vector<std::string> names = {"400", "7", "", "NA"};
  replace_file(folder / "a.csv", [&](Sink& sink) {
    CsvWriter writer(sink);
    for (const std::string& name : names) writer.name(name);
    writer.end_row();
    writer.cell(1).cell(0.1f).cell(1.0 / 3.0).cell(int64_t{-5}).end_row();
    writer.cell(2).cell(2.0).cell(3.0).cell(4.0).end_row();
  });
  EXPECT_EQ(read_text(folder / "a.csv"), "\"400\",\"7\",\"\",\"NA\"\n1,0.1,0.3333333333333333,-5\n2,2,3,4\n");
  const CsvTable table = read_csv(read_bytes(folder / "a.csv"), "a.csv");
  EXPECT_TRUE(table.has_header);
  EXPECT_THAT(table.column_names, ElementsAre("400", "7", "column_2", "NA"));
}

TEST(CsvWriter, OneRuleForQuotes) {
  const std::vector<std::string> texts = {"plain",      "a,b",      "a;b",     "tab\t", "say \"hi\"",
                                          "two\nlines", " leading", "behind ", "7",     "caf\xc3\xa9"};
  std::string csv = "n,text\n";
  for (size_t i = 0; i < texts.size(); ++i) csv += fmt::format("{},{}\n", i, csv_cell(texts[i]));
  EXPECT_EQ(parse_with(csv).texts[1], texts);
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell("7"), "7");
  EXPECT_EQ(csv_name("7"), "\"7\"");
  EXPECT_EQ(csv_name("seven"), "seven");
  EXPECT_EQ(csv_cell("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace latent
