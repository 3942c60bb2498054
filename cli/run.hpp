#pragma once
// RUN arguments and the data that commands apply them to: the library's, with nothing written that is read.

#include <cli/options.hpp>
#include <cli/result_file.hpp>

#include <latent/run/run.hpp>
#include <latent/run/run_data.hpp>

#include <string>

namespace latent::cli {

/// A run, and what the command will write: nothing that it reads.
struct Run : latent::Run {
  Outputs outputs;
};

/// Loads a model to use it (not to train it) with the threads and precision asked for.
/// @param outputs  every option of the command that names what it writes: none of it may be the model, nor what
///                 open_data() opens later; a command that reads other files too asks `Run::outputs` itself
/// @throws UsageError, DataError, std::invalid_argument: all mean status 2
Run open_run(const std::string& path, const ComputeOptions& compute, const Outputs& outputs);

/// latent::RunSource, which may not be what is written, and says on standard error how it was read.
/// @throws UsageError and others, all of status 2: no data known, samples that do not fit the model
RunSource open_source(const Run& run, const std::string& path_or_name, const DataOptions& options);

/// One part of it. @throws as open_source(); UsageError for a part that is not there
RunData open_data(const Run& run, const std::string& path_or_name, const DataOptions& options,
                  const std::string& split);

}  // namespace latent::cli
