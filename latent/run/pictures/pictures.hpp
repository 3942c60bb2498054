#pragma once
// Pictures of samples: images side by side, series as lines, columns of tables in plots of their own. None is larger
// than 4096 x 4096 pixels: where not everything fits, less is shown, and said.

#include <latent/run/pictures/views.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latent {

struct Picture {
  Tensor pixels;      ///< (C, H, W) u8
  std::string shown;  ///< what is shown where it is not all: "24 of 300 columns, those with the largest error"
};

/// Samples beside what became of them.
struct Pairs {
  Tensor x, x_hat;       ///< (N, ...) model values
  Tensor clean = {};     ///< what x was before it was damaged; undefined where there is nothing of the kind
  bool damaged = false;  ///< whether x is damaged, and x_hat is meant to be better
  int64_t columns = 0;   ///< columns of the grid; 0 = as suits their number
};
/// Images: originals above reconstructions (above clean copies). Series: all in one plot for each sample. Columns: in
/// each a point for each sample, x to the right and x_hat upwards.
Picture picture_of_pairs(const Run& run, const View& view, const Pairs& pairs);

/// For series, a picture of each pair, all of one size.
std::vector<Tensor> pictures_of_series(const Run& run, const View& view, const Pairs& pairs);

/// A set of samples, and samples of the data to compare their distribution with (undefined where there are none).
struct SampleSet {
  Tensor x;             ///< (N, ...) model values
  Tensor data = {};     ///< (M, ...) model values
  int64_t columns = 0;  ///< columns of the grid; 0 = as suits their number
  std::string name = "generated";
};
/// Images and series in a grid. Columns: how often values occur, among the data and among the samples.
Picture picture_of_set(const Run& run, const View& view, const SampleSet& set);

/// Samples whose places mean something.
struct SampleGrid {
  enum class Meaning : uint8_t {
    steps,               ///< each row is a way, sample after sample
    plane,               ///< neighbours on a plane
    rows_are_groups,     ///< the samples of a row belong together
    columns_are_groups,  ///< the samples of a column belong together
  };
  Tensor x;  ///< (rows * columns, ...) model values; NaN where there is no sample
  int64_t columns = 1;
  Meaning meaning = Meaning::steps;
  std::vector<std::string> row_names = {}, column_names = {};
  /// Names of the samples of a group, in their order; the last name stands for all that follow.
  std::vector<std::string> mark_names = {};
  int64_t min_size = 48;     ///< height of images, in pixels
  int64_t marked_step = -1;  ///< steps of columns: the one that is marked, in an animation
};
/// Images and series in a grid with names beside it. Columns: lines over the steps, shades on the plane, or marks side
/// by side for each group.
Picture picture_of_grid(const Run& run, const View& view, const SampleGrid& grid);

/// The frames of an animation: one for each step of a grid of steps, all ways side by side in it.
std::vector<Picture> frames_of_steps(const Run& run, const View& view, const SampleGrid& grid);

/// Images for image_grid(): for_pictures(), of four channels the first three, and the grey of an empty place for NaN.
Tensor shown_images(const Run& run, const Tensor& x);

/// How many samples a picture of a set shows unless somebody says: enough to see a distribution where columns are
/// shown, a few images or series; fewer where they are very large.
int64_t usual_count(const View& view, const Shape& sample, int64_t few);

/// Random rows of the data that the model was trained on, to compare generated ones with; undefined where it cannot be
/// opened any more, has changed, or would not be shown (View other than columns).
Tensor rows_of_own_data(const Run& run, const View& view, uint64_t seed);

}  // namespace latent
