#pragma once
// What `latent probe` says of its probes.

#include <cli/report.hpp>

#include <latent/run/probes/probing.hpp>

#include <string>

namespace latent::cli {

/// What was asked for.
struct ProbeSummary {
  std::string run, target, output, augment_method;
  uint64_t seed = 0;
};

/// "k-NN on codes: 97.32%".
std::string progress_text(const ProbeRow& row);

/// A table of probes against forms of the samples, the accuracy of each class, what new samples changed.
Result probe_result(const ProbeSummary& summary, const ProbeData& data, const ProbeResults& results);

}  // namespace latent::cli
