#pragma once
// latent anomalies RUN - --follow: lines of standard input, scored as they arrive.

#include <cli/command.hpp>
#include <cli/run.hpp>

#include <latent/run/series/series_scorer.hpp>

#include <string>

namespace latent::cli {

/// Writes a heading and a line for each row to `output`, or to standard output where it is empty, each as soon as it is
/// known; says on standard error which lines are bad, and when lines come faster than they are scored. Ends with the
/// input, or with Ctrl-C. @throws IoError
Result follow_lines(const Run& run, const SeriesScorer& scorer, const std::string& output, const DataOptions& data);

}  // namespace latent::cli
