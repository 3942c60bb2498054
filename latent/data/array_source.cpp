#include <latent/data/dispatch.hpp>
#include <latent/data/labels.hpp>
#include <latent/data/picture_arrays.hpp>
#include <latent/data/sources.hpp>
#include <latent/data/split.hpp>

#include <algorithm>

namespace latent::data {

namespace {

constexpr double kPixelScale = 1.0 / 255.0;

Transform pixels(DType dtype) { return is_floating(dtype) ? Transform{} : Transform{{0.0}, {kPixelScale}, {}}; }

Kind kind_of(const ArrayPart& part) {
  const Tensor& x = part.x;
  if (x.numel() == 0) throw DataError(part.path, fmt::format("the array {} has no values", x.shape().str()));
  switch (x.ndim()) {
    case 2: return Kind::array;
    case 3:
    case 4: return Kind::images;
    default:
      throw DataError(part.path,
                      fmt::format("expected samples (N, D) or images (N, H, W), (N, C, H, W) or (N, H, W, C), "
                                  "got an array {}",
                                  x.shape().str()));
  }
}

// Whether integers are those of 8 bits.
bool are_bytes(const Tensor& x) {
  return with_stored_type(x.dtype(), [&](auto* type) {
    using T = Stored<decltype(type)>;
    const auto [low, high] = std::minmax_element(x.data<T>(), x.data<T>() + x.numel());
    return *low >= T{0} && static_cast<double>(*high) <= 255.0;
  });
}

// What an array of images holds: pixels, or numbers on a scale of their own.
bool holds_pixels(const ArrayPart& part, std::span<const int64_t> rows, const OpenOptions& options) {
  if (options.transform) return options.transform->of_pixels();
  if (part.x.dtype() == DType::u8) return true;
  return is_floating(part.x.dtype()) ? is_unit_interval(part.x, rows) : are_bytes(part.x);
}

std::string text_of(const Transform& transform) {
  constexpr size_t kShown = 4;
  std::string text;
  for (size_t c = 0; c < std::min(kShown, transform.shift.size()); ++c) {
    text += fmt::format("{}{:.4g} +- {:.4g}", c == 0 ? "" : ", ", transform.shift[c], 1.0 / transform.scale[c]);
  }
  return transform.shift.size() > kShown ? text + ", ..." : text;
}

Transform transform_of_images(const ArrayPart& part, bool are_pixels, ImageLayout layout, std::span<const int64_t> rows,
                              const OpenOptions& options, std::vector<std::string>& notes) {
  const Tensor& x = part.x;
  if (are_pixels) return pixels(x.dtype());
  if (options.transform) return *options.transform;  // array_dataset() checks that it fits
  const bool last = layout == ImageLayout::channels_last;
  Transform transform = channel_standardization(x, channel_dimension(x.shape(), last), rows, {part.path, {}, {}});
  notes.push_back(fmt::format(
      "values lie in [{:.4g}, {:.4g}], not in [0, 1]: {} ({})", transform.range[0], transform.range[1],
      transform.shift.size() > 1 ? fmt::format("each of {} channels is standardised", transform.shift.size())
                                 : "they are standardised",
      text_of(transform)));
  return transform;
}

void check_parts_agree(const ArrayPart& train, const ArrayPart& test) {
  const auto type = [](const ArrayPart& part) -> std::string_view {
    return part.is_bool ? "bool" : name_of(part.x.dtype());
  };
  if (train.x.shape().tail() == test.x.shape().tail() && type(train) == type(test)) return;
  throw DataError(test.path,
                  fmt::format("the training part has samples {} {}, the test part {} {}", train.x.shape().tail().str(),
                              type(train), test.x.shape().tail().str(), type(test)));
}

void check_label_count(const ArrayPart& part) {
  if (part.labels.empty() || static_cast<int64_t>(part.labels.size()) == part.x.dim(0)) return;
  throw DataError(part.path, fmt::format("{} samples, but {} labels", part.x.dim(0), part.labels.size()));
}

// Above the limit a file is read in pieces from all over it, and what lies around a piece would be read in vain.
// Smaller ones are soon in memory as a whole, and reading ahead gets them there.
void read_at_random(const ArrayPart& part) {
  if (part.file && part.x.nbytes() > kScanLimit) part.file->advise_random();
}

}  // namespace

std::vector<int64_t> statistics_rows(int64_t n, bool has_test_part, const OpenOptions& options) {
  if (has_test_part || options.held_out == 0.0 || n < 2) return {};
  return partition(n, options.held_out, options.seed).train();
}

Transform transform_of_samples(const Tensor& x, const Kind& kind, std::span<const int64_t> rows,
                               const OpenOptions& options, const Origin& origin) {
  const bool bytes = x.dtype() == DType::u8 && options.bytes == OpenOptions::Bytes::pixels;
  if (!options.transform) return bytes ? pixels(DType::u8) : standardization(x, rows, options.missing, origin);
  Transform given = *options.transform;
  const auto columns = static_cast<int64_t>(given.shift.size());
  if (columns == x.dim(1) && !(x.dtype() == DType::u8 && given.of_pixels())) {
    if (given.impute.empty() && options.missing == OpenOptions::Missing::impute) given.impute = given.shift;
    return given;
  }
  LATENT_CHECK(columns <= 1 && kind.has_one_scale, "{}: {} columns, but the model was trained on {}", origin.path,
               x.dim(1), given.of_pixels() ? "pixels" : fmt::format("{}", columns));
  return pixels(x.dtype());
}

Source array_source(ArrayParts parts, const OpenOptions& options) {
  if (options.series.asked()) return series_source(std::move(parts), options);
  const Kind kind = kind_of(parts.train);
  ArrayPart* const test = parts.test ? &*parts.test : nullptr;
  if (test) kind_of(*test);
  LATENT_CHECK(options.label_column.empty(), "{}: only tables have a label column", parts.name);
  LATENT_CHECK(kind.is_spatial || (!options.size && !options.grayscale),
               "{}: samples {} are not images, so they cannot be resized or made grey", parts.name,
               parts.train.x.shape().str());
  ImageLayout layout = ImageLayout::channels_first;
  const bool needs_rows = !kind.is_spatial || parts.train.x.dtype() != DType::u8;
  const auto rows =
      needs_rows ? statistics_rows(parts.train.x.dim(0), test != nullptr, options) : std::vector<int64_t>{};
  bool are_pixels = false;
  if (kind.is_spatial) {
    layout = image_layout(parts.train);
    are_pixels = holds_pixels(parts.train, rows, options);
    layout = prepare_images(parts.train, layout, options);
    if (test) prepare_images(*test, image_layout(*test), options);
  }
  if (test) check_parts_agree(parts.train, *test);
  check_label_count(parts.train);
  if (test) check_label_count(*test);
  const std::vector<std::string> class_names = number_classes(parts);

  read_at_random(parts.train);
  if (test) read_at_random(*test);
  Source source{parts.name, parts.format, nullptr, nullptr, {}, std::move(parts.notes)};
  const Origin origin{parts.train.path, {}, {}};
  if (kind.is_spatial) {
    source.transform = transform_of_images(parts.train, are_pixels, layout, rows, options, source.notes);
  } else {
    source.transform = transform_of_samples(parts.train.x, kind, rows, options, origin);
  }
  if (parts.train.is_bool && source.transform.of_pixels()) source.transform = {};
  const auto dataset = [&](ArrayPart& part) {
    return array_dataset(part.x, {kind, layout, source.transform, std::move(part.labels), class_names,
                                  Origin{part.path, {}, {}}, part.file, std::move(part.names)});
  };
  source.train = dataset(parts.train);
  if (test) source.test = dataset(*test);
  return source;
}

}  // namespace latent::data
