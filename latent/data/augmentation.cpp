#include <latent/data/augmentation.hpp>

#include <latent/core/names.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/detail/dataset_over.hpp>
#include <latent/data/detail/move_image.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace latent::data {

namespace {

constexpr uint64_t kAugmentedStream = 0x6175676d656e74;
constexpr double kMostShift = 0.5;
constexpr std::array<std::string_view, 5> kNames{"auto", "cutout", "flip", "none", "shift"};

double shift_from(std::string_view value) {
  double shift = 0.0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), shift);
  LATENT_CHECK(error == std::errc() && end == value.data() + value.size() && shift > 0.0 && shift <= kMostShift,
               "shift needs the share of an image's sides that it is moved by, in (0, 0.5], such as shift:0.05");
  return shift;
}

double cutout_from(std::string_view value) {
  double cutout = 0.0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), cutout);
  LATENT_CHECK(
      error == std::errc() && end == value.data() + value.size() && cutout > 0.0 && cutout < 1.0,
      "cutout needs the share of an image's shorter side that its square takes, in (0, 1), such as cutout:0.3");
  return cutout;
}

// Sets a square of one image (C, H, W) to 0, as far as it lies within the image.
void cut_out(int64_t side, Rng& rng, int64_t C, int64_t H, int64_t W, float* x) {
  const auto middle_row = static_cast<int64_t>(rng.below(static_cast<uint64_t>(H)));
  const auto middle_column = static_cast<int64_t>(rng.below(static_cast<uint64_t>(W)));
  const int64_t top = std::max<int64_t>(0, middle_row - side / 2),
                left = std::max<int64_t>(0, middle_column - side / 2);
  const int64_t bottom = std::min(H, middle_row - side / 2 + side),
                right = std::min(W, middle_column - side / 2 + side);
  for (int64_t c = 0; c < C; ++c) {
    for (int64_t h = top; h < bottom; ++h) std::fill(x + (c * H + h) * W + left, x + (c * H + h) * W + right, 0.0F);
  }
}

// A whole number from -most to most.
int64_t offset(Rng& rng, int64_t most) {
  return static_cast<int64_t>(rng.below(static_cast<uint64_t>(2 * most + 1))) - most;
}

}  // namespace

std::pair<int64_t, int64_t> draw_offset(Rng& rng, int64_t most_rows, int64_t most_columns) {
  const int64_t rows = offset(rng, most_rows);
  return {rows, offset(rng, most_columns)};
}

void move_plane(const float* from, int64_t H, int64_t W, int64_t rows, int64_t columns, bool mirrored, float* to) {
  for (int64_t h = 0; h < H; ++h) {
    const float* row = from + std::clamp<int64_t>(h - rows, 0, H - 1) * W;
    for (int64_t w = 0; w < W; ++w) {
      const int64_t at = std::clamp<int64_t>(w - columns, 0, W - 1);
      to[h * W + w] = row[mirrored ? W - 1 - at : at];
    }
  }
}

Augmentation Augmentation::from_text(std::string_view text) {
  Augmentation augmentation;
  if (text == "none") return augmentation;
  if (text == "auto") return {.automatic = true};
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view step = text.substr(0, comma);
    const size_t colon = step.find(':');
    const std::string_view name = step.substr(0, colon);
    if (name == "flip") {
      LATENT_CHECK(colon == std::string_view::npos, "flip takes no number");
      augmentation.flip = true;
    } else if (name == "shift") {
      augmentation.shift = shift_from(colon == std::string_view::npos ? "" : step.substr(colon + 1));
    } else if (name == "cutout") {
      augmentation.cutout = cutout_from(colon == std::string_view::npos ? "" : step.substr(colon + 1));
    } else {
      LATENT_CHECK(name != "auto" && name != "none", "{} stands alone", name);
      unknown_name("augmentation", name, kNames);
    }
    if (comma == std::string_view::npos) return augmentation;
    text.remove_prefix(comma + 1);
  }
}

std::string Augmentation::str() const {
  if (automatic) return "auto";
  if (empty()) return "none";
  std::string text = flip ? "flip" : "";
  const auto add = [&](std::string_view name, double share) {
    if (share > 0.0) text += fmt::format("{}{}:{}", text.empty() ? "" : ",", name, share);
  };
  add("shift", shift);
  add("cutout", cutout);
  return text;
}

Augmenter::Augmenter(const Augmentation& augmentation, const Dataset& like) : augmentation_(augmentation) {
  if (augmentation_.empty()) return;
  LATENT_CHECK(!augmentation_.automatic, "[augment] auto is not decided yet: choose_augmentation() says what it is");
  LATENT_CHECK(like.kind().is_spatial, "[augment] flip, shift and cutout are for images, but the data is {}",
               like.kind().described());
  LATENT_CHECK(!augmentation_.flip || like.kind().may_be_mirrored,
               "[augment] flip would turn {} around in time: use shift, cutout or none", like.kind().name);
  const Shape shape = like.sample_shape();
  C_ = shape[0], H_ = shape[1], W_ = shape[2];
  most_rows_ = pixels_of_share(augmentation_.shift, H_);
  most_columns_ = pixels_of_share(augmentation_.shift, W_);
  hole_ = pixels_of_share(augmentation_.cutout, std::min(H_, W_));
}

void Augmenter::apply(std::span<const int64_t> numbers, const Rng& tape, std::span<float> x) const {
  if (augmentation_.empty()) return;
  constexpr int64_t kValuesPerThread = 1 << 14;
  const auto count = static_cast<int64_t>(numbers.size());
  const int64_t plane = H_ * W_, numel = C_ * plane;
  LATENT_CHECK(static_cast<int64_t>(x.size()) == count * numel, "[augment] {} samples of {} values, got {} floats",
               count, numel, x.size());
  parallel_for(count, std::max<int64_t>(1, kValuesPerThread / numel), [&](int64_t begin, int64_t end) {
    std::vector<float> before(static_cast<size_t>(plane));
    for (int64_t i = begin; i < end; ++i) {
      Rng rng = tape.fork(static_cast<uint64_t>(numbers[static_cast<size_t>(i)]));
      const bool mirrored = augmentation_.flip && rng.below(2) == 1;
      const auto [rows, columns] = draw_offset(rng, most_rows_, most_columns_);
      for (int64_t c = 0; c < C_; ++c) {
        float* values = x.data() + i * numel + c * plane;
        std::copy_n(values, plane, before.data());
        move_plane(before.data(), H_, W_, rows, columns, mirrored, values);
      }
      if (hole_ > 0) cut_out(hole_, rng, C_, H_, W_, x.data() + i * numel);
    }
  });
}

namespace {

class Augmented final : public DatasetOver {
 public:
  Augmented(std::shared_ptr<const Dataset> base, const Augmentation& augmentation, uint64_t seed)
      : DatasetOver(std::move(base)), augmenter_(augmentation, this->base()), tape_(Rng(seed).fork(kAugmentedStream)) {}

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    base().gather(indices, out);
    augmenter_.apply(indices, tape_, out);
  }

 private:
  Augmenter augmenter_;
  Rng tape_;
};

}  // namespace

std::shared_ptr<const Dataset> augmented(std::shared_ptr<const Dataset> base, const Augmentation& augmentation,
                                         uint64_t seed) {
  LATENT_CHECK(base != nullptr, "[augmented] no set to augment");
  if (augmentation.empty()) return base;
  return std::make_shared<Augmented>(std::move(base), augmentation, seed);
}

}  // namespace latent::data
