#include <latent/data/standardize.hpp>

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/dispatch.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>

namespace latent::data {

namespace {

constexpr int64_t kMostRows = 100'000;
// Sampled rows of a mapped file are read into memory: no more than this of them, however long they are.
constexpr int64_t kMostBytes = int64_t{512} << 20;
constexpr int64_t kLeastRows = 1'000;
constexpr uint64_t kMomentsSeed = 0x73746174;  // "stat"
// A column whose deviation is below this part of its mean is constant up to rounding.
constexpr double kConstant = 1e-12;

template <class T>
bool unusable(T value, bool nan_passes) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value)) return !nan_passes;
    return std::abs(value) > static_cast<T>(std::numeric_limits<float>::max());
  } else {
    return false;
  }
}

// Index of the first unusable value, or n.
template <class T>
int64_t first_unusable(const T* values, int64_t n, bool nan_passes) {
  constexpr int64_t kGrain = 1 << 16;
  std::atomic<int64_t> first{n};
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    int64_t i = begin;
    while (i < end && !unusable(values[i], nan_passes)) ++i;
    if (i == end) return;
    int64_t known = first.load();
    while (i < known && !first.compare_exchange_weak(known, i)) {
    }
  });
  return first.load();
}

// At most kMostRows of `rows` (or of all n), ascending. Drawn with replacement, so slightly fewer after repeats.
std::vector<int64_t> sample_rows(int64_t n, std::span<const int64_t> rows, int64_t row_bytes) {
  const int64_t available = rows.empty() ? n : static_cast<int64_t>(rows.size());
  const int64_t most = std::clamp(kMostBytes / std::max<int64_t>(row_bytes, 1), kLeastRows, kMostRows);
  std::vector<int64_t> chosen;
  if (available <= most) {
    chosen.resize(static_cast<size_t>(available));
    std::iota(chosen.begin(), chosen.end(), int64_t{0});
  } else {
    Rng rng(kMomentsSeed);
    chosen.resize(static_cast<size_t>(most));
    for (int64_t& row : chosen) row = static_cast<int64_t>(rng.below(static_cast<uint64_t>(available)));
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  }
  if (!rows.empty()) {
    for (int64_t& row : chosen) row = rows[static_cast<size_t>(row)];
  }
  return chosen;
}

struct ChannelMoments {
  std::vector<double> count, mean, deviation;
};

// Two passes for each column in the order of rows, so that the sums do not depend on how columns are shared out. Sums
// are taken about the first row, which leaves a constant column without any rounding.
template <class T>
ChannelMoments moments(const T* x, int64_t D, std::span<const int64_t> rows) {
  const auto columns = static_cast<size_t>(D);
  ChannelMoments m{std::vector<double>(columns), std::vector<double>(columns), std::vector<double>(columns)};
  constexpr int64_t kGrain = 64;
  parallel_for(D, kGrain, [&](int64_t begin, int64_t end) {
    double* count = m.count.data();
    double* mean = m.mean.data();
    double* deviation = m.deviation.data();
    std::vector<double> pivot(columns);
    for (int64_t c = begin; c < end; ++c) {
      const auto value = static_cast<double>(x[rows.front() * D + c]);
      pivot[static_cast<size_t>(c)] = std::isfinite(value) ? value : 0.0;
    }
    const double* about = pivot.data();
    for (const int64_t row : rows) {
      for (int64_t c = begin; c < end; ++c) {
        const auto value = static_cast<double>(x[row * D + c]);
        const bool present = !std::isnan(value);
        count[c] += present ? 1.0 : 0.0;
        mean[c] += present ? value - about[c] : 0.0;
      }
    }
    for (int64_t c = begin; c < end; ++c) mean[c] = about[c] + mean[c] / std::max(count[c], 1.0);
    for (const int64_t row : rows) {
      for (int64_t c = begin; c < end; ++c) {
        const auto value = static_cast<double>(x[row * D + c]);
        const double centred = std::isnan(value) ? 0.0 : value - mean[c];
        deviation[c] += centred * centred;
      }
    }
    for (int64_t c = begin; c < end; ++c) deviation[c] = std::sqrt(deviation[c] / std::max(count[c], 1.0));
  });
  return m;
}

std::string column_label(const Origin& origin, int64_t column) {
  if (origin.column_names.empty()) return fmt::format("column {}", column);
  return fmt::format("column '{}'", origin.column_names[static_cast<size_t>(column)]);
}

// The message for the unusable value at `element` of x.
[[noreturn]] void refuse_value(const Tensor& x, int64_t element, const Origin& origin) {
  const double value = with_stored_type(
      x.dtype(), [&](auto* type) { return static_cast<double>(x.data<Stored<decltype(type)>>()[element]); });
  constexpr const char* kAdvice = " (--missing impute fills in the training mean)";
  if (!origin.column_names.empty()) {
    const int64_t row = element / x.dim(1);
    const int64_t offset =
        origin.row_offsets.empty() ? DataError::kNoOffset : origin.row_offsets[static_cast<size_t>(row)];
    const std::string what = std::isnan(value) ? fmt::format("missing value{}", kAdvice)
                                               : fmt::format("{} is beyond single precision", value);
    throw DataError(origin.path, offset,
                    fmt::format("row {}, {}: {}", row + 1, column_label(origin, element % x.dim(1)), what));
  }
  std::string place;
  for (int i = x.ndim() - 1; i >= 0; --i) {
    place = fmt::format("{}{}{}", element % x.dim(i), place.empty() ? "" : ", ", place);
    element /= x.dim(i);
  }
  std::string what = fmt::format("{}, beyond single precision", value);
  if (std::isnan(value)) what = fmt::format("NaN{}", x.ndim() == 2 ? kAdvice : "");
  if (std::isinf(value)) what = value > 0 ? "infinity" : "-infinity";
  throw DataError(origin.path, fmt::format("x[{}] is {}", place, what));
}

}  // namespace

void check_samples(const Tensor& x, int64_t begin, int64_t end, OpenOptions::Missing missing, const Origin& origin) {
  const bool nan_passes = missing == OpenOptions::Missing::impute;
  const int64_t numel = x.shape().tail().numel();
  const int64_t count = (end - begin) * numel;
  const int64_t first = with_stored_type(x.dtype(), [&](auto* type) {
    using T = Stored<decltype(type)>;
    if constexpr (std::is_floating_point_v<T>) {
      return first_unusable(x.data<T>() + begin * numel, count, nan_passes);
    } else {
      return count;
    }
  });
  if (first < count) refuse_value(x, begin * numel + first, origin);
}

Transform standardization(const Tensor& x, std::span<const int64_t> rows, OpenOptions::Missing missing,
                          const Origin& origin) {
  LATENT_CHECK(x.ndim() == 2, "[standardization] x (N, D), got {}", x.shape().str());
  const int64_t row_bytes = x.dim(1) * static_cast<int64_t>(size_of(x.dtype()));
  const std::vector<int64_t> chosen = sample_rows(x.dim(0), rows, row_bytes);
  const bool impute = missing == OpenOptions::Missing::impute;
  ChannelMoments m = with_stored_type(
      x.dtype(), [&](auto* type) { return moments(x.data<Stored<decltype(type)>>(), x.dim(1), chosen); });
  for (size_t c = 0; c < m.mean.size(); ++c) {
    const bool all_present = m.count[c] == static_cast<double>(chosen.size());
    if (!std::isfinite(m.deviation[c]) || (!all_present && !impute)) {
      if (x.nbytes() <= kScanLimit) check_samples(x, 0, x.dim(0), missing, origin);
      for (const int64_t row : chosen) check_samples(x, row, row + 1, missing, origin);
    }
    if (m.count[c] == 0.0) {
      throw DataError(origin.path, fmt::format("{} has no values in the training part",
                                               column_label(origin, static_cast<int64_t>(c))));
    }
    const bool constant = m.deviation[c] <= kConstant * std::abs(m.mean[c]);
    m.deviation[c] = constant ? 1.0 : 1.0 / m.deviation[c];
  }
  Transform transform{m.mean, m.deviation, {}};
  if (impute) transform.impute = std::move(m.mean);
  return transform;
}

int channel_dimension(const Shape& shape, bool channels_last) {
  if (shape.ndim() == 4) return channels_last ? 3 : 1;
  const int64_t rows = shape[1], columns = shape[2];
  if (columns > 1 && rows >= 2 * columns) return 2;
  if (rows > 1 && columns >= 2 * rows) return 1;
  return -1;
}

namespace {

// Calls f(row, channel, value) for all values of the rows.
template <class F>
void for_each_value(const Tensor& x, int dimension, std::span<const int64_t> rows, const F& f) {
  const int64_t numel = x.shape().tail().numel();
  const int64_t channels = dimension < 0 ? 1 : x.dim(dimension);
  int64_t inner = 1;
  for (int d = x.ndim() - 1; d > dimension && dimension >= 0; --d) inner *= x.dim(d);
  if (dimension < 0) inner = numel;
  with_stored_type(x.dtype(), [&](auto* type) {
    const auto* values = x.data<Stored<decltype(type)>>();
    for (const int64_t row : rows) {
      for (int64_t i = 0; i < numel; ++i) f(i / inner % channels, static_cast<double>(values[row * numel + i]));
    }
  });
}

// Fewer of large samples than columns need: a channel has many values in each.
std::vector<int64_t> rows_to_look_at(const Tensor& x, std::span<const int64_t> rows) {
  constexpr int64_t kFewer = 8;
  return sample_rows(x.dim(0), rows, kFewer * x.shape().tail().numel() * static_cast<int64_t>(size_of(x.dtype())));
}

}  // namespace

bool is_unit_interval(const Tensor& x, std::span<const int64_t> rows) {
  constexpr double kLeastExtent = 0.1;
  double low = HUGE_VAL, high = -HUGE_VAL;
  const int64_t numel = x.shape().tail().numel();
  const std::vector<int64_t> chosen = sample_rows(x.dim(0), rows, numel * static_cast<int64_t>(size_of(x.dtype())));
  with_stored_type(x.dtype(), [&](auto* type) {
    const auto* values = x.data<Stored<decltype(type)>>();
    for (const int64_t row : chosen) {
      for (int64_t i = row * numel; i < (row + 1) * numel; ++i) {
        low = std::min(low, static_cast<double>(values[i]));
        high = std::max(high, static_cast<double>(values[i]));
      }
    }
  });
  return low >= 0.0 && high <= 1.0 && high - low >= kLeastExtent;
}

Transform channel_standardization(const Tensor& x, int dimension, std::span<const int64_t> rows, const Origin& origin) {
  const std::vector<int64_t> chosen = rows_to_look_at(x, rows);
  const auto channels = static_cast<size_t>(dimension < 0 ? 1 : x.dim(dimension));
  const double count = static_cast<double>(chosen.size()) * static_cast<double>(x.shape().tail().numel()) /
                       static_cast<double>(channels);
  // About the first values, which leaves a constant channel without any rounding.
  std::vector<double> about(channels, std::numeric_limits<double>::quiet_NaN()), mean(channels), squares(channels);
  double low = HUGE_VAL, high = -HUGE_VAL;
  for_each_value(x, dimension, chosen, [&](int64_t channel, double value) {
    const auto c = static_cast<size_t>(channel);
    if (std::isnan(about[c])) about[c] = value;
    mean[c] += value - about[c];
    low = std::min(low, value);
    high = std::max(high, value);
  });
  for (size_t c = 0; c < channels; ++c) mean[c] = about[c] + mean[c] / count;
  for_each_value(x, dimension, chosen, [&](int64_t channel, double value) {
    const double centred = value - mean[static_cast<size_t>(channel)];
    squares[static_cast<size_t>(channel)] += centred * centred;
  });
  Transform transform{std::move(mean), std::move(squares), {}, {low, high}};
  for (size_t c = 0; c < channels; ++c) {
    const double deviation = std::sqrt(transform.scale[c] / count);
    if (!std::isfinite(deviation)) {
      for (const int64_t row : chosen) check_samples(x, row, row + 1, OpenOptions::Missing::refuse, origin);
    }
    transform.scale[c] = deviation <= kConstant * std::abs(transform.shift[c]) ? 1.0 : 1.0 / deviation;
  }
  return transform;
}

std::vector<ColumnSummary> summarize_columns(const Tensor& x) {
  LATENT_CHECK(x.ndim() == 2, "[summarize_columns] x (N, D), got {}", x.shape().str());
  const int64_t D = x.dim(1);
  std::vector<ColumnSummary> columns(static_cast<size_t>(D));
  with_stored_type(x.dtype(), [&](auto* type) {
    const auto* values = x.data<Stored<decltype(type)>>();
    parallel_for(D, 1, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) {
        ColumnSummary& column = columns[static_cast<size_t>(c)];
        double sum = 0.0;
        column.min = std::numeric_limits<double>::infinity();
        column.max = -column.min;
        for (int64_t row = 0; row < x.dim(0); ++row) {
          const auto value = static_cast<double>(values[row * D + c]);
          if (std::isnan(value)) {
            ++column.missing;
            continue;
          }
          column.min = std::min(column.min, value);
          column.max = std::max(column.max, value);
          sum += value;
        }
        const int64_t present = x.dim(0) - column.missing;
        column.mean = sum / static_cast<double>(present);
        if (present == 0) column.min = column.max = column.mean;
      }
    });
  });
  return columns;
}

}  // namespace latent::data
