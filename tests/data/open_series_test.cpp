#include "tests/data/files.hpp"

#include <latent/data/time_stamps.hpp>
#include <latent/data/series_rows.hpp>
#include <latent/formats/npy.hpp>

#include <cmath>
#include <numeric>

namespace latent::data {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SeriesOptions windows_of(int64_t window) { return {.window = window}; }

// Rows an hour apart with the values 0, 1, 2, ...; `but` says otherwise of a row's line.
std::string hours(int rows, const std::map<int, std::string>& but = {}) {
  std::string text = "timestamp,value\n";
  for (int i = 0; i < rows; ++i) {
    const auto other = but.find(i);
    text += other != but.end() ? other->second : fmt::format("2024-01-{:02} {:02}:00:00,{}\n", 1 + i / 24, i % 24, i);
  }
  return text;
}

std::string refusal(const std::string& path, int64_t window) {
  try {
    open(path, {.series = windows_of(window)});
  } catch (const std::exception& error) {
    EXPECT_EQ(std::string_view(error.what()).find('\n'), std::string_view::npos);
    return error.what();
  }
  return "not refused";
}

TEST(TimeStamps, AreReadInTheFormsOfIso8601) {
  EXPECT_EQ(parse_time_stamp("1970-01-02")->seconds, 86400.0);
  EXPECT_EQ(parse_time_stamp("1970-01-01 01:02:03.5")->seconds, 3723.5);
  EXPECT_EQ(parse_time_stamp("1970/01/01T00:10")->seconds, 600.0);
  EXPECT_EQ(parse_time_stamp("1970-01-01T02:00:00+02:00")->seconds, 0.0);
  EXPECT_EQ(parse_time_stamp("1970-01-01 24:00")->seconds, 86400.0);
  EXPECT_EQ(parse_time_stamp("1970-01-01T00:00:00Z")->offset_minutes, 0);
  EXPECT_EQ(parse_time_stamp("1970-01-01 00:00:00-0530")->offset_minutes, -330);
  EXPECT_EQ(parse_time_stamp("1970-01-01 00:00:00 UTC")->offset_minutes, 0);
  EXPECT_EQ(parse_time_stamp("02.01.1970 00:00:01")->seconds, 86401.0);
  for (const char* none : {"", "1970", "1970-13-01", "1970-02-30", "1970-01-01 25:00", "1970-01-01 24:30",
                           "1970-01-01 00:00:00 foo", "3.5", "31.02.1970", "1.2.70", "01/02/1970"}) {
    EXPECT_FALSE(parse_time_stamp(none)) << none;
  }
  EXPECT_THAT(unix_seconds(std::vector<double>{1.7e9}), ElementsAre(1.7e9));
  EXPECT_THAT(unix_seconds(std::vector<double>{1.7e12}), ElementsAre(1.7e9));
  // Dates as numbers: the end of a month is no gap.
  EXPECT_THAT(unix_seconds(std::vector<double>{19700131, 19700201}), ElementsAre(30 * 86400.0, 31 * 86400.0));
  EXPECT_THAT(unix_seconds(std::vector<double>{19700131, 19700132}), ElementsAre(19700131, 19700132));
}

TEST(TimeStamps, DatesOfWhichTheOrderIsKnownOrPlainAreRead) {
  constexpr double kSecondOfFebruary = 32 * 86400.0, kDay = 86400.0;
  EXPECT_EQ(parse_time_stamp("02/02/1970")->seconds, kSecondOfFebruary);
  EXPECT_EQ(parse_time_stamp("31/01/1970 12:00")->seconds, 30.5 * kDay);
  EXPECT_EQ(parse_time_stamp("1/31/1970 12:00:30 AM")->seconds, 30 * kDay + 30);
  EXPECT_EQ(parse_time_stamp("31-01-1970 12:00 pm")->seconds, 30.5 * kDay);
  EXPECT_EQ(parse_time_stamp("01/02/1970", DateOrder::month_first)->seconds, kDay);
  EXPECT_EQ(parse_time_stamp("02/01/1970", DateOrder::day_first)->seconds, kDay);
  EXPECT_EQ(parse_time_stamp("02.01.1970", DateOrder::month_first)->seconds, kDay);  // with points, the day is first
  EXPECT_FALSE(parse_time_stamp("01/02/1970"));
  EXPECT_FALSE(parse_time_stamp("31/01/1970", DateOrder::month_first));
  EXPECT_FALSE(parse_time_stamp("1/31/1970 13:00 PM"));
  EXPECT_FALSE(parse_time_stamp("1/31/1970 0:30 AM"));
  const auto order = [](std::vector<std::string> texts) { return date_order_of(texts); };
  EXPECT_EQ(order({"01/02/2024", "13/02/2024"}), DateOrder::day_first);
  EXPECT_EQ(order({"01/02/2024", "02/13/2024"}), DateOrder::month_first);
  EXPECT_EQ(order({"01/02/2024", "02/02/2024"}), DateOrder::unknown);
  EXPECT_EQ(order({"13/02/2024", "02/13/2024"}), DateOrder::unknown);
  EXPECT_EQ(order({"13.02.2024", "2024-02-13"}), DateOrder::unknown);
  EXPECT_EQ(parse_clock("18.00.30"), 18 * 3600.0 + 30);
  EXPECT_EQ(parse_clock("6:05 PM"), 18 * 3600.0 + 300);
  for (const char* none : {"18", "18.00", "18:00Z", "1.2.3", ""}) EXPECT_FALSE(parse_clock(none)) << none;
}

TEST(OpenSeries, TimeStampsInManyForms) {
  constexpr double kDay = 86400.0, kHour = 3600.0;
  const auto seconds = [](std::string_view text) {
    const auto stamp = parse_time_stamp(text);
    return stamp ? stamp->seconds : std::nan("");
  };
  EXPECT_EQ(seconds("19700103T020000Z"), 2 * kDay + 2 * kHour);
  EXPECT_EQ(seconds("19700103 0230"), 2 * kDay + 2.5 * kHour);
  EXPECT_EQ(seconds("19700103"), 2 * kDay);
  EXPECT_EQ(seconds("1970-02"), 31 * kDay);
  EXPECT_EQ(seconds("01-Feb-1970"), 31 * kDay);
  EXPECT_EQ(seconds("1 february 1970 02:00"), 31 * kDay + 2 * kHour);
  EXPECT_EQ(seconds("Feb 01, 1970"), 31 * kDay);
  for (const char* none : {"1970", "197001", "19701301", "01-Foo-1970", "Feb 1970", "19700103T02", "1970-13"}) {
    EXPECT_TRUE(std::isnan(seconds(none))) << none;
  }
  EXPECT_EQ(stamp_of_number(19700103023000.0), 2 * kDay + 2.5 * kHour);
  EXPECT_EQ(stamp_of_number(197001030230.0), 2 * kDay + 2.5 * kHour);
  for (const double none : {1.7e12, 946684800000.0, 19700103250000.0, 19700103023000.5, 1.7e9}) {
    EXPECT_FALSE(stamp_of_number(none)) << none;
  }
  EXPECT_THAT(unix_seconds(std::vector<double>{19700103020000, 19700103030000}),
              ElementsAre(2 * kDay + 2 * kHour, 2 * kDay + 3 * kHour));
}

TEST(OpenSeries, ColumnsOfTimeMayNameAUnit) {
  for (const char* name :
       {"Time (s)", "time [ms]", "time_ms", "timestamp_ms", "unix_time", "utc_time", "TIME", "Epoch Time"}) {
    EXPECT_TRUE(is_time_name(name)) << name;
  }
  for (const char* name : {"timer", "x", "time of flight", "price (s)", "sometimes", ""}) {
    EXPECT_FALSE(is_time_name(name) || may_be_time_name(name)) << name;
  }
  for (const char* name : {"time_in_cycles", "cycle", "t"}) EXPECT_TRUE(may_be_time_name(name)) << name;
  EXPECT_EQ(time_unit_of("Time (ms)"), 1e-3);
  EXPECT_EQ(time_unit_of("elapsed_min"), 60.0);
  EXPECT_EQ(time_unit_of("time"), std::nullopt);
  const TemporaryFolder folder;
  const auto rows_of = [&](const std::string& name, double step, OpenOptions options = {.series = windows_of(4)}) {
    std::string text = name + ",x\n";
    for (int i = 0; i < 20; ++i) text += fmt::format("{},{}\n", i * step, i * i % 7);
    return read_series_rows(write_text(folder.file("r.csv"), text), options);
  };
  for (const auto& [name, step, seconds] : {std::tuple{"Time (s)", 0.01, 0.01},
                                            {"time_ms", 10.0, 0.01},
                                            {"t", 2.0, 2.0},
                                            {"elapsed [min]", 1.0, 60.0},
                                            {"frame", 1.0, 1.0}}) {
    const SeriesRows rows = rows_of(name, step);
    EXPECT_EQ(rows.time_column, name);
    EXPECT_NEAR(rows.step_seconds, seconds, 1e-9 * seconds) << name;
    EXPECT_THAT(rows.channels, ElementsAre("x"));
  }
  // Others are channels; one that only rises is told.
  const SeriesRows odd = rows_of("tick", 2.0);
  EXPECT_THAT(odd.channels, ElementsAre("tick", "x"));
  EXPECT_THAT(odd.notes, ElementsAre("column 'tick' only rises: --time-column 'tick' if it says when rows were taken"));
  // What is left out is no time either: rows are taken as they come.
  const SeriesRows dropped = rows_of("Time (s)", 0.01, {.drop = {"Time (s)"}, .series = windows_of(4)});
  EXPECT_EQ(dropped.time_column, "");
  EXPECT_EQ(dropped.step_seconds, 0.0);
}

TEST(OpenSeries, AnIndexOfTimesIsTime) {
  const TemporaryFolder folder;
  std::string text = ",v\n";
  for (int i = 0; i < 8; ++i) text += fmt::format("2024-01-01 0{}:00:00,{}\n", i, i * i % 5);
  const SeriesRows rows = read_series_rows(write_text(folder.file("i.csv"), text), {.series = windows_of(4)});
  EXPECT_EQ(rows.step_seconds, 3600.0);
  EXPECT_THAT(rows.channels, ElementsAre("v"));
  EXPECT_THAT(rows.notes, IsEmpty());
}

TEST(OpenSeries, OffsetsMayChangeWhereAllAreGiven) {
  const TemporaryFolder folder;
  const std::string text =
      "time,v\n2024-03-31T00:30:00+01:00,1\n2024-03-31T01:30:00+01:00,2\n2024-03-31T03:30:00+02:00,3\n"
      "2024-03-31T04:30:00+02:00,4\n";
  const SeriesRows rows = read_series_rows(write_text(folder.file("z.csv"), text), {.series = windows_of(4)});
  EXPECT_EQ(rows.row_of.size(), 4u);
  EXPECT_THAT(rows.notes, IsEmpty());
}

TEST(OpenSeries, LargeValuesWithSmallChangesAreNotConstant) {
  const TemporaryFolder folder;
  std::string text = "x,y\n";
  for (int i = 0; i < 200; ++i) text += fmt::format("{:.6f},{}\n", 1e9 + 1e-3 * std::sin(i), 1e9 + 0.1);
  const Source source = open(write_text(folder.file("o.csv"), text), {.series = windows_of(4)});
  EXPECT_NEAR(1.0 / source.transform.scale[0], 7.07e-4, 2e-5);
  EXPECT_THAT(source.warnings, ElementsAre("1 channel is constant in the training part, which says nothing: 'y'"));
}

TEST(OpenSeries, TheColumnTellsTheOrderOfItsDates) {
  const TemporaryFolder folder;
  const auto rows_of = [&](const std::string& text, DateOrder order = DateOrder::unknown) {
    return read_series_rows(write_text(folder.file("d.csv"), text), {.series = {.window = 2, .date_order = order}});
  };
  const SeriesRows day = rows_of("day,v\n30/01/2024,1\n31/01/2024,2\n01/02/2024,3\n02/02/2024,4\n");
  EXPECT_EQ(day.date_order, DateOrder::day_first);
  EXPECT_EQ(day.step_seconds, 86400.0);
  EXPECT_THAT(day.notes, IsEmpty());
  const SeriesRows month = rows_of("day,v\n1/30/2024,1\n1/31/2024,2\n2/1/2024,3\n2/2/2024,4\n");
  EXPECT_EQ(month.date_order, DateOrder::month_first);
  EXPECT_THAT(month.notes, IsEmpty());
  const std::string unclear = "day,v\n01/02/2024,1\n02/02/2024,2\n03/02/2024,3\n";
  EXPECT_THAT(message_of<DataError>([&] { rows_of(unclear); }),
              HasSubstr("'01/02/2024' may begin with the day or with the month: --date-order day or month says which"));
  EXPECT_EQ(rows_of(unclear, DateOrder::day_first).step_seconds, 86400.0);
  EXPECT_GT(rows_of(unclear, DateOrder::month_first).step_seconds, 27 * 86400.0);
  EXPECT_THAT(message_of<DataError>([&] { rows_of("day,v\n13/02/2024,1\n14/02/2024,2\n", DateOrder::month_first); }),
              HasSubstr("'13/02/2024' begins with the day, but dates are read as if they began with the month"));
}

TEST(OpenSeries, DatesTakeTheTimeOfDayFromAColumnOfItsOwn) {
  const TemporaryFolder folder;
  std::string text = "Date;Time;CO;T;;\n";
  for (int i = 0; i < 30; ++i)
    text += fmt::format("{:02}/03/2004;{:02}.00.00;{},5;{};;\n", 12 + i / 24, i % 24, i, i % 7);
  const SeriesRows rows =
      read_series_rows(write_text(folder.file("air.csv"), text + ";;;;;\n"), {.series = windows_of(4)});
  EXPECT_THAT(rows.channels, ElementsAre("CO", "T"));
  EXPECT_EQ(rows.time_column, "Date");
  EXPECT_EQ(rows.clock_column, "Time");
  EXPECT_EQ(rows.step_seconds, 3600.0);
  EXPECT_EQ(rows.stamps[25], "13/03/2004 01.00.00");
  EXPECT_EQ(rows.x.data<double>()[3], 3.5);
  EXPECT_THAT(rows.notes, ElementsAre(HasSubstr("decimal commas"), HasSubstr("1 empty row at the end left out"),
                                      HasSubstr("2 columns without a name and without values left out")));
  // Time of day in front, and dates of ISO 8601.
  std::string other = "time,date,v\n";
  for (int i = 0; i < 30; ++i) other += fmt::format("{}:30,2004-03-{:02},{}\n", i % 24, 10 + i / 24, i);
  const SeriesRows turned = read_series_rows(write_text(folder.file("t.csv"), other), {.series = windows_of(4)});
  EXPECT_EQ(turned.time_column, "date");
  EXPECT_EQ(turned.step_seconds, 3600.0);
  EXPECT_THAT(turned.channels, ElementsAre("v"));
}

TEST(OpenSeries, RowsOfATableBecomeWindows) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t.csv"), hours(10));
  const Source source = open(path, {.series = windows_of(4)});
  EXPECT_EQ(source.train->kind(), Kind::series);
  EXPECT_EQ(source.train->sample_shape(), Shape({1, 4}));
  EXPECT_EQ(source.train->size(), 7);
  EXPECT_THAT(source.train->column_names(), ElementsAre("value"));
  EXPECT_THAT(source.train->stored_range(2, 3).to_vector(), ElementsAre(2, 3, 4, 5));
  EXPECT_NEAR(source.transform.shift[0], 4.5, 1e-12);
  // Without the option a table is what it was: its stamps are texts.
  EXPECT_THAT(message_of<DataError>([&] { open(path); }), HasSubstr("column 'timestamp' holds times ('2024-"));
  EXPECT_THAT(message_of<DataError>([&] { open(path); }),
              HasSubstr("(--window 32 makes series of rows that follow each other in time; --drop 'timestamp' leaves"));
  EXPECT_EQ(open(path, {.series = {.window = 4, .step = 3}}).train->size(), 3);
}

TEST(OpenSeries, WhatIsHeldOutIsTheLastPartOfTimeAndSharesNothing) {
  const TemporaryFolder folder;
  const OpenOptions options{.series = windows_of(4), .held_out = 0.25, .seed = 1};
  const Source source = open(write_text(folder.file("t.csv"), hours(43)), options);
  ASSERT_EQ(source.train->size(), 40);
  const auto train = select(source, Split::train, 0.25, 1), held_out = select(source, Split::validation, 0.25, 1);
  EXPECT_EQ(held_out->size(), 10);
  EXPECT_EQ(held_out->stored_range(0, 1).to_vector().front(), 30.0);
  EXPECT_EQ(train->stored_range(train->size() - 1, train->size()).to_vector().back(), 29.0);
  EXPECT_NEAR(source.transform.shift[0], 14.5, 1e-12);  // of rows 0 to 29 alone
  EXPECT_THAT(message_of<std::invalid_argument>([&] { open(write_text(folder.file("u.csv"), hours(6)), options); }),
              HasSubstr("too short to hold a part out"));
}

TEST(OpenSeries, ShortGapsAreDrawnAndLongOnesEndASeries) {
  const TemporaryFolder folder;
  const std::string cells = hours(12, {{3, "2024-01-01 03:00:00,\n"}, {4, "2024-01-01 04:00:00,NA\n"}});
  const Source drawn = open(write_text(folder.file("a.csv"), cells), {.series = windows_of(4)});
  EXPECT_THAT(drawn.train->stored_range(2, 3).to_vector(), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(drawn.notes, Contains(HasSubstr("2 missing values drawn as a line")));
  OpenOptions strict{.series = {.window = 4, .step = 1, .time_column = {}, .max_gap = 1}};
  const Source cut = open(folder.file("a.csv"), strict);
  EXPECT_EQ(cut.train->size(), 4);  // rows 5 to 11
  EXPECT_THAT(cut.train->stored_range(0, 1).to_vector(), ElementsAre(5, 6, 7, 8));
  // Rows that are not there.
  std::map<int, std::string> lacking;
  for (int row = 5; row < 8; ++row) lacking[row] = "";
  const std::string path = write_text(folder.file("b.csv"), hours(16, lacking));
  EXPECT_THAT(open(path, {.series = windows_of(4)}).train->stored_range(3, 4).to_vector(), ElementsAre(3, 4, 5, 6));
  const Source parts = open(path, strict);
  EXPECT_EQ(parts.train->size(), 2 + 5);
  EXPECT_THAT(parts.notes, Contains(HasSubstr("1 gap of more than 1 step")));
}

TEST(OpenSeries, RefusesBadTimeInOneLine) {
  const TemporaryFolder folder;
  const auto of = [&](const std::string& text) { return refusal(write_text(folder.file("x.csv"), text), 4); };
  EXPECT_THAT(
      of(hours(8, {{5, "2023-01-01 00:00:00,5\n"}})),
      HasSubstr("row 6: the time stamp '2023-01-01 00:00:00' is before '2024-01-01 04:00:00' in the row above"));
  EXPECT_THAT(of(hours(8, {{5, "2024-01-01 05:00:00Z,5\n"}})),
              HasSubstr("'2024-01-01 05:00:00Z' and '2024-01-01 00:00:00' in row 1: either all time stamps say"));
  EXPECT_THAT(of(hours(8, {{5, "yesterday,5\n"}})), HasSubstr("'yesterday' is no time stamp"));
  EXPECT_THAT(of(hours(8, {{5, "2024-01-01 05:00:00,five\n"}})), HasSubstr("'five' is not a number"));
  EXPECT_THAT(of(hours(3)), HasSubstr("3 rows hold no window of 4 steps"));
  EXPECT_THAT(
      of(hours(3) + "2024-01-02 00:00:00,5\n2024-01-02 01:00:00,5\n"),
      HasSubstr("5 rows hold no window of 4 steps between their gaps: the longest piece has 3 (--window makes"));
  EXPECT_THAT(of(""), HasSubstr("empty"));
  EXPECT_THAT(of("timestamp,value\n"), HasSubstr("no rows"));
}

TEST(OpenSeries, SaysWhatIsOddAboutTime) {
  const TemporaryFolder folder;
  const auto notes_of = [&](const std::string& text) {
    const Source source = open(write_text(folder.file("x.csv"), text), {.series = windows_of(4)});
    std::vector<std::string> all = source.notes;
    all.insert(all.end(), source.warnings.begin(), source.warnings.end());
    return all;
  };
  EXPECT_THAT(notes_of(hours(12)), IsEmpty());
  EXPECT_THAT(notes_of(hours(12, {{5, "2024-01-01 05:20:00,5\n"}})), Contains(HasSubstr("are irregular")));
  EXPECT_THAT(notes_of(hours(12, {{5, "2024-01-01 03:30:00,5\n"}})), Contains(HasSubstr("time goes back by 30 min")));
  EXPECT_THAT(notes_of(hours(12, {{5, "2024-01-01 04:00:00,5\n"}})),
              Contains(HasSubstr("has the stamp of the row above")));
  std::string constant = "t,a,b\n";
  for (int i = 0; i < 12; ++i) constant += fmt::format("{},{},7\n", i, i % 5);
  EXPECT_THAT(notes_of(constant),
              Contains(HasSubstr("1 channel is constant in the training part, which says nothing: 'b'")));
}

TEST(OpenSeries, ArraysAreCutOnlyWhereThatIsAskedFor) {
  const TemporaryFolder folder;
  Tensor x = Tensor::empty({12, 2});
  std::iota(x.span<float>().begin(), x.span<float>().end(), 0.0F);
  write_npy(folder.file("x.npy"), x);
  EXPECT_EQ(open(folder.file("x.npy")).train->kind(), Kind::array);
  const Source cut = open(folder.file("x.npy"), {.series = windows_of(3)});
  EXPECT_EQ(cut.train->sample_shape(), Shape({2, 3}));
  EXPECT_THAT(cut.train->stored_range(1, 2).to_vector(), ElementsAre(2, 4, 6, 3, 5, 7));
  Tensor three = Tensor::empty({3, 2, 8});
  std::iota(three.span<float>().begin(), three.span<float>().end(), 0.0F);
  write_npy(folder.file("three.npy"), three);
  EXPECT_EQ(open(folder.file("three.npy")).train->kind(), Kind::images);
  EXPECT_EQ(open(folder.file("three.npy"), {.series = windows_of(kWholeSeries)}).train->sample_shape(), Shape({2, 8}));
  EXPECT_EQ(open(folder.file("three.npy"), {.series = windows_of(6)}).train->size(), 9);
  EXPECT_THAT(refusal(folder.file("three.npy"), 9), HasSubstr("series of 8 steps hold no window of 9"));
  // Steps before channels, as other libraries have them.
  write_npy(folder.file("steps.npy"), three.view_as({3, 8, 2}));
  const Source steps = open(folder.file("steps.npy"), {.series = windows_of(kWholeSeries)});
  EXPECT_EQ(steps.train->sample_shape(), Shape({2, 8}));
  EXPECT_THAT(steps.train->stored_range(0, 1).to_vector(),
              ElementsAre(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15));
  EXPECT_THAT(steps.notes, Contains("the array (3, 8, 2) was read as series of 8 steps of 2 channels"));
  write_npy(folder.file("one.npy"), three.view_as({3, 16, 1}));
  EXPECT_EQ(open(folder.file("one.npy"), {.series = windows_of(kWholeSeries)}).train->sample_shape(), Shape({1, 16}));
  // A model knows how many channels there are.
  write_npy(folder.file("long.npy"), three.view_as({1, 8, 6}));
  const Source trained = open(
      folder.file("long.npy"),
      {.series = windows_of(3), .transform = Transform{std::vector<double>(6, 0.0), std::vector<double>(6, 1.0), {}}});
  EXPECT_EQ(trained.train->sample_shape(), Shape({6, 3}));
  EXPECT_THAT(message_of<std::invalid_argument>([] { open("shapes:10", {.series = windows_of(3)}); }),
              HasSubstr("but this is images"));
}

TEST(OpenSeries, TrainAndTestLieBesideEachOther) {
  const TemporaryFolder folder;
  const std::string header = "@problemName P\n@classLabel true a b\n@data\n";
  write_text(folder.file("P_TRAIN.ts"), header + "1,2,3:a\n3,2,1:b\n");
  write_text(folder.file("P_TEST.ts"), header + "5,6,7:b\n");
  for (const std::string& path : {folder.file("P_TRAIN.ts"), folder.path()}) {
    const Source source = open(path);
    EXPECT_EQ(source.format, "ts");
    EXPECT_EQ(source.train->sample_shape(), Shape({1, 3}));
    ASSERT_TRUE(source.test) << path;
    EXPECT_THAT(source.test->labels(), ElementsAre(1));
    EXPECT_THAT(source.test->class_names(), ElementsAre("a", "b"));
    EXPECT_FALSE(source.train->split_in_time(0.5));
  }
}

TEST(OpenSeries, WindowsSayWhereTheyBegin) {
  const TemporaryFolder folder;
  const auto names = [](const Source& source) {
    std::vector<std::string> all;
    for (int64_t i = 0; i < source.train->size(); ++i) all.push_back(source.train->sample_name(i));
    return all;
  };
  SeriesOptions series{.window = 3, .step = 2};
  // The third row is not there: the window over it begins with a row that is, or with the next one.
  const Source stamped = open(write_text(folder.path() + "/t.csv", hours(7, {{2, ""}})), {.series = series});
  EXPECT_THAT(names(stamped), ElementsAre("2024-01-01 00:00:00", "2024-01-01 03:00:00", "2024-01-01 04:00:00"));
  EXPECT_EQ(stamped.train->kind().sample_name, "start");
  const Source numbered =
      open(write_text(folder.path() + "/n.csv", "a,b\n1,2\n2,1\n3,5\n4,1\n5,0\n6,2\n7,2\n"), {.series = series});
  EXPECT_THAT(names(numbered), ElementsAre("0", "2", "4"));
  EXPECT_EQ(subset(numbered.train, {2})->sample_name(0), "4");
  const std::string array = folder.path() + "/a.npy";
  write_npy(array, Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 0}, {2, 1, 5}));
  EXPECT_THAT(names(open(array, {.series = series})), ElementsAre("0:0", "0:2", "1:0", "1:2"));
  EXPECT_FALSE(open(array, {.series = {.window = kWholeSeries}}).train->has_sample_names());
}

TEST(OpenSeries, SeriesOfATableStandOneAfterTheOther) {
  const TemporaryFolder folder;
  // Machines 7 and 3 by turns; step `t` rises in each of them.
  std::string text = "machine,t,value\n";
  for (int t = 0; t < 6; ++t) text += fmt::format("7,{0},{0}\n3,{0},{1}\n", t, 10 + t);
  const std::string path = write_text(folder.path() + "/m.csv", text);
  OpenOptions options{.series = {.window = 4, .step = 1}};
  options.series.series_column = "machine";
  const SeriesRows rows = read_series_rows(path, options);
  EXPECT_EQ(rows.time_column, "t");
  EXPECT_THAT(rows.channels, ElementsAre("value"));
  EXPECT_THAT(rows.x.to_vector(), ElementsAre(0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15));
  EXPECT_THAT(rows.part_begins, ElementsAre(0, 6));
  EXPECT_THAT(rows.table_rows, ElementsAre(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11));
  EXPECT_EQ(rows.series.front(), "7");
  EXPECT_EQ(rows.series.back(), "3");
  EXPECT_THAT(rows.notes, Contains(HasSubstr("2 series by column 'machine'")));
  const Source source = open(path, options);
  ASSERT_EQ(source.train->size(), 6);  // three windows of each: none lies across
  EXPECT_EQ(source.train->sample_name(3), "3 0");
  // As they stand, their order is the table's.
  options.series.series_column = "0";
  std::string sorted = "machine,t,value\n";
  for (int m = 0; m < 2; ++m) {
    for (int t = 0; t < 6; ++t) sorted += fmt::format("{},{},{}\n", m, t, 10 * m + t);
  }
  const SeriesRows in_order = read_series_rows(write_text(folder.path() + "/s.csv", sorted), options);
  EXPECT_THAT(in_order.table_rows, IsEmpty());
  EXPECT_THAT(in_order.part_begins, ElementsAre(0, 6));
}

}  // namespace
}  // namespace latent::data
