#include <cli/run.hpp>

#include <cli/input.hpp>
#include <cli/output.hpp>

#include <latent/run/results/paths.hpp>

#include <filesystem>

namespace latent::cli {

Run open_run(const std::string& path, const ComputeOptions& compute, const Outputs& outputs) {
  const Precision precision = precision_from(compute.precision);
  compute.apply();
  if (std::filesystem::is_directory(status_of(path, {}))) {
    outputs.check_keep_run(path);
  } else {
    outputs.check_keep(path, "the model");
  }
  Run run{read_input([&] { return load_run(path, precision); }), outputs};
  // What the run was trained on stays, whether the command reads it or not.
  if (run.data) outputs.check_keep_data(run.data->source);
  return run;
}

RunSource open_source(const Run& run, const std::string& path_or_name, const DataOptions& options) {
  const std::string name = path_or_name.empty() && run.data ? run.data->source : path_or_name;
  run.outputs.check_keep_data(name);
  RunSource source = read_input([&] { return RunSource(run, path_or_name, options.overrides()); });
  if (source.format() == "image folder") run.outputs.check_outside(name);
  return source;
}

RunData open_data(const Run& run, const std::string& path_or_name, const DataOptions& options,
                  const std::string& split) {
  RunData data = read_input([&] { return open_source(run, path_or_name, options).part(split); });
  tell(data.remarks);
  return data;
}

}  // namespace latent::cli
