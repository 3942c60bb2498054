// Time series from the command line: windows of tables, .ts files, anomalies over time and as lines arrive.

#include "tool.hpp"

#include <latent/formats/csv.hpp>

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

class SeriesRuns : public ToolTest {
 protected:
  // A daily wave of two columns, every five minutes; from `odd` on the second one stands still for 60 rows.
  static std::string wave(int rows, int odd = -1) {
    std::string text = "time,load,heat\n";
    for (int i = 0; i < rows; ++i) text += line(i, odd);
    return text;
  }
  static std::string line(int i, int odd = -1) {
    const bool is_odd = odd >= 0 && i >= odd && i < odd + 60;
    const double noise = 0.05 * std::sin(12.9898 * i * i);
    const double load = std::sin(0.2 * i) + noise, heat = is_odd ? 20.0 : 20.0 + 3.0 * std::cos(0.2 * i) + noise;
    const int minutes = 5 * i;
    return fmt::format("2024-03-{:02} {:02}:{:02}:00,{:.4f},{:.4f}\n", 1 + minutes / 1440, minutes / 60 % 24,
                       minutes % 60, load, heat);
  }
  void train_wave() const {
    write("wave.csv", wave(700));
    ok({"train", "wave.csv", "--window", "32", "--epochs", "1", "--threads", "1", "--seed", "1", "--out", "run"});
  }
  std::string column(const std::string& file, const std::string& name, int rows = 1 << 30) const {
    std::istringstream lines(read(file));
    std::string line, all;
    std::getline(lines, line);
    const auto place = [&] {
      std::istringstream cells(line);
      std::string cell;
      for (int c = 0; std::getline(cells, cell, ','); ++c) {
        if (cell == name) return c;
      }
      return -1;
    }();
    for (int row = 0; row < rows && std::getline(lines, line); ++row) {
      std::istringstream cells(line);
      std::string cell;
      for (int c = 0; c <= place; ++c) std::getline(cells, cell, ',');
      all += cell + "\n";
    }
    return all;
  }
};

TEST_F(SeriesRuns, OddRowsOfATableAreFoundWithTheirColumnAndNothingLooksAhead) {
  train_wave();
  const auto info = json({"info", "run"});
  EXPECT_THAT(info.dump(), HasSubstr("conv1d"));
  write("new.csv", wave(600, 400));
  const auto report =
      json({"anomalies", "run", "new.csv", "-o", "scores.csv", "--intervals", "odd.csv", "--plot", "odd.png"});
  EXPECT_EQ(report.at("rows"), 600);
  EXPECT_EQ(report.at("scored"), 600 - 31);
  ASSERT_FALSE(report.at("intervals").empty());
  const auto& interval = *std::ranges::max_element(report.at("intervals"), {},
                                                   [](const auto& i) { return i.at("score").template get<double>(); });
  EXPECT_GE(interval.at("first_row"), 400);
  EXPECT_LE(interval.at("first_row"), 440);
  EXPECT_THAT(interval.at("columns").dump(), HasSubstr("heat"));
  EXPECT_THAT(read("odd.csv"), HasSubstr("start,end,first_row,last_row,score,p_value,columns"));
  EXPECT_TRUE(fs::exists(path("odd.png")));
  // Rows from 500 on are others: what was said of those before stays the same to the last digit.
  std::string other = wave(500, 400);
  for (int i = 500; i < 600; ++i) other += line(i).substr(0, 20) + "7,-7\n";
  write("other.csv", other);
  ok({"anomalies", "run", "other.csv", "-o", "others.csv"});
  EXPECT_EQ(column("scores.csv", "score", 500), column("others.csv", "score", 500));
  EXPECT_NE(column("scores.csv", "score"), column("others.csv", "score"));
}

// Dates in the order of a country, with the time of day beside them: lines know what the training's dates told.
TEST_F(SeriesRuns, DatesWhoseOrderTheTrainingToldAreReadFromLines) {
  const auto dated = [](int first, int rows) {
    std::string text = "Date;Time;load;heat\n";
    for (int i = first; i < first + rows; ++i) {
      const std::string row = line(i);  // 2024-03-DD hh:mm:ss,load,heat
      const std::string values = row.substr(row.find(',') + 1);
      const size_t comma = values.find(',');
      text += fmt::format("3/{}/2024;{};{};{}", std::stoi(row.substr(8, 2)) + 9, row.substr(11, 8),
                          values.substr(0, comma), values.substr(comma + 1));
    }
    return text;
  };
  write("train.csv", dated(0, 1500));
  ok({"train", "train.csv", "--window", "32", "--epochs", "1", "--threads", "1", "--seed", "1", "--out", "run"});
  write("new.csv", dated(0, 200));  // on 3/10 alone: by itself, it could be the third of October
  ok({"anomalies", "run", "new.csv", "-o", "scores.csv"});
  EXPECT_THAT(read("scores.csv"), HasSubstr("\n40,3/10/2024 03:20:00,"));
  const ToolResult followed = shell("cat new.csv | $LATENT anomalies run - --follow > followed.csv");
  EXPECT_EQ(followed.status, 0) << followed.err;
  EXPECT_THAT(followed.err, HasSubstr("200 rows, 169 scored, 0 bad lines left out"));
  EXPECT_THAT(read("followed.csv"), HasSubstr("\n40,3/10/2024 03:20:00,"));
  const ToolResult quoted =
      shell("(head -3 new.csv; echo '\"3/10/2024;1;2;3') | $LATENT anomalies run - --follow > q.csv");
  EXPECT_THAT(quoted.err, HasSubstr("line 4: a quote that is never closed: left out"));
  EXPECT_THAT(quoted.err, HasSubstr("2 rows, 0 scored, 1 bad line left out"));
  const ToolResult plain = shell("tail -n +2 new.csv | $LATENT anomalies run - --follow > plain.csv");
  EXPECT_THAT(plain.err, HasSubstr("200 rows, 169 scored, 0 bad lines left out"));
  fails(2, {"train", "new.csv", "--window", "32", "--out", "other"}, "--date-order day or month says which");
  ok({"train", "new.csv", "--window", "32", "--date-order", "month", "--epochs", "1", "--out", "other"});
  EXPECT_THAT(json({"info", "other"}).dump(), HasSubstr("conv1d"));
}

// What is odd in the training itself has itself as its nearest window, unless that is left out.
TEST_F(SeriesRuns, OddRowsOfTheTrainingItselfAreFound) {
  write("wave.csv", wave(900, 400));
  ok({"train", "wave.csv", "--window", "32", "--epochs", "2", "--threads", "1", "--seed", "1", "--out", "run"});
  const auto report = json({"anomalies", "run", "-o", "scores.csv"});
  ASSERT_FALSE(report.at("intervals").empty());
  for (const auto& interval : report.at("intervals")) {
    EXPECT_GE(interval.at("first_row").get<int>(), 400);
    EXPECT_LT(interval.at("last_row").get<int>(), 400 + 60 + 2 * 32);
    EXPECT_EQ(interval.at("columns").at(0), "heat");
  }
  // As a copy they are rows like any others.
  write("copy.csv", read("wave.csv"));
  ok({"anomalies", "run", "copy.csv", "-o", "copy_scores.csv"});
  EXPECT_NE(column("scores.csv", "neighbors"), column("copy_scores.csv", "neighbors"));
}

TEST_F(SeriesRuns, TheOddestRowIsNamedWhereNoRowIsOddEnough) {
  train_wave();
  const auto own = json({"anomalies", "run", "-o", "scores.csv"});
  EXPECT_TRUE(own.at("intervals").empty());
  const double p = own.at("oddest_row").at("p_value");
  EXPECT_GT(p, 0.001);
  EXPECT_THAT(own.at("oddest_row").at("time").get<std::string>(), HasSubstr("2024-03-0"));
  const std::string said = ok({"anomalies", "run", "-o", "scores.csv"});
  const size_t at = said.find("--threshold ");
  ASSERT_NE(at, std::string::npos) << said;
  const std::string threshold = said.substr(at + 12, said.find(' ', at + 12) - at - 12);
  const auto wider = json({"anomalies", "run", "-o", "scores.csv", "--threshold", threshold});
  EXPECT_EQ(wider.at("intervals").size(), 1U);
  EXPECT_FALSE(wider.contains("oddest_row"));
}

TEST_F(SeriesRuns, LinesAreScoredAsTheyArrive) {
  train_wave();
  write("new.csv", wave(200, 120));
  ok({"anomalies", "run", "new.csv", "-o", "scores.csv"});
  const ToolResult followed = shell(
      "head -101 new.csv > a; echo 'no,numbers,here' >> a; tail -n +102 new.csv >> a; "
      "cat a | $LATENT anomalies run - --follow > followed.csv");
  EXPECT_EQ(followed.status, 0) << followed.err;
  EXPECT_THAT(followed.err, HasSubstr("line 102: 'numbers' in column 'load' is no finite number: left out"));
  EXPECT_THAT(followed.err, HasSubstr("200 rows, 169 scored, 1 bad line left out"));
  std::istringstream a(column("scores.csv", "score")), b(column("followed.csv", "score"));
  std::string x, y;
  constexpr double kRounding = 1e-3;  // windows are computed one by one
  int rows = 0;
  while (std::getline(a, x) && std::getline(b, y)) {
    ++rows;
    ASSERT_EQ(x.empty(), y.empty()) << rows;
    if (!x.empty()) {
      EXPECT_NEAR(std::stod(x), std::stod(y), kRounding) << rows;
    }
  }
  EXPECT_EQ(rows, 200);
  // Without a heading, values stand in the order of the training; Ctrl-C ends it.
  const ToolResult plain = shell("tail -n +2 new.csv | cut -d, -f2,3 | $LATENT anomalies run - --follow -o plain.csv");
  EXPECT_EQ(plain.status, 0) << plain.err;
  EXPECT_THAT(read("plain.csv"), HasSubstr("index,score,p_value"));
  const pid_t waiting =
      start_shell("exec $LATENT anomalies run - --follow < <(cat new.csv; sleep 60) > w.csv", path("err"));
  ASSERT_TRUE(appears(path("w.csv"), "\n199,"));
  kill(waiting, SIGINT);
  EXPECT_EQ(wait(waiting), 0);
}

TEST_F(SeriesRuns, AnInputThatCannotBeReadIsNoEnd) {
  train_wave();
  const ToolResult folder = shell("$LATENT anomalies run - --follow < .");
  EXPECT_NE(folder.status, 0);
  EXPECT_THAT(folder.err, HasSubstr("standard input: read: Is a directory"));
}

// What does not follow the line before it is left out, in the stream as in a file.
TEST_F(SeriesRuns, LinesHaveToFollowEachOther) {
  train_wave();
  const auto follow = [&](const std::string& lines) {
    write("lines", lines);
    return shell("$LATENT anomalies run - --follow < lines");
  };
  const ToolResult marked = follow("\xEF\xBB\xBF" + wave(3));
  EXPECT_EQ(marked.out.substr(0, marked.out.find(',', 6)), "index,time") << marked.err;
  const ToolResult seconds = follow("1709251200,0.1,20\n1709251500,0.1,20\n1709251400,0.1,20\n1709251800,0.1,20\n");
  EXPECT_THAT(seconds.err, HasSubstr("line 3: '1709251400' is before the time of the line above: left out"));
  EXPECT_THAT(seconds.err, HasSubstr("3 rows, 0 scored, 1 bad line left out"));
  write("named.csv", "when,heat,load\n2024-03-01 00:00:00,20,0.1\n");
  EXPECT_THAT(shell("$LATENT anomalies run - --follow --time-column when < named.csv").out,
              HasSubstr("\n0,2024-03-01 00:00:00,"));
  // Where columns with other names stand would be a guess.
  const ToolResult others = follow("time,load,warmth\n2024-03-01 00:00:00,0.1,20\n");
  EXPECT_NE(others.status, 0);
  EXPECT_EQ(others.out, "");
  EXPECT_THAT(others.err, HasSubstr("the heading names no column 'heat', which the model was trained on"));
  write("others.csv", "time,load,warmth\n2024-03-01 00:00:00,0.1,20\n");
  const ToolResult by_place = shell("$LATENT anomalies run - --follow --header no < others.csv");
  EXPECT_THAT(by_place.err, HasSubstr("line 1: 'load' in column 'load' is no finite number: left out"));
  EXPECT_THAT(by_place.out, HasSubstr("\n0,2024-03-01 00:00:00,"));
  // Clocks are put back once, not every few lines.
  const ToolResult clocks = follow(
      "2024-10-27 02:30:00,0.1,20\n2024-10-27 02:00:00,0.1,20\n2024-10-27 02:30:00,0.1,20\n"
      "2024-10-27 02:25:00,0.1,20\n");
  EXPECT_THAT(clocks.err, HasSubstr("line 4: '2024-10-27 02:25:00' is before the time of the line above: left out"));
  EXPECT_THAT(clocks.err, HasSubstr("3 rows, 0 scored, 1 bad line left out"));
}

// Lines that wait are bounded by their bytes, too. Nobody takes the rows until most of the long lines are read: those
// of the short ones, more than a pipe holds, stop the scoring on any processor.
TEST_F(SeriesRuns, LongLinesThatWaitTakeLittleMemory) {
  constexpr int64_t kMostKilobytes = 220'000;  // of lines that take 120 MB
  train_wave();
  const pid_t process = start_shell(
      "long=\"0.1,$(printf '%120000s' '')20\";"
      "lines() { yes 0.1,20 | head -8000; yes \"$long\" | head -550; touch read; yes \"$long\" | head -450; };"
      "exec $LATENT anomalies run - --follow < <(lines)"
      " > >(until [ -e read ]; do sleep 0.1; done; sleep 1; cat > rows.csv)",
      path("err"));
  int status = 0;
  struct rusage usage {};
  ASSERT_EQ(wait4(process, &status, 0, &usage), process);
  EXPECT_THAT(read("err"), HasSubstr("lines wait to be scored, and whoever writes more has to wait"));
  EXPECT_THAT(read("err"), HasSubstr("9,000 rows, 8,969 scored, 0 bad lines left out"));
  EXPECT_LT(usage.ru_maxrss, kMostKilobytes);
}

// A file whose later rows are farther apart: the gap in the earlier ones stays a gap.
TEST_F(SeriesRuns, LaterRowsDoNotMoveTheGrid) {
  train_wave();
  std::string rows = "time,load,heat\n";
  for (int i = 0; i < 120; ++i) {
    if (i < 60 || i >= 63) rows += line(i);
  }
  write("early.csv", rows);
  for (int day = 2; day < 30; ++day) {
    for (int hour = 0; hour < 24; hour += 2) rows += fmt::format("2024-04-{:02} {:02}:00:00,0.5,20\n", day, hour);
  }
  write("all.csv", rows);
  ok({"anomalies", "run", "early.csv", "-o", "early_scores.csv"});
  ok({"anomalies", "run", "all.csv", "-o", "all_scores.csv"});
  EXPECT_EQ(column("early_scores.csv", "score", 117), column("all_scores.csv", "score", 117));
}

TEST_F(SeriesRuns, RowsOfAnotherStepAreTold) {
  train_wave();
  std::string hourly = "time,load,heat\n";
  for (int i = 0; i < 40; ++i) {
    hourly += fmt::format("2024-03-{:02} {:02}:00:00,{:.4f},20\n", 1 + i / 24, i % 24, std::sin(0.2 * i));
  }
  write("hourly.csv", hourly);
  const ToolResult result = run({"anomalies", "run", "hourly.csv", "-o", "scores.csv"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("rows are usually 1 h apart, those of the training 5 min"));
  write("new.csv", wave(100));
  EXPECT_EQ(run({"anomalies", "run", "new.csv", "-o", "scores.csv"}).err.find("apart"), std::string::npos);
}

TEST_F(SeriesRuns, TheToolsWorkOnWindows) {
  train_wave();
  ok({"encode", "run", "-o", "codes.npz"});
  ok({"reconstruct", "run", "-n", "4", "-o", "pairs.png"});
  ok({"sample", "run", "-n", "6", "-o", "samples.png"});
  ok({"sample", "run", "-n", "6", "-o", "samples.npy"});
  EXPECT_EQ(npy("samples.npy").shape(), Shape({6, 2, 32}));
  ok({"interpolate", "run", "--from", "0", "--to", "7", "-o", "ways.png"});
  ok({"neighbors", "run", "--query", "0,3", "-o", "near.csv"});
  ok({"cluster", "run", "-k", "2", "-o", "clusters.csv"});
  fails(2, {"sample", "run", "-n", "2", "-o", "samples.csv"}, "series");
}

TEST_F(SeriesRuns, FilesOfWindowsSayWhereTheyStart) {
  train_wave();
  ok({"encode", "run", "--split", "all", "-o", "codes.csv"});
  EXPECT_EQ(column("codes.csv", "start", 2), "2024-03-01 00:00:00\n2024-03-01 00:05:00\n");
  ok({"neighbors", "run", "--query", "3", "-k", "1", "-o", "near.csv"});
  EXPECT_THAT(column("near.csv", "start"), HasSubstr("2024-03-"));
}

TEST_F(SeriesRuns, SeriesOfTheArchiveWithTheirClasses) {
  std::string header = "@problemName Two\n@univariate true\n@classLabel true flat steep\n@data\n", train = header,
              test = header;
  for (int n = 0; n < 60; ++n) {
    std::string line;
    for (int t = 0; t < 20; ++t)
      line += fmt::format("{}{:.3f}", t == 0 ? "" : ",", (n % 2 + 0.3) * t + std::sin(7.0 * n * t));
    (n < 40 ? train : test) += line + (n % 2 == 0 ? ":flat\n" : ":steep\n");
  }
  write("Two_TRAIN.ts", train);
  write("Two_TEST.ts", test);
  ok({"train", "Two_TRAIN.ts", "--epochs", "1", "--threads", "1", "--out", "run"});
  const auto probe = json({"probe", "run"});
  EXPECT_THAT(probe.dump(), HasSubstr("accuracy"));
  write("short.ts", header + "1,2,3:flat\n");
  fails(2, {"encode", "run", "short.ts", "-o", "c.npz"},
        "windows of 3 steps, but the model of run takes windows of 20 steps");
}

TEST_F(SeriesRuns, WhatCannotBeIsSaidInOneLine) {
  write("wave.csv", wave(300));
  fails(2, {"train", "wave.csv", "--window", "1", "--out", "r"}, "--window: expected a whole number from 2");
  fails(2, {"train", "wave.csv", "--window", "400", "--out", "r"}, "300 rows hold no window of 400 steps");
  fails(2, {"train", "wave.csv", "--time-column", "time", "--out", "r"},
        "--time-column time: only rows in time have one");
  fails(2, {"data", "info", "wave.csv", "--date-order", "day"}, "--date-order day: only rows in time have one");
  const std::string info = ok({"data", "info", "wave.csv", "--window", "16"});
  EXPECT_THAT(info, HasSubstr("channels       load, heat\n"));
  EXPECT_THAT(info, HasSubstr("time           column 'time', rows usually 5 min apart\n"));
  fails(2, {"train", "wave.csv", "--window", "200", "--out", "r"}, "too short to hold a part out");
  fails(2, {"train", "wave.csv", "--window", "32", "--arch", "conv", "--out", "r"}, "convolutions need images");
  write("rows.csv", "a,b\n1,2\n3,4\n5,7\n");
  fails(2, {"train", "rows.csv", "--arch", "conv1d", "--out", "r"}, "the network conv1d needs series");
  train_wave();
  fails(2, {"anomalies", "run", "-", "-o", "s.csv"}, "standard input");
  fails(2, {"anomalies", "run", "wave.csv", "--follow"}, "--follow scores the lines of standard input");
  fails(2, {"anomalies", "run", "wave.csv"}, "-o FILE.csv is needed");
  fails(2, {"anomalies", "run", "wave.csv", "-o", "s.csv", "--max-gap", "9"}, "--max-gap are the training's");
  write("short.csv", wave(31));
  const ToolResult none = run({"anomalies", "run", "short.csv", "-o", "s.csv"});
  EXPECT_EQ(none.status, 0);
  EXPECT_THAT(none.err, HasSubstr("no row is scored: 31 rows hold no window of 32 steps"));
  write("other.csv", "time,load\n2024-03-01,1\n");
  fails(2, {"anomalies", "run", "other.csv", "-o", "s.csv"}, "heat");
}

// Two pumps whose rows stand among each other, the second half a wave later; of `odd` rows of it heat stands still.
class SeveralSeries : public SeriesRuns {
 protected:
  static std::string pump_line(int i, int pump, int odd = -1) {
    std::string text = line(i + 15 * pump, odd);
    const std::string stamp = line(i).substr(0, 19);
    return fmt::format("{},pump {}{}", stamp, pump, text.substr(19));
  }
  static std::string pumps(int rows, int odd = -1) {
    std::string text = "time,pump,load,heat\n";
    for (int i = 0; i < rows; ++i) text += pump_line(i, 0) + pump_line(i, 1, odd);
    return text;
  }
  void train_pumps() const {
    write("pumps.csv", pumps(400));
    ok({"train", "pumps.csv", "--window", "32", "--series-column", "pump", "--epochs", "1", "--threads", "1", "--seed",
        "1", "--out", "run"});
  }
  std::vector<std::string> lines_of(const std::string& file, const std::string& with) const {
    std::istringstream all(read(file));
    std::vector<std::string> found;
    for (std::string text; std::getline(all, text);) {
      if (text.find(with) != std::string::npos) found.push_back(text.substr(text.find(',')));  // without its number
    }
    return found;
  }
};

TEST_F(SeveralSeries, AreScoredEachByItselfInTheOrderOfTheTable) {
  train_pumps();
  write("new.csv", pumps(200, 120));
  const auto report = json({"anomalies", "run", "new.csv", "-o", "scores.csv", "--intervals", "odd.csv", "--plot",
                            "odd.png", "--threshold", "0.01"});
  EXPECT_EQ(report.at("scored"), 2 * (200 - 31));
  EXPECT_EQ(column("scores.csv", "pump", 3), "pump 0\npump 1\npump 0\n");
  EXPECT_EQ(column("scores.csv", "index", 3), "0\n1\n2\n");
  std::string alone = "time,pump,load,heat\n";
  for (int i = 0; i < 200; ++i) alone += pump_line(i, 1, 120);
  write("alone.csv", alone);
  ok({"anomalies", "run", "alone.csv", "-o", "alone_scores.csv"});
  EXPECT_EQ(lines_of("scores.csv", "pump 1"), lines_of("alone_scores.csv", "pump 1"));
  ASSERT_FALSE(report.at("intervals").empty());
  for (const auto& interval : report.at("intervals")) {
    if (interval.at("p_value") > 0.001) continue;
    EXPECT_EQ(interval.at("series"), "pump 1");
    EXPECT_EQ(interval.at("first_row").get<int>() % 2, 1) << "numbers of rows are the table's";
  }
  EXPECT_THAT(read("odd.csv"), HasSubstr("pump,start,end,first_row"));
  ok({"encode", "run", "--split", "all", "-o", "codes.csv"});
  EXPECT_EQ(column("codes.csv", "start", 1), "pump 0 2024-03-01 00:00:00\n");
}

TEST_F(SeveralSeries, LinesOfAllOfThemMayArriveInAnyOrder) {
  train_pumps();
  std::string rows = "time,pump,load,heat\n";  // none of the training's, whose distance from it would be rounding alone
  for (int i = 450; i < 510; ++i) rows += pump_line(i, 0) + pump_line(i, 1);
  write("new.csv", rows);
  ok({"anomalies", "run", "new.csv", "-o", "scores.csv"});
  const ToolResult followed = shell("cat new.csv | $LATENT anomalies run - --follow > followed.csv");
  EXPECT_EQ(followed.status, 0) << followed.err;
  EXPECT_THAT(followed.err, HasSubstr("120 rows, 58 scored, 0 bad lines left out"));
  EXPECT_EQ(column("followed.csv", "pump"), column("scores.csv", "pump"));
  std::istringstream a(column("scores.csv", "score")), b(column("followed.csv", "score"));
  std::string x, y;
  constexpr double kRounding = 1e-3;
  for (int row = 0; std::getline(a, x) && std::getline(b, y); ++row) {
    ASSERT_EQ(x.empty(), y.empty()) << row;
    if (!x.empty()) {
      EXPECT_NEAR(std::stod(x), std::stod(y), kRounding) << row;
    }
  }
  const ToolResult plain = shell("(echo 'pump 7,1,2'; echo '1,2'; echo ',1,2') | $LATENT anomalies run - --follow");
  EXPECT_THAT(plain.err, HasSubstr("line 2: 2 cells, the first line has 3: left out"));
  EXPECT_THAT(plain.err, HasSubstr("line 3: nothing says which series the line belongs to: left out"));
  const ToolResult renamed =
      shell("sed 1s/pump/machine/ new.csv | $LATENT anomalies run - --follow --series-column machine > renamed.csv");
  EXPECT_EQ(renamed.status, 0) << renamed.err;
  EXPECT_EQ(column("renamed.csv", "machine"), column("scores.csv", "pump"));
  const ToolResult lost = shell("echo time,load,heat | $LATENT anomalies run - --follow");
  EXPECT_EQ(lost.status, 2);
  EXPECT_THAT(lost.err, HasSubstr("the heading names no column 'pump'"));
}

TEST_F(SeveralSeries, WhatCannotBeIsSaidInOneLine) {
  write("pumps.csv", pumps(60));
  fails(2, {"train", "pumps.csv", "--window", "16", "--out", "r"}, "--series-column one that tells series apart");
  std::string one_by_one = "time,load\n";
  for (const int day : {1, 2, 3, 1, 2, 3}) one_by_one += fmt::format("2024-03-{:02},{}\n", day, day);
  write("sorted.csv", one_by_one);
  fails(2, {"train", "sorted.csv", "--window", "2", "--out", "r"},
        "sort the rows by 'time', or name the column that tells series apart (--series-column)");
  fails(2, {"train", "pumps.csv", "--window", "16", "--series-column", "pmp", "--out", "r"}, "'pump'");
  fails(2, {"train", "pumps.csv", "--series-column", "pump", "--out", "r"},
        "--series-column pump: only rows in time have one");
  write("nameless.csv", "time,pump,load\n2024-03-01,a,1\n2024-03-02,,1\n");
  fails(2, {"train", "nameless.csv", "--window", "2", "--series-column", "pump", "--out", "r"},
        "row 2, column 'pump': nothing says which series the row belongs to");
}

}  // namespace
}  // namespace latent::test
