#pragma once
// What probes compare: the same samples as codes, as principal components and as they are.

#include <latent/run/codes.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/probes/probe.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latent {

/// How the samples to probe are chosen.
struct ProbeDataOptions {
  std::string split = {};   ///< empty: the training part and the test part, where there is one
  std::string target = {};  ///< a column of a table or a known factor; empty for the classes
  bool one_part = false;    ///< no test part wanted: all samples are for cross-validation
  int64_t most = 0;         ///< training samples at most; 0 for all
  uint64_t seed = 0;        ///< seed of the choice among them
};

/// The samples: those to train on, followed by those to test on.
struct ProbeData {
  std::string source;
  std::string train_part, test_part;  ///< for messages; test_part is empty without one
  int64_t train_size = 0, test_size = 0;
  std::vector<std::shared_ptr<const data::Dataset>> parts;  ///< train, and test where there is one
  space::Target target;
  std::vector<std::string> class_names;
  /// The column that is the target, if one is: nothing that predicts it may look at it.
  std::optional<int64_t> target_column;
  std::vector<Remark> remarks;  ///< how samples were read, and what may not have been meant

  int64_t size() const { return train_size + test_size; }
  std::vector<int64_t> train_rows() const, test_rows() const;
};

/// Decides what is trained and tested on, and reads the target. A source with more values than
/// kMostValues in one of its parts gives a random part of it.
/// @throws UsageError and others, all of status 2: no labels, no such target, a target that is the only column, one
///         class only, too few samples
ProbeData open_probe_data(const Run& run, const RunSource& source, const ProbeDataOptions& options);

/// Values of all samples that are held in memory at once (1 GiB).
constexpr int64_t kMostValues = int64_t{1} << 28;

/// Codes of all samples: posterior means and standard deviations. The encoder sees the mean that the target's column
/// has in the samples to train on instead of the target itself.
Codes probed_codes(const Run& run, const ProbeData& data);
/// All samples as rows (N, values), as the model sees them; without the column that is the target, if one is.
Tensor probed_values(const ProbeData& data);

}  // namespace latent
