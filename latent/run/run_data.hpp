#pragma once
// Samples for a run: opened as its training opened them.

#include <latent/data/read_options.hpp>
#include <latent/run/remark.hpp>
#include <latent/run/run.hpp>

#include <memory>
#include <string>
#include <vector>

namespace latent {

/// Samples that fit a model.
struct RunData {
  std::string source;          ///< what was opened
  std::string split = {};      ///< "train", "validation", "test" or "all"
  bool is_trained_on = false;  ///< whether this is the data the model was trained on
  std::shared_ptr<const data::Dataset> samples = {};
  std::shared_ptr<const data::Dataset> training = {};  ///< what the model was trained on; null unless is_trained_on
  std::vector<Remark> remarks = {};                    ///< how it was read, and what may not have been meant
  /// For messages: "the validation part of leaves.csv", or "leaves.csv" alone for all of it.
  std::string part() const;
};

/// Which data of a run is wanted.
struct RunDataOptions {
  std::string source = {};  ///< a path or known set; empty for what the run was trained on
  std::string split = {};   ///< empty: the test part, else the validation part, else all samples
  data::ReadOverrides read = {};
};

/// A source opened as the run's training opened it: its parts are taken without opening it again.
class RunSource {
 public:
  /// @throws UsageError if no data is known or samples do not fit the model; DataError, IoError, std::invalid_argument
  /// as
  ///         data::open()
  RunSource(const Run& run, const std::string& source, const data::ReadOverrides& read = {});

  const std::string& name() const { return name_; }
  const std::string& format() const { return source_.format; }
  /// Whether this is the data that the model was trained on.
  bool is_trained_on() const { return is_trained_on_; }
  /// @param split  as RunDataOptions::split   @throws UsageError for a part that is not there, or is empty
  RunData part(const std::string& split) const;

 private:
  data::Split split_or_default(const std::string& split) const;

  std::string name_;
  data::Source source_;
  HeldOut held_out_;
  bool is_trained_on_ = false, has_changed_ = false;
};

/// Opens a source and takes one part of it. @throws as RunSource
RunData open_data(const Run& run, const RunDataOptions& options = {});

}  // namespace latent
