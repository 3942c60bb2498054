// Trains on a table whose rows follow each other in time, and finds the stretch of new rows that is odd.
//   series [FOLDER]       where the tables, which it makes itself, may lie (default: here)
// Prints such as:
//   900 rows in windows (1, 32)
//   odd: rows 408 to 471, value
#include <latent/latent.hpp>
#include <latent/run/series/series_scores.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

namespace {

// A wave; from row 400 on it stands still for a while.
std::string write_wave(const std::string& path, int rows, bool odd) {
  std::ofstream out(path);
  out << "step,value\n";
  for (int i = 0; i < rows; ++i) {
    const double noise = 0.05 * std::sin(12.9898 * i * i);
    out << i << ',' << (odd && i >= 400 && i < 460 ? 0.9 : std::sin(0.2 * i) + noise) << '\n';
  }
  return path;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string folder = argc > 1 ? argv[1] : ".";
    latent::data::OpenOptions options;
    options.drop = {"step"};
    options.series.window = 32;
    const auto source = latent::open(write_wave(folder + "/wave.csv", 931, false), options);
    std::printf("%lld rows in windows %s\n", static_cast<long long>(source.train->size()),
                source.train->sample_shape().str().c_str());
    const latent::Run run = latent::train(source, {.epochs = 1}, {.seed = 1});

    const latent::SeriesScorer scorer(run);
    const auto rows = latent::data::read_series_rows(write_wave(folder + "/new.csv", 700, true), run.data->open);
    const latent::ScoredRows scored = latent::score_rows(scorer, rows);
    const auto intervals = latent::odd_intervals(scored, scorer.channels(), 0.001, 8);
    const auto oddest = std::ranges::max_element(intervals, {}, &latent::OddInterval::score);
    if (oddest == intervals.end()) return std::puts("nothing is odd"), 0;
    std::printf("odd: rows %lld to %lld, %s\n", static_cast<long long>(oddest->first),
                static_cast<long long>(oddest->last), oddest->channels.front().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
