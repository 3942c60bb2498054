#include <latent/data/augmentation_choice.hpp>

#include <latent/core/shuffle.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/detail/move_image.hpp>
#include <latent/kernels/distance.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace latent::data {

namespace {

constexpr uint64_t kChosenStream = 0x63686f69636573;
constexpr int64_t kMostSide = 16;
// Fewer say too little: with 20, a ratio of medians is off by about a tenth.
constexpr int64_t kFewestCompared = 20;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Means over boxes of equal size: a side becomes at most kMostSide, and one that is shorter stays.
class Reducer {
 public:
  explicit Reducer(const Shape& shape)
      : C_(shape[0]), H_(shape[1]), W_(shape[2]), rows_(boxes_of(shape[1])), columns_(boxes_of(shape[2])) {}

  int64_t numel() const { return C_ * static_cast<int64_t>(rows_.size() * columns_.size()); }

  // (C, H, W) -> (C, rows, columns)
  void reduce(const float* image, float* out) const {
    for (int64_t c = 0; c < C_; ++c) {
      const float* plane = image + c * H_ * W_;
      for (const Box& row : rows_) {
        for (const Box& column : columns_) *out++ = mean(plane, row, column);
      }
    }
  }

 private:
  // Pixels begin, begin + 1, ... and how much of each lies in the box; the shares sum to 1.
  struct Box {
    int64_t begin = 0;
    std::vector<float> shares;
  };

  static std::vector<Box> boxes_of(int64_t side) {
    const int64_t count = std::min(side, kMostSide);
    const double width = static_cast<double>(side) / static_cast<double>(count);
    std::vector<Box> boxes(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
      const int64_t begin = i * side / count, end = ((i + 1) * side + count - 1) / count;
      Box& box = boxes[static_cast<size_t>(i)];
      box.begin = begin;
      for (int64_t pixel = begin; pixel < end; ++pixel) {
        const double left = std::max(static_cast<double>(pixel), static_cast<double>(i) * width);
        const double right = std::min(static_cast<double>(pixel + 1), static_cast<double>(i + 1) * width);
        box.shares.push_back(static_cast<float>(std::max(0.0, right - left) / width));
      }
    }
    return boxes;
  }

  float mean(const float* plane, const Box& row, const Box& column) const {
    float sum = 0.0F;
    for (size_t h = 0; h < row.shares.size(); ++h) {
      const float* pixels = plane + (row.begin + static_cast<int64_t>(h)) * W_ + column.begin;
      float along = 0.0F;
      for (size_t w = 0; w < column.shares.size(); ++w) along += column.shares[w] * pixels[w];
      sum += row.shares[h] * along;
    }
    return sum;
  }

  int64_t C_, H_, W_;
  std::vector<Box> rows_, columns_;
};

// Images `numbers` of a set, each changed by `change(place, image)` and reduced: (numbers, reducer.numel()).
using Change = std::function<void(int64_t place, std::span<float> image)>;

std::vector<float> reduced(const Dataset& images, std::span<const int64_t> numbers, const Reducer& reducer,
                           const Change& change) {
  constexpr int64_t kValuesAtOnce = 1 << 22;
  const int64_t numel = images.sample_shape().numel(), width = reducer.numel();
  const auto count = static_cast<int64_t>(numbers.size());
  const int64_t at_once = std::clamp<int64_t>(kValuesAtOnce / numel, 1, count);
  std::vector<float> x(static_cast<size_t>(at_once * numel)), out(static_cast<size_t>(count * width));
  for (int64_t begin = 0; begin < count; begin += at_once) {
    const int64_t here = std::min(at_once, count - begin);
    images.gather(numbers.subspan(static_cast<size_t>(begin), static_cast<size_t>(here)),
                  std::span(x).first(static_cast<size_t>(here * numel)));
    parallel_for(here, 16, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        float* image = x.data() + i * numel;
        if (change) change(begin + i, {image, static_cast<size_t>(numel)});
        reducer.reduce(image, out.data() + (begin + i) * width);
      }
    });
  }
  return out;
}

Change moving(const Shape& shape, bool mirrored, int64_t most_rows, int64_t most_columns, uint64_t seed) {
  return [=, tape = Rng(seed).fork(kChosenStream)](int64_t place, std::span<float> image) {
    const int64_t H = shape[1], W = shape[2];
    Rng rng = tape.fork(static_cast<uint64_t>(place));
    std::pair<int64_t, int64_t> offset{0, 0};
    // Moved by nothing it is itself, which says nothing.
    while (most_rows + most_columns > 0 && offset == std::pair<int64_t, int64_t>{0, 0})
      offset = draw_offset(rng, most_rows, most_columns);
    const std::vector<float> before(image.begin(), image.end());
    for (int64_t c = 0; c < shape[0]; ++c)
      move_plane(before.data() + c * H * W, H, W, offset.first, offset.second, mirrored, image.data() + c * H * W);
  };
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// As they are, mirrored, moved.
using Forms = std::array<std::vector<float>, 3>;

// The squared distance of each query's forms to the nearest reference that neither equals the query nor stands next to
// it. Infinite where there is none.
std::array<std::vector<double>, 3> nearest_distances(const Forms& forms, std::span<const int64_t> query_places,
                                                     const std::vector<float>& references,
                                                     std::span<const int64_t> reference_places, int64_t width,
                                                     double apart) {
  const auto [lowest, highest] = std::minmax_element(reference_places.begin(), reference_places.end());
  const auto next = static_cast<int64_t>(apart * static_cast<double>(*highest - *lowest + 1));
  std::array<std::vector<double>, 3> nearest;
  nearest.fill(std::vector<double>(query_places.size(), kInfinity));
  parallel_for(static_cast<int64_t>(query_places.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t q = begin; q < end; ++q) {
      const auto at = static_cast<size_t>(q);
      for (size_t r = 0; r < reference_places.size(); ++r) {
        if (std::abs(query_places[at] - reference_places[r]) <= next) continue;
        const float* reference = references.data() + static_cast<int64_t>(r) * width;
        const auto distance = [&](size_t form) {
          return kernels::squared_distance(width, forms[form].data() + q * width, reference);
        };
        const double plain = distance(0);
        if (plain == 0.0) continue;
        nearest[0][at] = std::min(nearest[0][at], plain);
        for (size_t form = 1; form < forms.size(); ++form) {
          if (!forms[form].empty()) nearest[form][at] = std::min(nearest[form][at], distance(form));
        }
      }
    }
  });
  return nearest;
}

void check(const Dataset& images, const AugmentationChoiceOptions& options) {
  LATENT_CHECK(images.kind().is_spatial, "[choose_augmentation] flip and shift are for images, but the data is {}",
               images.kind().described());
  LATENT_CHECK(options.queries >= 1 && options.references >= 1,
               "[choose_augmentation] queries and references: at least 1, got {} and {}", options.queries,
               options.references);
  LATENT_CHECK(options.most_ratio > 0.0 && std::isfinite(options.most_ratio),
               "[choose_augmentation] most_ratio: above 0, got {}", options.most_ratio);
  LATENT_CHECK(options.apart >= 0.0 && options.apart <= 0.5, "[choose_augmentation] apart: in [0, 0.5], got {}",
               options.apart);
  const Augmentation& candidates = options.candidates;
  const bool fits = candidates.shift >= 0.0 && candidates.shift <= 0.5 && candidates.cutout == 0.0;
  LATENT_CHECK(!candidates.automatic && fits, "[choose_augmentation] candidates: flip and a shift in [0, 0.5], got {}",
               options.candidates.str());
}

}  // namespace

AugmentationChoice choose_augmentation(const Dataset& images, const AugmentationChoiceOptions& options) {
  check(images, options);
  AugmentationChoice choice;
  if (images.size() < kFewestCompared) return choice;
  const Shape shape = images.sample_shape();  // (C, H, W)
  const Reducer reducer(shape);
  const Shuffle order(images.size(), Rng(options.seed, kChosenStream));
  std::vector<int64_t> numbers(
      static_cast<size_t>(std::min(images.size(), std::max(options.queries, options.references))));
  order.read(0, numbers);
  std::vector<int64_t> places;  // in the whole data
  places.reserve(numbers.size());
  for (const int64_t number : numbers) places.push_back(images.source_index(number));
  const auto first = [](std::span<const int64_t> all, int64_t count) {
    return all.first(std::min(all.size(), static_cast<size_t>(count)));
  };
  const auto queries = first(numbers, options.queries), references = first(numbers, options.references);

  const int64_t most_rows = pixels_of_share(options.candidates.shift, shape[1]);
  const int64_t most_columns = pixels_of_share(options.candidates.shift, shape[2]);
  const auto varied = [&](bool mirrored, int64_t rows, int64_t columns) {
    return reduced(images, queries, reducer, moving(shape, mirrored, rows, columns, options.seed));
  };
  Forms forms;
  forms[0] = reduced(images, queries, reducer, {});
  if (options.candidates.flip && images.kind().may_be_mirrored && shape[2] > 1) forms[1] = varied(true, 0, 0);
  if (most_rows + most_columns > 0) forms[2] = varied(false, most_rows, most_columns);

  auto nearest = nearest_distances(forms, first(places, options.queries), reduced(images, references, reducer, {}),
                                   first(places, options.references), reducer.numel(), options.apart);
  // A query has a nearest image in all of its forms or in none.
  for (std::vector<double>& distances : nearest) std::erase(distances, kInfinity);
  choice.compared = static_cast<int64_t>(nearest[0].size());
  if (choice.compared < kFewestCompared) return choice;
  const double plain = median(nearest[0]);
  const auto ratio = [&](size_t form) -> std::optional<double> {
    if (nearest[form].empty()) return std::nullopt;
    return std::sqrt(median(nearest[form]) / plain);
  };
  const auto passes = [&](std::optional<double> value) { return value && *value <= options.most_ratio; };
  choice.flip_ratio = ratio(1);
  choice.shift_ratio = ratio(2);
  choice.augmentation.flip = passes(choice.flip_ratio);
  if (passes(choice.shift_ratio)) choice.augmentation.shift = options.candidates.shift;
  return choice;
}

}  // namespace latent::data
