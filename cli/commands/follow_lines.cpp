#include <cli/commands/follow_lines.hpp>

#include <cli/commands/waiting_lines.hpp>
#include <cli/interrupt.hpp>
#include <cli/messages.hpp>
#include <cli/output.hpp>
#include <cli/report.hpp>

#include <latent/core/error.hpp>
#include <latent/core/text.hpp>
#include <latent/run/series/series_scores.hpp>
#include <latent/run/series/series_stream.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>

namespace latent::cli {

namespace {

// Says when lines wait, twice as many each time, when there is no room for more, and when none waits any more.
class Lag {
 public:
  void look(const WaitingLines::Waiting& waiting) {
    const bool is_full = waiting.is_full && !said_full_;
    if (is_full || waiting.lines >= said_) {
      warn(fmt::format("falls behind: {} lines wait to be scored{}", grouped(static_cast<int64_t>(waiting.lines)),
                       is_full ? ", and whoever writes more has to wait" : ""));
      said_full_ = said_full_ || is_full;
      said_ = std::max(2 * said_, 2 * waiting.lines);
    } else if (waiting.lines == 0 && said_ > kFewest) {
      note("has caught up");
      said_ = kFewest;
      said_full_ = false;
    }
  }

 private:
  static constexpr size_t kFewest = 1000;
  size_t said_ = kFewest;
  bool said_full_ = false;
};

// Where scores go.
class ScoreLines {
 public:
  explicit ScoreLines(const std::string& path) : path_(path) {
    if (path.empty()) return;
    file_.emplace(path, std::ios::binary | std::ios::trunc);
    if (!*file_) throw IoError(path, "create", errno);
  }
  void put(const std::string& line) {
    if (!file_) return print_result(line);
    *file_ << line << std::flush;
    if (!*file_) throw IoError(path_, "write", errno);
  }

 private:
  std::string path_;
  std::optional<std::ofstream> file_;
};

}  // namespace

Result follow_lines(const Run& run, const SeriesScorer& scorer, const std::string& output, const DataOptions& data) {
  const data::OpenOptions open = data.overrides().over(run.data->open);
  // The columns of time and of series, which rows may have: those that are named, or the training's.
  const std::string asked = data.overrides().series.time_column;
  const std::string time_column = asked.empty() ? scorer.time_column() : asked;
  const InterruptGuard guard(InterruptGuard::Says::ending);
  const std::string asked_series = data.overrides().series.series_column;
  const std::string series_column = asked_series.empty() ? scorer.series_column() : asked_series;
  SeriesStream stream(scorer, time_column, series_column, open.header, open.decimal);
  ScoreLines out(output);
  WaitingLines lines(guard.stop());
  Lag lag;
  int64_t number = 0, rows = 0, scored = 0, bad = 0;
  bool has_heading = false;
  while (const std::optional<std::string> line = lines.next()) {
    ++number;
    lag.look(lines.waiting());
    const StreamedLine taken = stream.take(*line);
    if (taken.what == StreamedLine::What::bad) {
      ++bad;
      warn(fmt::format("line {}: {}: left out", number, taken.problem));
    }
    if (taken.what != StreamedLine::What::row) continue;
    if (!has_heading) {
      std::vector<std::string> columns;
      if (!series_column.empty()) columns.push_back(series_column);
      if (stream.has_time()) columns.push_back(time_column.empty() ? "time" : time_column);
      out.put(scores_heading(columns, scorer.channels()));
      has_heading = true;
    }
    ++rows;
    scored += taken.score ? 1 : 0;
    std::vector<std::string> cells;
    if (!series_column.empty()) cells.push_back(taken.series);
    if (stream.has_time()) cells.push_back(taken.stamp);
    out.put(scores_line(taken.index, cells, taken.score ? &*taken.score : nullptr, scorer.channels().size()));
  }
  note(fmt::format("{}, {} scored, {} left out", counted(rows, "row"), grouped(scored), counted(bad, "bad line")));
  return {{{"rows", rows}, {"scored", scored}, {"bad_lines", bad}}, "", kDone};
}

}  // namespace latent::cli
