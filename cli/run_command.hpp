#pragma once
// What commands on a run and its data have in common.

#include <cli/command.hpp>
#include <cli/run.hpp>

#include <optional>
#include <string>

namespace latent::cli {

class RunCommand : public Command {
 protected:
  /// RUN; and DATA, unless there is no text for it. @param data_text  "data to map", without its default
  void declare_run(Arguments& arguments, const std::string& data_text = {});
  /// How data is read and which part of it is taken, and how to compute; --seed, unless there is no text for it.
  /// @param seed_text  "seed of the method"
  void declare_reading(Arguments& arguments, const std::string& seed_text = {});
  /// The same for a command whose --split has a default of its own.
  void declare_split_default(Arguments& arguments, const std::string& split);
  /// -o, which must be given, where nothing may be overwritten but files.
  void declare_output(Arguments& arguments, const std::string& description, const char* type = "FILE");

  /// @throws also UsageError for --inversion-steps where the run is no GAN
  Run open_run(const Outputs& outputs) const;
  /// DATA as it is asked for.
  RunData open_data(const Run& run) const { return cli::open_data(run, data_path_, data_, split_); }
  /// {"output", "run", "data", "split", "samples"}: what a report begins with.
  Json head(const std::string& output, const RunData& data, int64_t samples) const;

  std::string path_, data_path_, output_, split_;
  DataOptions data_;
  ComputeOptions compute_;
  uint64_t seed_ = 0;
  std::optional<int64_t> inversion_steps_;
};

}  // namespace latent::cli
