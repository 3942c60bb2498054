#include <cli/run.hpp>

#include <cli/exit_status.hpp>
#include <cli/input.hpp>
#include <cli/output.hpp>
#include <cli/paths.hpp>

#include <latent/training/trainer.hpp>

#include <fmt/core.h>

namespace latent::cli {

namespace {

// What to try when samples have another shape than the model's.
std::string shape_advice(const Shape& model, const Shape& samples) {
  if (model.ndim() != 3 || samples.ndim() != 3) return {};
  std::string options;
  if (model[1] != samples[1] || model[2] != samples[2]) options += fmt::format(" --size {}x{}", model[1], model[2]);
  if (model[0] == 1 && samples[0] == 3) options += " --grayscale";
  return options.empty() ? std::string() : fmt::format("Try:{}", options);
}

// "images of shape (1, 28, 28)", "rows of 20 columns".
std::string samples_text(const Shape& shape, data::Kind kind) {
  switch (kind) {
    case data::Kind::images: return fmt::format("images of shape {}", shape.str());
    case data::Kind::table: return fmt::format("rows of {}", counted(shape.numel(), "column"));
    case data::Kind::array: return fmt::format("rows of {}", counted(shape.numel(), "value"));
  }
  return shape.str();
}

// How to open data for the model: as training did, with its columns and its classes.
data::OpenOptions open_options(const Run& run, const DataOptions& options) {
  data::OpenOptions trained = run.data ? run.data->open : data::OpenOptions{};
  if (run.data) trained.column_names = run.data->column_names;
  // Another column of labels has classes of its own.
  const bool other_labels = !options.label_column.empty() && options.label_column != trained.label_column;
  if (run.data && !other_labels) trained.class_names = run.data->class_names;
  data::OpenOptions open = options.open_options(std::move(trained));
  const bool refuses = !options.missing.empty() && open.missing == data::OpenOptions::Missing::refuse;
  if (refuses && open.transform) open.transform->impute.clear();
  return open;
}

// New data may lack the label column that the training data had: it is not needed to use the model.
data::Source open_as_trained(const std::string& source_name, const data::OpenOptions& open,
                             const DataOptions& options) {
  const bool label_was_inherited = options.label_column.empty() && !open.label_column.empty();
  if (!label_was_inherited) return data::open(source_name, open);
  try {
    return data::open(source_name, open);
  } catch (const std::invalid_argument&) {
    data::OpenOptions without_label = open;
    without_label.label_column.clear();
    return data::open(source_name, without_label);
  }
}

// The run's own data, opened without being named, is not what training saw.
void check_knows_parts(const std::string& source_name, const DataRecord& trained, const std::string& split) {
  const std::string what = fmt::format("{}: has changed since the training, or is read in another way", source_name);
  if (trained.held_out.fraction > 0.0 && split == data::name_of(data::Split::validation)) {
    throw UsageError(fmt::format("{}: which samples were held out is not known any more", what));
  }
  warn(fmt::format("{}; samples of the training may be among those used now", what));
}

data::Split split_or_default(const std::string& split, const data::Source& source, const HeldOut& held_out) {
  if (!split.empty() && split != data::name_of(data::Split::test)) return data::split_from(split);
  if (source.test) return data::Split::test;
  // What training held out is the test part of data that has no other.
  if (!split.empty() && held_out.fraction == 0.0) return data::Split::test;  // refused where it is looked for
  return held_out.fraction > 0.0 ? data::Split::validation : data::Split::all;
}

}  // namespace

data::Kind Run::kind() const {
  if (data) return data->kind;
  return model->data_shape().ndim() == 3 ? data::Kind::images : data::Kind::array;
}

data::Corruption Run::corruption() const {
  const nlohmann::json::json_pointer at("/training/corrupt");
  if (!info.contains(at)) return {};
  try {
    return data::Corruption::from_text(info.at(at).get<std::string>());
  } catch (const std::exception& error) {
    throw DataError(path.string(), fmt::format("its training's damage cannot be read: {}", error.what()));
  }
}

std::string RunData::part() const {
  if (split == data::name_of(data::Split::all)) return source;
  return fmt::format("the {} part of {}", split == data::name_of(data::Split::train) ? "training" : split, source);
}

Run open_run(const std::string& path, const ComputeOptions& compute, const Outputs& outputs) {
  const Precision precision = precision_from(compute.precision);
  compute.apply();
  if (std::filesystem::is_directory(status_of(path, {}))) {
    outputs.check_keep_run(path);
  } else {
    outputs.check_keep(path, "the model");
  }
  LoadedModel loaded = read_metadata(path, [&] { return read_input([&] { return load_model(path); }); });
  Run run{path, std::move(loaded.model), std::move(loaded.info), std::nullopt, outputs};
  if (run.info.contains("data")) {
    try {
      run.data = read_metadata(path, [&] { return DataRecord::from_json(run.info.at("data")); });
    } catch (const std::invalid_argument& error) {
      throw DataError(path, error.what());
    }
  }
  run.model->use_bf16(precision == Precision::bf16);
  return run;
}

RunData open_data(const Run& run, const std::string& path_or_name, const DataOptions& options,
                  const std::string& split) {
  if (path_or_name.empty() && !run.data) {
    throw UsageError(fmt::format("{}: the model does not say what data it was trained on", run.path.string()),
                     "Name the data after the run.");
  }
  const std::string source_name = path_or_name.empty() ? run.data->source : path_or_name;
  if (!data::is_known_set(source_name)) run.outputs.check_keep(source_name, "the data");
  const data::OpenOptions open = open_options(run, options);
  const data::Source source = read_input([&] { return open_as_trained(source_name, open, options); });
  if (source.format == "image folder") run.outputs.check_outside(source_name);
  const Shape shape = source.train->sample_shape();
  if (shape != run.model->data_shape()) {
    throw UsageError(
        fmt::format("{}: {}, but the model of {} takes {}", source_name, samples_text(shape, source.train->kind()),
                    run.path.string(), samples_text(run.model->data_shape(), run.kind())),
        shape_advice(run.model->data_shape(), shape));
  }
  RunData data;
  data.source = source_name;
  data.is_trained_on = run.data && is_same_data(*run.data, source);
  if (!data.is_trained_on) tell(source);  // of its own data, training has told
  if (path_or_name.empty() && !data.is_trained_on) check_knows_parts(source_name, *run.data, split);
  const HeldOut held_out = data.is_trained_on ? run.data->held_out : HeldOut{};
  const data::Split part = split_or_default(split, source, held_out);
  data.split = std::string(data::name_of(part));
  data.samples = part_of(source, part, held_out);
  if (data.is_trained_on) data.training = part_of(source, data::Split::train, held_out);
  if (data.samples->size() == 0) throw UsageError(fmt::format("{} has no samples", data.part()));
  return data;
}

}  // namespace latent::cli
