#include <latent/run/results/decoded.hpp>

#include <latent/core/error.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/run/sounds/sounds.hpp>
#include <latent/run/tables/sample_columns.hpp>

#include <fmt/core.h>

namespace latent {

namespace {

// Samples as they were read, where that is known and files hold the units of the data; else from model values.
Tensor original(const Run& run, const Tensor& x, const Tensor& stored) {
  const Tensor units = to_units(run, x);
  return stored.defined() && units.dtype() == DType::f64 ? stored : units;
}

// The forms that hold numbers.
void write_decoded_numbers(const Run& run, const Decoded& decoded, const ResultFile& file,
                           const std::atomic<bool>* stop) {
  switch (file.form) {
    case Form::npy: return write_npy(file.path, to_units(run, decoded.x_hat));
    case Form::csv: {
      const Tensor rows = to_units(run, decoded.x_hat);
      const int64_t columns = rows.shape().tail().numel();
      const Tensor table = rows.view_as({rows.dim(0), columns});
      if (decoded.samples) {
        return write_sample_table(file.path, value_names(run, columns), table, *decoded.samples);
      }
      return write_csv(file.path, value_names(run, columns), table);
    }
    case Form::folder: return write_image_folder(file.path, for_pictures(run, decoded.x_hat), {}, stop);
    case Form::wav:
    case Form::npz: {
      NpzContents arrays{{{"x_hat", to_units(run, decoded.x_hat)}}};
      auto& numbers = arrays.numbers;
      if (decoded.x.defined()) numbers.emplace_back("x", original(run, decoded.x, decoded.stored));
      if (decoded.clean.defined()) numbers.emplace_back("clean", original(run, decoded.clean, decoded.stored_clean));
      if (decoded.codes.defined()) numbers.emplace_back("codes", decoded.codes);
      if (decoded.samples) add_sample_arrays(arrays, *decoded.samples);
      return write_npz(file.path, arrays.numbers, arrays.texts);
    }
    case Form::png:
    case Form::gif:
    case Form::svg:
    case Form::lac: break;
  }
  throw UsageError(fmt::format("-o {}: only interpolate writes animations", file.path.string()));
}

}  // namespace

Picture picture_of(const Run& run, const Decoded& decoded) {
  const View view = decoded.view.value_or(view_of(run, decoded.x.defined() ? decoded.x : decoded.x_hat));
  if (!decoded.x.defined()) {
    return picture_of_set(run, view, {.x = decoded.x_hat, .data = decoded.beside, .columns = decoded.columns});
  }
  return picture_of_pairs(run, view,
                          {.x = decoded.x,
                           .x_hat = decoded.x_hat,
                           .clean = decoded.clean,
                           .damaged = decoded.damaged,
                           .columns = decoded.columns});
}

std::string write_decoded(const Run& run, const Decoded& decoded, const ResultFile& file,
                          const std::atomic<bool>* stop) {
  if (file.form == Form::png) {
    const Picture picture = picture_of(run, decoded);
    write_png(file.path, picture.pixels);
    return picture.shown;
  }
  if (file.form == Form::wav) return write_sound_file(file.path, to_waves(run, decoded.x_hat), sound_rate(run));
  if (file.form == Form::folder && has_sounds(run)) {
    return write_sound_folder(file.path, to_waves(run, decoded.x_hat), sound_rate(run), {}, stop);
  }
  write_decoded_numbers(run, decoded, file, stop);
  return {};
}

}  // namespace latent
