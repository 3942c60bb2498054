#include <latent/run/run_data.hpp>

#include <latent/core/error.hpp>
#include <latent/models/word_embedding.hpp>
#include <latent/run/kinds/run_kind.hpp>
#include <latent/run/words/word_dataset.hpp>

#include <fmt/core.h>

namespace latent {

namespace {

// What to try when samples have another shape than the model's.
std::string shape_advice(const Shape& model, const Shape& samples) {
  if (model.ndim() != 3 || samples.ndim() != 3) return {};
  std::string options;
  if (model[1] != samples[1] || model[2] != samples[2]) options += fmt::format(" --size {}x{}", model[1], model[2]);
  if (model[0] == 1 && samples[0] == 3) options += " --grayscale";
  return options.empty() ? std::string() : fmt::format("Try:{}", options);
}

// How to open data for the model: as training did, with its columns and its classes.
data::OpenOptions open_options(const Run& run, const data::ReadOverrides& read) {
  data::OpenOptions trained = run.data ? run.data->open : data::OpenOptions{};
  if (run.data) trained.column_names = run.data->column_names;
  // Another column of labels has classes of its own.
  const bool other_labels = !read.label_column.empty() && read.label_column != trained.label_column;
  if (run.data && !other_labels) trained.class_names = run.data->class_names;
  data::OpenOptions open = read.over(std::move(trained));
  const bool refuses = read.missing && *read.missing == data::OpenOptions::Missing::refuse;
  if (refuses && open.transform) open.transform->impute.clear();
  return open;
}

// New data may lack the label column that the training data had: it is not needed to use the model.
data::Source open_as_trained(const std::string& source_name, const data::OpenOptions& open,
                             const data::ReadOverrides& read) {
  const bool label_was_inherited = read.label_column.empty() && !open.label_column.empty();
  if (!label_was_inherited) return data::open(source_name, open);
  try {
    return data::open(source_name, open);
  } catch (const std::invalid_argument&) {
    data::OpenOptions without_label = open;
    without_label.label_column.clear();
    return data::open(source_name, without_label);
  }
}

}  // namespace

std::string RunData::part() const {
  if (split == data::name_of(data::Split::all)) return source;
  return fmt::format("the {} part of {}", split == data::name_of(data::Split::train) ? "training" : split, source);
}

RunSource::RunSource(const Run& run, const std::string& source, const data::ReadOverrides& read) {
  if (is_words(*run.model)) {
    source_ = source.empty() ? word_source(*run.model, run.path.string())
                             : word_source(*run.model, run.path.string(), source);
    name_ = source_.name;
    is_trained_on_ = source.empty();
    return;
  }
  if (source.empty() && !run.data) {
    throw UsageError(fmt::format("{}: the model does not say what data it was trained on", run.path.string()),
                     "Name the data after the run.");
  }
  name_ = source.empty() ? run.data->source : source;
  source_ = open_as_trained(name_, open_options(run, read), read);
  const Shape shape = source_.train->sample_shape();
  if (shape != run.model->data_shape()) {
    throw UsageError(
        fmt::format("{}: {}, but the model of {} takes {}", name_, run_kind(source_.train->kind()).samples_text(shape),
                    run.path.string(), run_kind(run.kind()).samples_text(run.model->data_shape())),
        shape_advice(run.model->data_shape(), shape));
  }
  is_trained_on_ = run.data && is_same_data(*run.data, source_);
  // The run's own data, opened without being named, is not what training saw.
  has_changed_ = source.empty() && !is_trained_on_;
  if (is_trained_on_ || has_changed_) held_out_ = run.data->held_out;
}

data::Split RunSource::split_or_default(const std::string& split) const {
  const double held_out = is_trained_on_ ? held_out_.fraction : 0.0;
  if (!split.empty() && split != data::name_of(data::Split::test)) return data::split_from(split);
  if (source_.test) return data::Split::test;
  // What training held out is the test part of data that has no other.
  if (!split.empty() && held_out == 0.0) return data::Split::test;  // refused where it is looked for
  return held_out > 0.0 ? data::Split::validation : data::Split::all;
}

RunData RunSource::part(const std::string& split) const {
  RunData data{.source = name_, .is_trained_on = is_trained_on_};
  if (!is_trained_on_) {  // of its own data, training has told
    for (const std::string& text : source_.notes) data.remarks.push_back({fmt::format("{}: {}", source_.name, text)});
    for (const std::string& text : source_.warnings) {
      data.remarks.push_back({fmt::format("{}: {}", source_.name, text), true});
    }
  }
  if (has_changed_) {
    const std::string what = fmt::format("{}: has changed since the training, or is read in another way", name_);
    if (held_out_.fraction > 0.0 && split == data::name_of(data::Split::validation)) {
      throw UsageError(fmt::format("{}: which samples were held out is not known any more", what));
    }
    data.remarks.push_back({fmt::format("{}; samples of the training may be among those used now", what), true});
  }
  const HeldOut held_out = is_trained_on_ ? held_out_ : HeldOut{};
  const data::Split chosen = split_or_default(split);
  data.split = std::string(data::name_of(chosen));
  data.samples = part_of(source_, chosen, held_out);
  if (is_trained_on_) data.training = part_of(source_, data::Split::train, held_out);
  if (data.samples->size() == 0) throw UsageError(fmt::format("{} has no samples", data.part()));
  return data;
}

RunData open_data(const Run& run, const RunDataOptions& options) {
  return RunSource(run, options.source, options.read).part(options.split);
}

}  // namespace latent
