#include <latent/data/array_dataset.hpp>

#include <latent/core/threads.hpp>
#include <latent/data/convert.hpp>
#include <latent/data/dispatch.hpp>

#include <algorithm>
#include <atomic>

namespace latent::data {

namespace {

// Values below which a second thread costs more than it saves.
constexpr int64_t kValuesPerThread = 1 << 15;
constexpr int64_t kPrefetchAhead = 2;  // samples
// Class numbers from here on need names of their own: listing all numbers below them would be senseless.
constexpr int64_t kMostNumberedClasses = 1 << 16;

Shape image_shape(const Tensor& x, ImageLayout layout) {
  if (x.ndim() == 3) return {1, x.dim(1), x.dim(2)};
  if (layout == ImageLayout::channels_last) return {x.dim(3), x.dim(1), x.dim(2)};
  return x.shape().tail();
}

Shape sample_shape_of(const Tensor& x, const ArrayOptions& options) {
  LATENT_CHECK(x.defined(), "[from_tensor] the array was never given a value");
  const bool is_spatial = options.kind.is_spatial;
  const int dims = options.kind.is_series ? 3 : 2;
  LATENT_CHECK(is_spatial ? x.ndim() == 3 || x.ndim() == 4 : x.ndim() == dims, "[from_tensor] {}: expected {}, got {}",
               options.kind.name, options.kind.arrays, x.shape().str());
  const Shape shape = is_spatial ? image_shape(x, options.layout) : x.shape().tail();
  LATENT_CHECK(shape.numel() > 0, "[from_tensor] samples without values: {}", x.shape().str());
  return shape;
}

class ArrayDataset final : public Dataset {
 public:
  ArrayDataset(Tensor x, ArrayOptions options)
      : x_(std::move(x)),
        options_(std::move(options)),
        shape_(sample_shape_of(x_, options_)),
        map_(stored_order(), shape_.numel()),
        convert_(converter(x_.dtype())),
        channels_last_(options_.kind.is_spatial && x_.ndim() == 4 && shape_[0] > 1 &&
                       options_.layout == ImageLayout::channels_last),
        unchecked_(is_floating(x_.dtype()) && x_.nbytes() > kScanLimit) {
    check_labels("from_tensor", x_.dim(0), options_.labels, options_.class_names);
    LATENT_CHECK(options_.names.empty() || static_cast<int64_t>(options_.names.size()) == x_.dim(0),
                 "[from_tensor] {} names for {} samples", options_.names.size(), x_.dim(0));
    const auto& names = options_.origin.column_names;
    LATENT_CHECK(names.empty() || static_cast<int64_t>(names.size()) == shape_.numel(),
                 "[from_tensor] {} column names for {} columns", names.size(), shape_.numel());
    if (!unchecked_) check_samples(x_, 0, x_.dim(0), missing(), options_.origin);
    if (options_.file) options_.file->check_whole();
  }

  int64_t size() const override { return x_.dim(0); }
  Shape sample_shape() const override { return shape_; }
  Kind kind() const override { return options_.kind; }
  DType stored_dtype() const override { return x_.dtype(); }
  std::span<const int64_t> labels() const override { return options_.labels; }
  std::span<const std::string> class_names() const override { return options_.class_names; }
  std::span<const std::string> column_names() const override { return options_.origin.column_names; }
  Storage storage() const override { return {static_cast<int64_t>(x_.nbytes()), options_.file != nullptr}; }
  std::string sample_name(int64_t i) const override {
    return options_.names.empty() ? std::string() : options_.names[static_cast<size_t>(i)];
  }
  bool has_sample_names() const override { return !options_.names.empty(); }
  std::vector<ColumnSummary> column_summaries() const override {
    return column_names().empty() ? std::vector<ColumnSummary>{} : summarize_columns(x_);
  }

  bool is_standardised() const override { return !options_.transform.of_pixels(); }

  bool gather_stored(std::span<const int64_t> indices, std::span<double> out) const override {
    const int64_t numel = shape_.numel();
    check_gather(indices, out.size());
    const int64_t grain = std::max<int64_t>(1, kValuesPerThread / numel);
    parallel_for(static_cast<int64_t>(indices.size()), grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        double* sample = out.data() + i * numel;
        with_stored_type(x_.dtype(), [&](auto* type) {
          using T = Stored<decltype(type)>;
          const auto* values = reinterpret_cast<const T*>(stored(indices[static_cast<size_t>(i)]));
          const int64_t channels = channels_last_ ? shape_[0] : 1, pixels = numel / channels;
          for (int64_t c = 0; c < channels; ++c) {
            for (int64_t p = 0; p < pixels; ++p) *sample++ = static_cast<double>(values[p * channels + c]);
          }
        });
      }
    });
    return true;
  }

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    const int64_t numel = shape_.numel();
    const auto count = static_cast<int64_t>(indices.size());
    check_gather(indices, out.size());
    std::atomic<int64_t> unusable{-1};
    const int64_t grain = std::max<int64_t>(1, kValuesPerThread / numel);
    parallel_for(count, grain, [&](int64_t begin, int64_t end) {
      std::vector<float> pixels(channels_last_ ? static_cast<size_t>(numel) : 0);
      for (int64_t i = begin; i < end; ++i) {
        const int64_t index = indices[static_cast<size_t>(i)];
        float* sample = out.data() + i * numel;
        if (i + kPrefetchAhead < end) prefetch(indices[static_cast<size_t>(i + kPrefetchAhead)]);
        convert_(stored(index), channels_last_ ? pixels.data() : sample, numel, map_);
        if (channels_last_) channels_first(pixels.data(), sample, numel / shape_[0], shape_[0]);
        if (unchecked_ && !all_finite(sample, numel)) unusable = index;
      }
    });
    if (options_.file) options_.file->check_whole();
    if (unusable >= 0) refuse_sample(unusable);
  }

 private:
  void check_gather(std::span<const int64_t> indices, size_t places) const {
    const size_t needed = indices.size() * static_cast<size_t>(shape_.numel());
    LATENT_CHECK(places == needed, "[gather] {} samples of {} values into {} places", indices.size(), shape_.numel(),
                 places);
    for (const int64_t index : indices) {
      LATENT_CHECK(0 <= index && index < size(), "[gather] sample {} of {}", index, size());
    }
  }

  // The transform with a value for each that is stored, in the order of the file.
  Transform stored_order() const {
    const Transform all = options_.transform.per_value(shape_);
    const bool last = options_.kind.is_spatial && x_.ndim() == 4 && options_.layout == ImageLayout::channels_last;
    if (!last || all.shift.size() <= 1) return all;
    const auto channels = static_cast<size_t>(shape_[0]), pixels = all.shift.size() / channels;
    Transform stored = all;
    for (size_t p = 0; p < pixels; ++p) {
      for (size_t c = 0; c < channels; ++c) {
        stored.shift[p * channels + c] = all.shift[c * pixels + p];
        stored.scale[p * channels + c] = all.scale[c * pixels + p];
      }
    }
    return stored;
  }

  const std::byte* stored(int64_t index) const {
    const size_t bytes = static_cast<size_t>(shape_.numel()) * size_of(x_.dtype());
    return static_cast<const std::byte*>(x_.raw()) + static_cast<size_t>(index) * bytes;
  }

  // Samples lie anywhere in memory: fetching them while earlier ones are converted makes a shuffled batch of 784 bytes
  // each three times as fast. The processor finds the rest of a long sample by itself.
  void prefetch(int64_t index) const {
    constexpr size_t kLine = 64, kMostBytes = 4096;
    const size_t bytes = static_cast<size_t>(shape_.numel()) * size_of(x_.dtype());
    const std::byte* sample = stored(index);
    for (size_t offset = 0; offset < std::min(bytes, kMostBytes); offset += kLine) __builtin_prefetch(sample + offset);
  }

  OpenOptions::Missing missing() const {
    return map_.mode == ValueMap::Mode::impute ? OpenOptions::Missing::impute : OpenOptions::Missing::refuse;
  }

  [[noreturn]] void refuse_sample(int64_t index) const {
    check_samples(x_, index, index + 1, missing(), options_.origin);
    throw DataError(options_.origin.path, fmt::format("sample {} is not finite once it is standardised", index));
  }

  Tensor x_;
  ArrayOptions options_;
  Shape shape_;
  ValueMap map_;
  Converter convert_;
  bool channels_last_;
  bool unchecked_;
};

}  // namespace

void check_labels(std::string_view function, int64_t samples, const std::vector<int64_t>& labels,
                  std::vector<std::string>& class_names) {
  if (labels.empty()) return;
  LATENT_CHECK(static_cast<int64_t>(labels.size()) == samples, "[{}] {} labels for {} samples", function, labels.size(),
               samples);
  const auto [lowest, highest] = std::minmax_element(labels.begin(), labels.end());
  if (class_names.empty() && *lowest >= 0 && *highest < kMostNumberedClasses) {
    for (int64_t label = 0; label <= *highest; ++label) class_names.push_back(std::to_string(label));
  }
  LATENT_CHECK(*lowest >= 0 && *highest < static_cast<int64_t>(class_names.size()),
               "[{}] labels of {} classes lie in [0, {}), got {} to {}", function, class_names.size(),
               class_names.size(), *lowest, *highest);
}

std::shared_ptr<const Dataset> array_dataset(const Tensor& x, ArrayOptions options) {
  return std::make_shared<ArrayDataset>(x, std::move(options));
}

std::shared_ptr<const Dataset> from_tensor(const Tensor& x, const Kind& kind, Transform transform,
                                           std::vector<int64_t> labels, std::vector<std::string> class_names,
                                           std::vector<std::string> column_names) {
  ArrayOptions options;
  options.kind = kind;
  options.transform = std::move(transform);
  options.labels = std::move(labels);
  options.class_names = std::move(class_names);
  options.origin = {"array", std::move(column_names), {}};
  return array_dataset(x, std::move(options));
}

}  // namespace latent::data
