#include <cli/decoded.hpp>

#include <cli/exit_status.hpp>
#include <cli/output.hpp>
#include <cli/sample_columns.hpp>

#include <latent/autograd/backward.hpp>
#include <latent/core/finite.hpp>
#include <latent/formats/csv.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>
#include <latent/report/pictures.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

namespace latent::cli {

namespace {

constexpr int64_t kBatch = 256;

// Rows [begin, begin + part.dim(0)) of `whole` become `part`.
void put_rows(Tensor& whole, int64_t begin, const Tensor& part) {
  whole.rows(begin, begin + part.dim(0)).copy_from(part);
}

// Numbers that are none help nobody, and would pass for results. They come from samples far outside the training data,
// or from weights that are finite but beyond all measure.
void check_results(std::string_view what, const Tensor& rows) {
  const int64_t bad = count_not_finite(rows);
  if (bad == 0) return;
  throw std::runtime_error(
      fmt::format("{} of {} numbers among the {} are NaN or infinite: the model overflows on this data; nothing was "
                  "written",
                  grouped(bad), grouped(rows.numel()), what));
}

// What `take` makes of p(x|z), in batches.
template <class Take>
Tensor decoded_by(const LatentModel& model, const Tensor& codes, const Take& take) {
  const NoGrad no_grad;
  Tensor x = Tensor::empty(model.data_shape().prepend(codes.dim(0)));
  const int64_t batch = samples_at_once(model.data_shape(), kBatch);
  for (int64_t begin = 0; begin < codes.dim(0); begin += batch) {
    const int64_t end = std::min(begin + batch, codes.dim(0));
    put_rows(x, begin, take(*model.decode(codes.rows(begin, end))));
  }
  check_results("decoded values", x);
  return x;
}

std::vector<std::string> column_names(const Run& run, int64_t columns) {
  if (run.data && static_cast<int64_t>(run.data->column_names.size()) == columns) return run.data->column_names;
  std::vector<std::string> names;
  for (int64_t i = 0; i < columns; ++i) names.push_back(fmt::format("column_{}", i));
  return names;
}

// Samples as they were read, where that is known and files hold the units of the data; else from model values.
Tensor original(const Run& run, const Tensor& x, const Tensor& stored) {
  const Tensor units = to_units(run, x);
  return stored.defined() && units.dtype() == DType::f64 ? stored : units;
}

// The forms that hold numbers.
void write_numbers(const Run& run, const Decoded& decoded, const ResultFile& file) {
  switch (file.form) {
    case Form::npy: return write_npy(file.path, to_units(run, decoded.x_hat));
    case Form::csv: {
      const Tensor rows = to_units(run, decoded.x_hat);
      const int64_t columns = rows.shape().tail().numel();
      const Tensor table = rows.view_as({rows.dim(0), columns});
      if (decoded.samples) {
        return write_sample_table(file.path, column_names(run, columns), table, *decoded.samples);
      }
      return write_csv(file.path, column_names(run, columns), table);
    }
    case Form::folder: return write_image_folder(file.path, for_pictures(run, decoded.x_hat));
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

Tensor decode_all(const LatentModel& model, const Tensor& codes) {
  return decoded_by(model, codes, [](const Distribution& p) { return p.mean(); });
}

Tensor draw_all(const LatentModel& model, const Tensor& codes, Rng& rng) {
  return decoded_by(model, codes, [&](const Distribution& p) {
    const Tensor draws = p.sample(rng, 1);  // (1, n, ...)
    return draws.view_as(draws.shape().tail());
  });
}

Codes encode_samples(const LatentModel& model, const data::Dataset& samples, Draw draw, uint64_t seed) {
  const NoGrad no_grad;
  const Shape shape{samples.size(), model.latent_dim()};
  Codes codes{Tensor::empty(shape), Tensor::empty(shape)};
  Rng rng(seed);
  const int64_t batch = samples_at_once(model.data_shape(), kBatch);
  for (int64_t begin = 0; begin < samples.size(); begin += batch) {
    const int64_t end = std::min(begin + batch, samples.size());
    const std::unique_ptr<Distribution> q = model.encode(samples.range(begin, end));
    const Tensor z = draw == Draw::mean ? q->mean() : q->sample(rng, 1).view_as({end - begin, model.latent_dim()});
    put_rows(codes.z, begin, z);
    put_rows(codes.stddev, begin, q->stddev());
  }
  check_results("codes", codes.z);
  check_results("standard deviations of codes", codes.stddev);
  return codes;
}

Tensor to_units(const Run& run, const Tensor& values) {
  if (!run.data || !run.data->open.transform) return values;
  const data::Transform& transform = *run.data->open.transform;
  const bool are_pictures = run.kind() == data::Kind::images && transform.of_pixels();
  if (are_pictures || transform.identity()) return values;
  return transform.inverse(values);
}

Tensor for_pictures(const Run& run, const Tensor& x) {
  if (run.kind() != data::Kind::images || !run.data || !run.data->open.transform) return x;
  const data::Transform& transform = *run.data->open.transform;
  if (transform.of_pixels() || transform.range.size() != 2) return x;
  const double low = transform.range[0], extent = transform.range[1] - low;
  const Tensor units = transform.inverse(x);
  Tensor shown = Tensor::empty(x.shape());
  std::ranges::transform(units.span<double>(), shown.span<float>().begin(), [&](double value) {
    return extent > 0.0 ? static_cast<float>((value - low) / extent) : 0.5f;
  });
  return shown;
}

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

void check_fits_form(const ResultFile& file, int64_t count, std::string_view fewer) {
  if (file.form == Form::png && count > kMostPictures) {
    throw UsageError(fmt::format("-o {}: {} samples are too many for one picture (at most {})", file.path.string(),
                                 count, kMostPictures),
                     fmt::format("Use .npy, .npz or a folder, {}.", fewer));
  }
  if (file.form == Form::folder && count > kMostFiles) {
    throw UsageError(
        fmt::format("-o {}: {} samples are too many for a folder (at most {})", file.path.string(), count, kMostFiles),
        fmt::format("Use .npy or .npz, {}.", fewer));
  }
}

std::string write_decoded(const Run& run, const Decoded& decoded, const ResultFile& file) {
  if (file.form == Form::png) {
    const Picture picture = picture_of(run, decoded);
    write_png(file.path, picture.pixels);
    return picture.shown;
  }
  write_numbers(run, decoded, file);
  return {};
}

void add_shown(Result& result, const std::string& shown) {
  result.json["shown"] = shown.empty() ? Json() : Json(shown);
  if (!shown.empty()) result.text += fmt::format("shown: {}\n", shown);
}

}  // namespace latent::cli
