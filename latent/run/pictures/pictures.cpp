#include <latent/run/pictures/pictures.hpp>

#include <latent/run/pictures/detail/column_pictures.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/units.hpp>
#include <latent/core/text.hpp>

#include <latent/core/shuffle.hpp>
#include <latent/report/labelled_grid.hpp>
#include <latent/report/pictures.hpp>
#include <latent/report/series_grid.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace latent {

namespace {

constexpr int64_t kGap = 2;

Shape with_rows(const Tensor& x, int64_t rows) { return x.shape().tail().prepend(rows); }

// Rows of samples in turn, so that a grid of `columns` shows each one above what belongs to it. Where the last rows are
// not full, they are filled up with NaN: empty places.
Tensor interleave(const std::vector<Tensor>& layers, int64_t columns) {
  const int64_t count = layers[0].dim(0), rows = (count + columns - 1) / columns;
  const auto layer_count = static_cast<int64_t>(layers.size());
  Tensor all =
      Tensor::full(with_rows(layers[0], layer_count * rows * columns), std::numeric_limits<double>::quiet_NaN());
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t begin = row * columns, end = std::min(begin + columns, count);
    for (int64_t layer = 0; layer < layer_count; ++layer) {
      const int64_t at = (row * layer_count + layer) * columns;
      all.rows(at, at + end - begin).copy_from(layers[static_cast<size_t>(layer)].rows(begin, end));
    }
  }
  return all;
}

// "60 of 4,000 samples, as many as fit"; empty if all are shown.
std::string fewer(int64_t shown, int64_t all, std::string_view what) {
  return shown == all ? std::string() : fmt::format("{} of {} {}, as many as fit", grouped(shown), grouped(all), what);
}

std::string both(const std::string& first, const std::string& second) {
  return first.empty() || second.empty() ? first + second : fmt::format("{}; {}", first, second);
}

// Places 0 ... all - 1, or so many of them, evenly spread and both ends included.
std::vector<int64_t> spread(int64_t all, int64_t count) {
  std::vector<int64_t> places;
  for (int64_t i = 0; i < count; ++i) {
    places.push_back(count == all ? i
                                  : std::llround(static_cast<double>(i) * static_cast<double>(all - 1) /
                                                 static_cast<double>(std::max<int64_t>(1, count - 1))));
  }
  return places;
}

template <class T>
std::vector<T> at_places(const std::vector<T>& all, const std::vector<int64_t>& places) {
  std::vector<T> chosen;
  for (const int64_t place : places) {
    if (place < static_cast<int64_t>(all.size())) chosen.push_back(all[static_cast<size_t>(place)]);
  }
  return chosen;
}

// --- series ---

// The channels that a picture has room for: all, or those that vary most.
struct Channels {
  std::vector<int64_t> numbers;
  std::string shown;
};

Channels channels_of(const Tensor& series) {
  const int64_t N = series.dim(0), C = series.dim(1), L = series.dim(2);
  std::vector<double> variance;
  for (int64_t c = 0; c < C; ++c) {
    double sum = 0, squares = 0, count = 0;
    for (int64_t n = 0; n < N; ++n) {
      for (int64_t t = 0; t < L; ++t) {
        const double value = series.data<double>()[(n * C + c) * L + t];
        if (!std::isfinite(value)) continue;
        sum += value, squares += value * value, ++count;
      }
    }
    variance.push_back(count > 0 ? squares / count - sum / count * (sum / count) : 0);
  }
  Channels channels;
  channels.numbers.resize(static_cast<size_t>(C));
  std::iota(channels.numbers.begin(), channels.numbers.end(), int64_t{0});
  if (C <= report::kMostChannels) return channels;
  std::ranges::stable_sort(channels.numbers, std::greater<>(),
                           [&](int64_t c) { return variance[static_cast<size_t>(c)]; });
  channels.numbers.resize(static_cast<size_t>(report::kMostChannels));
  std::ranges::sort(channels.numbers);
  channels.shown = fmt::format("{} of {} channels, those that vary most", report::kMostChannels, grouped(C));
  return channels;
}

Tensor of_channels(const Tensor& series, const std::vector<int64_t>& channels) {
  const int64_t N = series.dim(0), C = series.dim(1), L = series.dim(2), K = static_cast<int64_t>(channels.size());
  if (K == C) return series;
  Tensor chosen = Tensor::empty({N, K, L}, DType::f64);
  for (int64_t n = 0; n < N; ++n) {
    for (int64_t k = 0; k < K; ++k) {
      std::copy_n(series.data<double>() + (n * C + channels[static_cast<size_t>(k)]) * L, L,
                  chosen.data<double>() + (n * K + k) * L);
    }
  }
  return chosen;
}

// As the columns of the table are called, where there was one.
std::vector<std::string> names_of_channels(const Run& run, const Channels& channels, int64_t all) {
  std::vector<std::string> names;
  if (all == 1) return names;
  const bool named = run.data && static_cast<int64_t>(run.data->column_names.size()) == all;
  for (const int64_t channel : channels.numbers) {
    names.push_back(named ? run.data->column_names[static_cast<size_t>(channel)] : fmt::format("channel {}", channel));
  }
  return names;
}

// Layers of series, drawn over each other, in a grid.
Picture series_picture(const Run& run, const View& view, const std::vector<Tensor>& layers,
                       report::SeriesGridOptions options, const Tensor& within = {}) {
  std::vector<Tensor> series;
  series.reserve(layers.size());
  for (const Tensor& x : layers) series.push_back(series_of(run, view, x));
  const Channels channels = channels_of(within.defined() ? series_of(run, view, within) : series[0]);
  for (Tensor& one : series) one = of_channels(one, channels.numbers);
  options.channel_names = names_of_channels(run, channels, view.channels);
  if (within.defined()) options.within = of_channels(series_of(run, view, within), channels.numbers);
  options.caption = both(options.caption, channels.shown);
  const std::vector<Tensor> overlays(series.begin() + 1, series.end());
  return {report::series_grid(series[0], overlays, options), channels.shown};
}

// How many series of a set fit, and in how many columns.
struct SeriesLayout {
  int64_t count, columns;
};

SeriesLayout lay_out_series(const View& view, int64_t count, int64_t columns) {
  const report::GridSize most = report::most_series(std::min(view.channels, report::kMostChannels));
  const int64_t usual = std::min<int64_t>(count, view.channels > 1 ? 4 : 5);
  columns = columns > 0 ? columns : std::max(usual, (count + most.rows - 1) / most.rows);
  columns = std::clamp<int64_t>(columns, 1, most.columns);
  return {std::min(count, most.rows * columns), columns};
}

Picture series_of_set(const Run& run, const View& view, const std::vector<Tensor>& layers, int64_t columns,
                      std::vector<std::string> legend, const Tensor& within = {}) {
  const int64_t all = layers[0].dim(0);
  const SeriesLayout layout = lay_out_series(view, all, columns);
  std::vector<Tensor> first;
  first.reserve(layers.size());
  for (const Tensor& x : layers) first.push_back(x.rows(0, layout.count));
  const std::string shown = fewer(layout.count, all, "samples");
  report::SeriesGridOptions options{.columns = layout.columns, .caption = shown, .legend = std::move(legend)};
  Picture picture = series_picture(run, view, first, std::move(options), within);
  picture.shown = both(shown, picture.shown);
  return picture;
}

// --- images ---

Picture images_in_grid(const Run& run, const Tensor& x, int64_t columns, std::string shown) {
  return {report::image_grid(shown_images(run, x), columns), std::move(shown)};
}

// Rows and columns of images that fit.
report::GridSize most_images(const Tensor& x, int64_t most_side = report::kMostSide) {
  return report::most_images(x.dim(2), x.dim(3), kGap, most_side);
}

int64_t square_side(int64_t count) { return static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count)))); }

Picture images_of_pairs(const Run& run, const Pairs& pairs) {
  constexpr int64_t kUsualColumns = 16;
  std::vector<Tensor> layers = {pairs.x, pairs.x_hat};
  if (pairs.clean.defined()) layers.push_back(pairs.clean);
  const auto L = static_cast<int64_t>(layers.size());
  const int64_t N = pairs.x.dim(0);
  const report::GridSize most = most_images(pairs.x);
  int64_t columns = pairs.columns > 0 ? pairs.columns : std::max(kUsualColumns, square_side(N * L));
  columns = std::min({columns, N, most.columns});
  const int64_t count = std::min(N, std::max<int64_t>(1, most.rows / L) * columns);
  for (Tensor& layer : layers) layer = layer.rows(0, count);
  return images_in_grid(run, interleave(layers, columns), columns, fewer(count, N, "samples"));
}

Picture images_of_set(const Run& run, const SampleSet& set) {
  const int64_t N = set.x.dim(0);
  const report::GridSize most = most_images(set.x);
  const int64_t columns = std::min({set.columns > 0 ? set.columns : square_side(N), N, most.columns});
  const int64_t count = std::min(N, most.rows * columns);
  return images_in_grid(run, set.x.rows(0, count), columns, fewer(count, N, "samples"));
}

// --- grids ---

// The part of a grid that fits: rows from the first on; of steps some evenly spread, else columns from the first on.
struct Part {
  SampleGrid grid;
  std::string shown;
};

Part fitting_part(const SampleGrid& grid, const report::GridSize& most) {
  const int64_t all_rows = grid.x.dim(0) / grid.columns;
  const int64_t rows = std::min(all_rows, most.rows), columns = std::min(grid.columns, most.columns);
  Part part{grid, both(fewer(rows, all_rows, "rows"), fewer(columns, grid.columns, "columns"))};
  if (part.shown.empty()) return part;
  const bool first =
      grid.meaning == SampleGrid::Meaning::rows_are_groups || grid.meaning == SampleGrid::Meaning::columns_are_groups;
  const std::vector<int64_t> places = first ? spread(columns, columns) : spread(grid.columns, columns);
  part.grid.x = Tensor::empty(with_rows(grid.x, rows * columns));
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t i = 0; i < columns; ++i) {
      const int64_t from = row * grid.columns + places[static_cast<size_t>(i)], to = row * columns + i;
      part.grid.x.rows(to, to + 1).copy_from(grid.x.rows(from, from + 1));
    }
  }
  part.grid.columns = columns;
  part.grid.row_names = at_places(grid.row_names, spread(rows, rows));
  part.grid.column_names = at_places(grid.column_names, places);
  return part;
}

Picture images_of_grid(const Run& run, const SampleGrid& all) {
  constexpr int64_t kNames = 300;  // most room for names beside a grid
  const bool named = !all.row_names.empty() || !all.column_names.empty();
  const int64_t side = report::kMostSide - (named ? kNames : 0);
  const auto [grid, shown] = fitting_part(all, most_images(all.x, side));
  const Tensor images = report::image_grid(shown_images(run, grid.x), grid.columns, kGap, grid.min_size, side);
  if (!named) return {images, shown};
  return {report::labelled_grid(images, grid.row_names, grid.column_names), shown};
}

// In groups, what comes first in a row is drawn behind the others: the query behind each neighbour.
Tensor first_of_rows(const SampleGrid& grid) {
  Tensor first = Tensor::empty(grid.x.shape());
  for (int64_t i = 0; i < grid.x.dim(0); ++i) {
    const int64_t from = i / grid.columns * grid.columns;
    first.rows(i, i + 1).copy_from(grid.x.rows(from, from + 1));
  }
  return first;
}

Picture series_of_grid(const Run& run, const View& view, const SampleGrid& all) {
  const auto [grid, shown] = fitting_part(all, report::most_series(std::min(view.channels, report::kMostChannels)));
  report::SeriesGridOptions options{
      .columns = grid.columns, .caption = shown, .row_names = grid.row_names, .column_names = grid.column_names};
  std::vector<Tensor> layers = {grid.x};
  if (grid.meaning == SampleGrid::Meaning::rows_are_groups && grid.mark_names.size() == 2) {
    layers.push_back(first_of_rows(grid));
    options.legend = {grid.mark_names[1], grid.mark_names[0]};
  }
  Picture picture = series_picture(run, view, layers, std::move(options));
  picture.shown = both(shown, picture.shown);
  return picture;
}

}  // namespace

Tensor shown_images(const Run& run, const Tensor& x) {
  Tensor images = for_pictures(run, x);
  if (images.dim(1) == 4) {  // colours and what lies beyond them: opacity, or light that is not seen
    const int64_t N = images.dim(0), H = images.dim(2), W = images.dim(3);
    Tensor colors = Tensor::empty({N, 3, H, W});
    for (int64_t n = 0; n < N; ++n) {
      std::copy_n(images.data<float>() + n * 4 * H * W, 3 * H * W, colors.data<float>() + n * 3 * H * W);
    }
    images = colors;
  } else {
    images = images.clone();
  }
  for (float& value : images.span<float>()) {
    if (std::isnan(value)) value = report::kEmptyPlace;
  }
  return images;
}

Picture picture_of_pairs(const Run& run, const View& view, const Pairs& pairs) {
  if (view.look == Look::columns) return columns_of_pairs(run, pairs);
  if (view.look == Look::images) return images_of_pairs(run, pairs);
  std::vector<Tensor> layers = {pairs.x, pairs.x_hat};
  std::vector<std::string> legend = {"original", "reconstruction"};
  if (pairs.damaged) legend = {"damaged", "cleaned"};
  if (pairs.clean.defined()) {
    layers.push_back(pairs.clean);
    legend.emplace_back("clean copy");
  }
  return series_of_set(run, view, layers, pairs.columns, std::move(legend));
}

std::vector<Tensor> pictures_of_series(const Run& run, const View& view, const Pairs& pairs) {
  Tensor within = Tensor::empty(with_rows(pairs.x, 2 * pairs.x.dim(0)));
  within.rows(0, pairs.x.dim(0)).copy_from(pairs.x);
  within.rows(pairs.x.dim(0), 2 * pairs.x.dim(0)).copy_from(pairs.x_hat);
  std::vector<Tensor> pictures;
  for (int64_t i = 0; i < pairs.x.dim(0); ++i) {
    const std::vector<Tensor> layers = {pairs.x.rows(i, i + 1), pairs.x_hat.rows(i, i + 1)};
    pictures.push_back(series_of_set(run, view, layers, 1, {"original", "reconstruction"}, within).pixels);
  }
  return pictures;
}

Picture picture_of_set(const Run& run, const View& view, const SampleSet& set) {
  if (view.look == Look::columns) return columns_of_set(run, set);
  if (view.look == Look::images) return images_of_set(run, set);
  return series_of_set(run, view, {set.x}, set.columns, {});
}

Picture picture_of_grid(const Run& run, const View& view, const SampleGrid& grid) {
  switch (view.look) {
    case Look::images: return images_of_grid(run, grid);
    case Look::series: return series_of_grid(run, view, grid);
    case Look::columns: break;
  }
  return columns_of_grid(run, grid);
}

std::vector<Picture> frames_of_steps(const Run& run, const View& view, const SampleGrid& grid) {
  const int64_t steps = grid.columns, count = grid.x.dim(0) / steps;
  std::vector<Picture> frames;
  for (int64_t step = 0; step < steps; ++step) {
    if (view.look == Look::columns) {
      SampleGrid marked = grid;
      marked.marked_step = step;
      frames.push_back(columns_of_grid(run, marked));
      continue;
    }
    Tensor x = Tensor::empty(with_rows(grid.x, count));
    for (int64_t i = 0; i < count; ++i) {
      const int64_t at = i * steps + step;
      x.rows(i, i + 1).copy_from(grid.x.rows(at, at + 1));
    }
    frames.push_back(view.look == Look::images ? images_of_set(run, {.x = x})
                                               : series_of_set(run, view, {x}, 0, {}, grid.x));
  }
  return frames;
}

int64_t usual_count(const View& view, const Shape& sample, int64_t few) {
  constexpr int64_t kRows = 500, kMostValues = int64_t{1} << 22;
  const int64_t usual = view.look == Look::columns ? kRows : few;
  return std::clamp<int64_t>(kMostValues / std::max<int64_t>(1, sample.numel()), std::min<int64_t>(few, 4), usual);
}

Tensor rows_of_own_data(const Run& run, const View& view, uint64_t seed) {
  constexpr int64_t kRows = 2000;
  constexpr uint64_t kStream = 0x6265736964;  // "besid"
  if (view.look != Look::columns || !run.data) return {};
  try {
    data::OpenOptions options = run.data->open;
    options.column_names = run.data->column_names;
    options.class_names = run.data->class_names;
    const data::Source source = data::open(run.data->source, options);
    if (source.train->sample_shape() != run.model->data_shape() || !is_same_data(*run.data, source)) return {};
    const int64_t count = std::min({kRows, source.train->size(), 4 * usual_count(view, run.model->data_shape(), 4)});
    std::vector<int64_t> rows(static_cast<size_t>(count));
    Shuffle(source.train->size(), Rng(seed, kStream)).read(0, rows);
    return source.train->batch(rows);
  } catch (const std::exception&) {
    return {};  // the data is gone: then there is nothing to compare with
  }
}

}  // namespace latent
