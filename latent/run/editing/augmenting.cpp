#include <latent/run/editing/augmenting.hpp>

#include <latent/core/error.hpp>
#include <latent/core/shuffle.hpp>
#include <latent/data/class_number.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/generate.hpp>
#include <latent/run/results/decoded.hpp>
#include <latent/run/results/labelled_data.hpp>
#include <latent/run/sounds/sounds.hpp>
#include <latent/run/units.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace latent {

namespace {

std::set<int64_t> chosen_classes(const RunData& data, const std::string& names) {
  std::set<int64_t> classes;
  if (names.empty()) return classes;
  if (data.samples->labels().empty()) throw UsageError(fmt::format("--class: {} has no labels", data.part()));
  std::stringstream stream(names);
  for (std::string name; std::getline(stream, name, ',');) {
    try {
      classes.insert(data::class_number(name, data.samples->class_names()));
    } catch (const std::invalid_argument& error) {
      throw UsageError(fmt::format("--class: {}", error.what()));
    }
  }
  return classes;
}

std::string write_picture_of_new(const Run& run, const NewSamples& samples, const ResultFile& file, uint64_t seed) {
  // Few samples stand in rows of ten, so that those of one class or source are easily made to share a row.
  constexpr int64_t kFew = 100, kRow = 10;
  const Tensor& x_hat = samples.x_hat;
  const int64_t columns = x_hat.dim(0) <= kFew ? std::min(kRow, x_hat.dim(0)) : 0;
  const View view = view_of(run, x_hat);
  Decoded decoded{.x_hat = x_hat, .x = {}, .codes = {}, .columns = columns, .view = view};
  if (view.look == Look::columns) {
    const data::Dataset& given = *samples.given;
    const int64_t rows = std::min(given.size(), 4 * usual_count(view, given.sample_shape(), 4));
    std::vector<int64_t> beside(static_cast<size_t>(rows));
    Shuffle(given.size(), Rng(seed)).read(0, beside);
    decoded.beside = given.batch(beside);
  }
  return write_decoded(run, decoded, file);
}

}  // namespace

std::vector<int64_t> chosen_rows(const RunData& data, const std::string& classes, const std::vector<int64_t>& items) {
  check_items(data, items);
  const std::set<int64_t> numbers(items.begin(), items.end());
  const std::set<int64_t> labels = chosen_classes(data, classes);
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < data.samples->size(); ++row) {
    if (!numbers.empty() && !numbers.contains(row)) continue;
    if (!labels.empty() && !labels.contains(data.samples->labels()[static_cast<size_t>(row)])) continue;
    rows.push_back(row);
  }
  if (rows.empty()) throw UsageError(fmt::format("{} has no sample that --class and --items leave", data.part()));
  return rows;
}

NewSamples augment_samples(const Run& run, const RunData& data, const std::vector<int64_t>& rows,
                           const space::AugmentOptions& options, bool draw, uint64_t seed) {
  check_has_both_halves(run, "augmentation");
  NewSamples samples{.given = data::subset(data.samples, rows)};
  const Codes codes = encode_samples(*run.model, *samples.given, Draw::mean, 0);
  Rng rng(seed);
  samples.made = space::augment(codes.z, codes.stddev, samples.given->labels(), options, rng);
  for (auto* numbers : {&samples.made.sources, &samples.made.partners}) {
    for (int64_t& row : *numbers) row = rows[static_cast<size_t>(row)];
  }
  samples.x_hat = generate(run, samples.made.codes, draw, seed);
  return samples;
}

std::string write_new_samples(const Run& run, const RunData& data, const NewSamples& samples, const ResultFile& file,
                              uint64_t seed, const std::atomic<bool>* stop) {
  if (file.form == Form::png) return write_picture_of_new(run, samples, file, seed);
  const bool is_folder = file.form == Form::folder, is_sound = is_folder && has_sounds(run);
  const LabelledData labelled{.x = is_sound    ? to_waves(run, samples.x_hat)
                                   : is_folder ? for_pictures(run, samples.x_hat)
                                               : to_units(run, samples.x_hat),
                              .codes = samples.made.codes,
                              .labels = samples.made.labels,
                              .class_names = data.samples->class_names(),
                              .column_names = data.samples->column_names(),
                              .sources = samples.made.sources,
                              .given = data.samples.get()};
  switch (file.form) {
    case Form::folder:
      if (is_sound) return write_labelled_sounds(file.path, labelled, sound_rate(run), stop);
      write_labelled_folder(file.path, labelled, stop);
      break;
    case Form::csv: write_labelled_csv(file.path, labelled); break;
    default: write_labelled_npz(file.path, labelled); break;
  }
  return {};
}

}  // namespace latent
