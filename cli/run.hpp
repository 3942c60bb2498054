#pragma once
// RUN arguments: a run directory or a model file, and the data that commands apply it to.

#include <cli/data_record.hpp>
#include <cli/options.hpp>
#include <cli/result_file.hpp>

#include <latent/data/corrupt.hpp>
#include <latent/models/model_file.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace latent::cli {

/// A trained model, ready to use.
struct Run {
  std::filesystem::path path;  ///< as given
  std::unique_ptr<LatentModel> model;
  nlohmann::json info;
  std::optional<DataRecord> data;  ///< empty for a model file that says nothing of its data
  Outputs outputs;                 ///< what the command will write: nothing that it reads
  /// How samples look: the record's kind, or what the shape suggests.
  data::Kind kind() const;
  /// What its training did to the inputs of the encoder. @throws DataError if the model file says it in no known way
  data::Corruption corruption() const;
};

/// Loads a model to use it (not to train it) with the threads and precision asked for.
/// @param outputs  every option of the command that names what it writes: none of it may be the model, nor what
///                 open_data() opens later; a command that reads other files too asks `Run::outputs` itself
/// @throws UsageError, DataError, std::invalid_argument: all mean status 2
Run open_run(const std::string& path, const ComputeOptions& compute, const Outputs& outputs);

/// Samples that fit a model.
struct RunData {
  std::string source;          ///< what was opened
  std::string split;           ///< "train", "validation", "test" or "all"
  bool is_trained_on = false;  ///< whether this is the data the model was trained on
  std::shared_ptr<const data::Dataset> samples;
  /// For messages: "the validation part of leaves.csv", or "leaves.csv" alone for all of it.
  std::string part() const;
};

/// Says on standard error what was decided in reading the data.
void tell_notes(const data::Source& source);

/// Opens `path_or_name`, or what the run was trained on where that is empty, as training opened it, and takes the part
/// asked for. With an empty `split`: the test part, else the validation part, else all samples.
/// @throws UsageError and others, all of status 2: no data known, samples that do not fit the model, no such part
RunData open_data(const Run& run, const std::string& path_or_name, const DataOptions& options,
                  const std::string& split);

}  // namespace latent::cli
