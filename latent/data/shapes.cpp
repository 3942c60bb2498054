// The generated set "shapes": every combination of shape, scale, rotation, x and y, one white shape on black, as in
// dSprites (Matthey et al. 2017, https://github.com/deepmind/dsprites-dataset). The pictures here are drawn by
// ourselves, with smooth edges.

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/sources.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>

namespace latent::data {

namespace {

constexpr int64_t kSide = 64;
constexpr int64_t kPositions = 32, kRotations = 40, kScales = 6, kShapes = 3;
constexpr int64_t kPoses = kShapes * kScales * kRotations;
constexpr int64_t kGrid = kPoses * kPositions * kPositions;  // 737,280
constexpr int64_t kDefaultSize = 50'000;
constexpr uint64_t kOrderSeed = 0x736861706573;  // "shapes"

// A shape is drawn once for each pose on a square whose centre moves from pixel to pixel, so that the outermost
// positions just touch the picture's border.
constexpr int64_t kMask = kSide - kPositions + 1;  // 33
constexpr double kRadius = 15.5;                   // of the largest shape about its centre, in pixels
constexpr double kSmallestScale = 0.5;
constexpr int kSubpixels = 4;  // squared, for each pixel

constexpr std::array<int64_t, 5> kFactorSizes{kShapes, kScales, kRotations, kPositions, kPositions};

struct Factors {
  std::array<int64_t, 5> level;  ///< shape, scale, rotation, x, y
};

// The grid in dSprites' order: y runs fastest, shape slowest.
Factors factors_of(int64_t point) {
  Factors factors{};
  for (size_t f = kFactorSizes.size(); f-- > 0;) {
    factors.level[f] = point % kFactorSizes[f];
    point /= kFactorSizes[f];
  }
  return factors;
}

double factor_value(size_t factor, int64_t level) {
  const auto value = static_cast<double>(level);
  switch (factor) {
    case 0: return value;
    case 1: return kSmallestScale + (1.0 - kSmallestScale) * value / (kScales - 1);
    case 2: return 2.0 * std::numbers::pi * value / kRotations;
    default: return value / (kPositions - 1);
  }
}

// Whether (u, v), in units of the shape's radius and v upward, lies inside.
bool inside(int64_t shape, double u, double v) {
  switch (shape) {
    case 0: return std::max(std::abs(u), std::abs(v)) <= std::numbers::sqrt2 / 2.0;
    case 1: return u * u + 4.0 * v * v <= 1.0;
    default: {
      // (x^2 + y^2 - 1)^3 = x^2 y^3, moved and scaled so that its outermost points lie on the unit circle.
      constexpr double kHeartRadius = 1.26, kHeartCentre = 0.2;
      const double x = u * kHeartRadius, y = v * kHeartRadius + kHeartCentre;
      const double a = x * x + y * y - 1.0;
      return a * a * a <= x * x * y * y * y;
    }
  }
}

void draw_mask(int64_t pose, uint8_t* mask) {
  const int64_t shape = pose / (kScales * kRotations);
  const double radius = kRadius * factor_value(1, pose / kRotations % kScales);
  const double angle = factor_value(2, pose % kRotations);
  const double cosine = std::cos(angle) / radius, sine = std::sin(angle) / radius;
  for (int64_t row = 0; row < kMask; ++row) {
    for (int64_t column = 0; column < kMask; ++column) {
      int covered = 0;
      for (int sub = 0; sub < kSubpixels * kSubpixels; ++sub) {
        const int right = sub % kSubpixels, down = sub / kSubpixels;
        const double dx = static_cast<double>(column) + (right + 0.5) / kSubpixels - kMask / 2.0;
        const double dy = kMask / 2.0 - static_cast<double>(row) - (down + 0.5) / kSubpixels;
        covered += inside(shape, cosine * dx + sine * dy, cosine * dy - sine * dx) ? 1 : 0;
      }
      constexpr int kAll = kSubpixels * kSubpixels;
      mask[row * kMask + column] = static_cast<uint8_t>((covered * 255 + kAll / 2) / kAll);
    }
  }
}

class Shapes final : public Dataset {
 public:
  explicit Shapes(int64_t n) : masks_(static_cast<size_t>(kPoses * kMask * kMask)) {
    points_ = Rng(kOrderSeed).permutation(kGrid);
    points_.resize(static_cast<size_t>(n));
    points_.shrink_to_fit();
    for (const int64_t point : points_) labels_.push_back(factors_of(point).level[0]);
    parallel_for(kPoses, 1, [this](int64_t begin, int64_t end) {
      for (int64_t pose = begin; pose < end; ++pose) draw_mask(pose, masks_.data() + pose * kMask * kMask);
    });
  }

  int64_t size() const override { return static_cast<int64_t>(points_.size()); }
  Shape sample_shape() const override { return {1, kSide, kSide}; }
  Kind kind() const override { return Kind::images; }
  DType stored_dtype() const override { return DType::u8; }
  std::span<const int64_t> labels() const override { return labels_; }
  std::span<const std::string> class_names() const override { return class_names_; }
  std::span<const std::string> factor_names() const override { return factor_names_; }
  Storage storage() const override {
    return {static_cast<int64_t>(masks_.size() + (points_.size() + labels_.size()) * sizeof(int64_t)), false};
  }

  std::vector<double> factor(int64_t f) const override {
    LATENT_CHECK(0 <= f && f < static_cast<int64_t>(factor_names_.size()), "[factor] {} of {}", f,
                 factor_names_.size());
    const auto which = static_cast<size_t>(f);
    std::vector<double> values;
    values.reserve(points_.size());
    for (const int64_t point : points_) values.push_back(factor_value(which, factors_of(point).level[which]));
    return values;
  }

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    constexpr int64_t kNumel = kSide * kSide;
    const auto count = static_cast<int64_t>(indices.size());
    LATENT_CHECK(static_cast<int64_t>(out.size()) == count * kNumel, "[gather] {} samples of {} values into {} floats",
                 count, kNumel, out.size());
    for (const int64_t index : indices) {
      LATENT_CHECK(0 <= index && index < size(), "[gather] sample {} of {}", index, size());
    }
    constexpr int64_t kImagesPerThread = 8;
    parallel_for(count, kImagesPerThread, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        draw(points_[static_cast<size_t>(indices[static_cast<size_t>(i)])], out.data() + i * kNumel);
      }
    });
  }

 private:
  void draw(int64_t point, float* image) const {
    const uint8_t* mask = masks_.data() + point / (kPositions * kPositions) * kMask * kMask;
    const int64_t x = point / kPositions % kPositions, y = point % kPositions;
    std::fill_n(image, kSide * kSide, 0.0f);
    for (int64_t row = 0; row < kMask; ++row) {
      float* out = image + (y + row) * kSide + x;
      const uint8_t* in = mask + row * kMask;
      for (int64_t column = 0; column < kMask; ++column) out[column] = static_cast<float>(in[column]) * (1.0f / 255.0f);
    }
  }

  std::vector<uint8_t> masks_;   // (poses, kMask, kMask)
  std::vector<int64_t> points_;  // of the grid, one for each sample
  std::vector<int64_t> labels_;
  std::vector<std::string> class_names_{"square", "ellipse", "heart"};
  std::vector<std::string> factor_names_{"shape", "scale", "rotation", "x", "y"};
};

int64_t size_from(const std::string& name) {
  const size_t colon = name.find(':');
  if (colon == std::string::npos) return kDefaultSize;
  const char* begin = name.data() + colon + 1;
  const char* end = name.data() + name.size();
  int64_t n = 0;
  const auto [stop, error] = std::from_chars(begin, end, n);
  LATENT_CHECK(error == std::errc() && stop == end && 1 <= n && n <= kGrid, "{}: expected shapes:N with N from 1 to {}",
               name, kGrid);
  return n;
}

}  // namespace

Source open_shapes(const std::string& name, const OpenOptions& options) {
  LATENT_CHECK(!options.size, "{}: these images are {}x{} and cannot be resized", name, kSide, kSide);
  LATENT_CHECK(options.label_column.empty(), "{}: only tables have a label column", name);
  LATENT_CHECK(!options.transform || options.transform->of_pixels(),
               "{}: pictures, but the model was trained on other numbers, which were standardised", name);
  Source source{name, "shapes", nullptr, nullptr, Transform{{0.0}, {1.0 / 255.0}, {}}};
  source.train = std::make_shared<Shapes>(size_from(name));
  return source;
}

}  // namespace latent::data
