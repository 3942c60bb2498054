#pragma once
// Private to report/: many small plots in one picture.

#include <latent/report/detail/axis.hpp>
#include <latent/report/detail/canvas.hpp>

#include <span>
#include <string>
#include <vector>

namespace latent::report {

/// Sizes of what stands around small plots, in pixels.
constexpr double kSmallText = 12, kSmallCaps = 0.7 * kSmallText;

struct CellGridOptions {
  int64_t count = 1, columns = 1;    ///< cells, in rows of so many
  double width = 220, height = 150;  ///< size of a cell
  double left = 0, top = 0,
         bottom = 0;  ///< room beside the first cells of rows, above the first row and below the last one
  std::string title = {}, caption = {};  ///< a line each, above everything; empty ones take no room
  std::vector<std::string> legend =
      {};  ///< names in the colours of series_color(), below the caption; unnamed ones are left out
};

/// A white canvas with evenly large cells, and title, caption and legend above them.
class CellGrid {
 public:
  /// @throws std::invalid_argument if the picture would have more than 2^28 pixels
  explicit CellGrid(const CellGridOptions& options);

  Canvas& canvas() { return canvas_; }
  /// Cells in the order of reading.
  Box cell(int64_t index) const;
  /// Upper end of the cells.
  double top() const { return top_; }
  int64_t rows() const { return rows_; }

 private:
  struct Layout;
  CellGrid(const CellGridOptions& options, const Layout& layout);

  CellGridOptions options_;
  int64_t rows_;
  double top_;
  Canvas canvas_;
};

/// As many cells side by side as give a picture of `count` of them the proportions of a screen, at most 1600 pixels
/// wide.
int64_t columns_for_cells(int64_t count, double width, double height);

enum class Ticks : uint8_t { none, lines, numbers };

/// A plot with axes of its own in a cell: its name above, numbers below and to the left, a frame.
class SmallPlot {
 public:
  /// @param cell  where the plot goes, with all that is around it   @param name  above it; empty takes no room
  SmallPlot(const Box& cell, std::string name, Axis x, Axis y, Ticks x_ticks, Ticks y_ticks);

  /// Name, frame and ticks: what lies below the data.
  void draw_frame(Canvas& canvas) const;
  Point place(double x, double y) const;
  const Box& area() const { return area_; }

 private:
  Box cell_, area_;
  std::string name_;
  Axis x_, y_;
  Ticks x_ticks_, y_ticks_;
};

/// Room that an axis's numbers take to the left of a small plot.
double number_room(const Axis& axis);
/// An axis whose numbers fit side by side into so many pixels.
Axis small_axis(const Range& range, double pixels);

/// The smallest and largest of `values` that can be drawn.
Range range_of(std::span<const double> values);

}  // namespace latent::report
