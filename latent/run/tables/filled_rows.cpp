#include <latent/run/tables/filled_rows.hpp>

#include <latent/data/detail/dataset_over.hpp>

#include <algorithm>
#include <cmath>

namespace latent {

namespace {

// Holds the filled cells alone: their places, ascending, and a value for each.
class FilledRows final : public data::DatasetOver {
 public:
  FilledRows(std::shared_ptr<const Dataset> samples, std::vector<int64_t> cells, std::vector<float> values)
      : DatasetOver(std::move(samples)), cells_(std::move(cells)), values_(std::move(values)) {}

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    base().gather(indices, out);
    const int64_t D = sample_shape().numel();
    for (size_t i = 0; i < indices.size(); ++i) {
      const int64_t begin = indices[i] * D;
      for (auto at = std::ranges::lower_bound(cells_, begin); at != cells_.end() && *at < begin + D; ++at) {
        out[i * static_cast<size_t>(D) + static_cast<size_t>(*at - begin)] =
            values_[static_cast<size_t>(at - cells_.begin())];
      }
    }
  }

 private:
  std::vector<int64_t> cells_;
  std::vector<float> values_;
};

}  // namespace

int64_t MissingCells::rows() const {
  int64_t rows = 0, last = -1;
  for (const int64_t cell : cells) {
    rows += cell / columns != last ? 1 : 0;
    last = cell / columns;
  }
  return rows;
}

MissingCells missing_cells(const data::Dataset& samples) {
  constexpr int64_t kAtOnce = 4096;
  MissingCells missing{.cells = {}, .columns = samples.sample_shape().numel()};
  for (int64_t begin = 0; begin < samples.size(); begin += kAtOnce) {
    const Tensor stored = samples.stored_range(begin, std::min(begin + kAtOnce, samples.size()));
    if (!stored.defined()) return missing;
    const std::span<const double> values = stored.span<double>();
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(values[i])) missing.cells.push_back(begin * missing.columns + static_cast<int64_t>(i));
    }
  }
  return missing;
}

std::shared_ptr<const data::Dataset> filled_rows(std::shared_ptr<const data::Dataset> samples,
                                                 const MissingCells& missing, const space::ConditionalMean& mean) {
  if (missing.cells.empty()) return samples;
  std::vector<float> values;
  std::vector<int64_t> columns;
  for (size_t i = 0; i < missing.cells.size();) {
    const int64_t row = missing.cells[i] / missing.columns;
    columns.clear();
    for (; i < missing.cells.size() && missing.cells[i] / missing.columns == row; ++i) {
      columns.push_back(missing.cells[i] % missing.columns);
    }
    const Tensor x = samples->range(row, row + 1);
    Tensor filled = Tensor::empty(x.shape());
    filled.copy_from(x);
    mean.fill(filled.span<float>(), columns);
    for (const int64_t c : columns) values.push_back(filled.data<float>()[c]);
  }
  return std::make_shared<FilledRows>(std::move(samples), missing.cells, std::move(values));
}

}  // namespace latent
