#include <latent/run/pictures/detail/column_pictures.hpp>

#include <latent/core/text.hpp>

#include <latent/core/threads.hpp>
#include <latent/report/column_charts.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace latent {

namespace {

using report::ColumnChartOptions;

struct Chosen {
  std::vector<int64_t> columns;  // ascending
  std::string shown;             // "24 of 300 columns, those with the largest error"; empty if all are shown
};

// As many columns as a picture has room for: those with the most of something.
Chosen choose(const std::vector<double>& most, std::string_view of_what) {
  Chosen chosen;
  chosen.columns.resize(most.size());
  std::iota(chosen.columns.begin(), chosen.columns.end(), int64_t{0});
  if (most.size() <= static_cast<size_t>(report::kMostColumnPlots)) return chosen;
  const auto value = [&](int64_t column) {
    const double of_column = most[static_cast<size_t>(column)];
    return std::isfinite(of_column) ? of_column : -1.0;
  };
  std::ranges::stable_sort(chosen.columns, std::greater<>(), value);
  chosen.columns.resize(static_cast<size_t>(report::kMostColumnPlots));
  std::ranges::sort(chosen.columns);
  chosen.shown = fmt::format("{} of {} columns, those {}", chosen.columns.size(),
                             grouped(static_cast<int64_t>(most.size())), of_what);
  return chosen;
}

// A figure for each column of samples of D values, in parallel.
template <class Figure>
std::vector<double> by_column(int64_t D, const Figure& figure) {
  constexpr int64_t kGrain = 64;
  std::vector<double> figures(static_cast<size_t>(D));
  parallel_for(D, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t d = begin; d < end; ++d) figures[static_cast<size_t>(d)] = figure(d);
  });
  return figures;
}

std::vector<float> column(const Tensor& x, int64_t d) {
  const int64_t N = x.dim(0), D = x.numel() / N;
  std::vector<float> values;
  values.reserve(static_cast<size_t>(N));
  for (int64_t n = 0; n < N; ++n) {
    if (const float value = x.data<float>()[n * D + d]; std::isfinite(value)) values.push_back(value);
  }
  return values;
}

std::vector<double> errors(const Tensor& x, const Tensor& x_hat) {
  const int64_t N = x.dim(0), D = x.numel() / N;
  return by_column(D, [&](int64_t d) {
    double sum = 0;
    for (int64_t n = 0; n < N; ++n)
      sum += std::pow(double{x.data<float>()[n * D + d]} - x_hat.data<float>()[n * D + d], 2);
    return sum;
  });
}

std::vector<double> variances(const Tensor& x) {
  return by_column(x.numel() / x.dim(0), [&](int64_t d) {
    const std::vector<float> values = column(x, d);
    double mean = 0, squares = 0;
    for (const float value : values) mean += value / static_cast<double>(values.size());
    for (const float value : values) squares += (value - mean) * (value - mean);
    return values.empty() ? 0.0 : squares / static_cast<double>(values.size());
  });
}

// The largest difference between the distribution functions of two samples (Kolmogorov-Smirnov).
double largest_difference(std::vector<float> a, std::vector<float> b) {
  if (a.empty() || b.empty()) return 0;
  std::ranges::sort(a);
  std::ranges::sort(b);
  double largest = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const float value = std::min(a[i], b[j]);
    while (i < a.size() && a[i] <= value) ++i;
    while (j < b.size() && b[j] <= value) ++j;
    largest = std::max(largest, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                         static_cast<double>(j) / static_cast<double>(b.size())));
  }
  return largest;
}

std::vector<double> differences(const Tensor& x, const Tensor& data) {
  return by_column(x.numel() / x.dim(0), [&](int64_t d) { return largest_difference(column(x, d), column(data, d)); });
}

ColumnChartOptions options_for(const Run& run, const Chosen& chosen, std::string caption,
                               std::vector<std::string> legend) {
  if (!chosen.shown.empty()) caption = fmt::format("{}; {}", chosen.shown, caption);
  return {.names = names_of_values(run, chosen.columns),
          .title = {},
          .caption = std::move(caption),
          .legend = std::move(legend)};
}

// (rows * columns, K) as (rows, columns, K), of the first `rows` rows.
Tensor as_grid(const Tensor& values, int64_t rows, int64_t columns) {
  return values.rows(0, rows * columns).view_as({rows, columns, values.dim(1)});
}

// (rows, columns, K) -> (columns, rows, K)
Tensor transposed(const Tensor& values) {
  const int64_t rows = values.dim(0), columns = values.dim(1), K = values.dim(2);
  Tensor result = Tensor::empty({columns, rows, K}, DType::f64);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column) {
      std::copy_n(values.data<double>() + (row * columns + column) * K, K,
                  result.data<double>() + (column * rows + row) * K);
    }
  }
  return result;
}

std::string with(const std::string& first, const std::string& second) {
  return first.empty() || second.empty() ? first + second : fmt::format("{}; {}", first, second);
}

std::vector<std::string> numbered(std::vector<std::string> names, int64_t count) {
  for (auto i = static_cast<int64_t>(names.size()); i < count; ++i) names.push_back(std::to_string(i));
  names.resize(static_cast<size_t>(count));
  return names;
}

Picture lines_over_steps(const Run& run, const SampleGrid& grid, const Chosen& chosen, const Tensor& values) {
  constexpr int64_t kMostWays = 20;  // more lines cannot be told apart
  const int64_t all = values.dim(0) / grid.columns, rows = std::min(all, kMostWays);
  std::vector<std::string> legend;
  if (rows > 1) legend = numbered(grid.row_names, rows);
  const ColumnChartOptions options = options_for(run, chosen, "each column in its own units, step by step", legend);
  const std::string fewer = rows < all ? fmt::format("{} of {} strips", rows, grouped(all)) : "";
  return {report::column_lines(as_grid(values, rows, grid.columns), grid.column_names, grid.marked_step, options),
          with(chosen.shown, fewer)};
}

Picture marks_of_groups(const Run& run, const SampleGrid& grid, const Chosen& chosen, const Tensor& values) {
  const bool transpose = grid.meaning == SampleGrid::Meaning::columns_are_groups;
  Tensor marks = as_grid(values, values.dim(0) / grid.columns, grid.columns);
  if (transpose) marks = transposed(marks);
  const int64_t all = marks.dim(0), groups = std::min(all, report::kMostGroups);
  const std::vector<std::string>& names = transpose ? grid.column_names : grid.row_names;
  ColumnChartOptions options = options_for(run, chosen, "each column in its own units", grid.mark_names);
  if (options.legend.empty()) options.legend = {"sample"};
  const std::string fewer = groups < all ? fmt::format("{} of {} groups", groups, grouped(all)) : "";
  return {report::column_dots(marks.rows(0, groups), numbered(names, groups), options), with(chosen.shown, fewer)};
}

}  // namespace

Picture columns_of_pairs(const Run& run, const Pairs& pairs) {
  const Tensor& truth = pairs.clean.defined() ? pairs.clean : pairs.x;
  const Chosen chosen = choose(errors(truth, pairs.x_hat), "with the largest error");
  const auto units = [&](const Tensor& x) { return columns_in_units(run, x, chosen.columns); };
  const std::string_view right = pairs.clean.defined() ? "clean" : pairs.damaged ? "damaged" : "original";
  const std::string_view up = pairs.clean.defined() ? "damaged and cleaned"
                              : pairs.damaged       ? "cleaned"
                                                    : "reconstruction";
  std::vector<Tensor> ys = {units(pairs.x_hat)};
  std::vector<std::string> legend;
  if (pairs.clean.defined()) {
    ys.push_back(units(pairs.x));
    legend = {"cleaned", "damaged"};
  }
  const std::string caption = fmt::format("{}: to the right {}, upwards {}; the line is where they are equal",
                                          counted(truth.dim(0), "sample"), right, up);
  return {report::column_scatter(units(truth), ys, options_for(run, chosen, caption, legend)), chosen.shown};
}

Picture columns_of_set(const Run& run, const SampleSet& set) {
  const bool compares = set.data.defined();
  const Chosen chosen = compares ? choose(differences(set.x, set.data), "that differ most from the data")
                                 : choose(variances(set.x), "that vary most");
  std::vector<Tensor> samples;
  std::vector<std::string> legend;
  if (compares) {
    samples.push_back(columns_in_units(run, set.data, chosen.columns));
    legend.push_back(fmt::format("data ({})", grouped(set.data.dim(0))));
  }
  samples.push_back(columns_in_units(run, set.x, chosen.columns));
  legend.push_back(fmt::format("{} ({})", set.name, grouped(set.x.dim(0))));
  return {report::column_histograms(samples, options_for(run, chosen, "share of the rows", legend)), chosen.shown};
}

Picture columns_of_grid(const Run& run, const SampleGrid& grid) {
  const Chosen chosen = choose(variances(grid.x), "that vary most");
  const Tensor values = columns_in_units(run, grid.x, chosen.columns);
  switch (grid.meaning) {
    case SampleGrid::Meaning::steps: return lines_over_steps(run, grid, chosen, values);
    case SampleGrid::Meaning::plane:
      return {report::column_maps(as_grid(values, values.dim(0) / grid.columns, grid.columns),
                                  options_for(run, chosen, "each column on the plane, in its own units", {})),
              chosen.shown};
    case SampleGrid::Meaning::rows_are_groups:
    case SampleGrid::Meaning::columns_are_groups: break;
  }
  return marks_of_groups(run, grid, chosen, values);
}

}  // namespace latent
