#include <latent/data/kind.hpp>

#include <latent/core/names.hpp>

#include <array>

namespace latent::data {

namespace {

constexpr std::string_view kRowsAdvice =
    "rows are standardised, so that scaling them changes nothing: use --likelihood gaussian; rows of 8-bit values "
    "become [0, 1] if they are saved as a u8 .npy";

}  // namespace

constexpr Kind Kind::images = {.name = "images",
                               .arrays = "(N, H, W) or (N, C, H, W)",
                               .is_spatial = true,
                               .are_pixels = true,
                               .has_columns = false,
                               .unit_interval_advice = "use --likelihood gaussian, or scale the data to [0, 1]"};

constexpr Kind Kind::table = {.name = "table", .has_one_scale = false, .unit_interval_advice = kRowsAdvice};

constexpr Kind Kind::array = {.name = "array", .article = "an", .unit_interval_advice = kRowsAdvice};

// Ids (1) of a vocabulary: numbers that stand for something else.
constexpr Kind Kind::words = {.name = "words",
                              .article = "",
                              .arrays = "(N, 1)",
                              .has_columns = false,
                              .unit_interval_advice = "",
                              .sample_name = "word"};

// Levels in decibels of bands (rows, the highest first) over time (columns).
constexpr Kind Kind::sound = {.name = "sound",
                              .article = "",
                              .arrays = "(N, C, bands, frames)",
                              .is_spatial = true,
                              .may_be_mirrored = false,
                              .are_pixels = true,
                              .has_columns = false,
                              .unit_interval_advice = "levels of sound lie in [0, 1]"};

constexpr Kind Kind::waves = {.name = "waves",
                              .article = "",
                              .arrays = "(N, C, L)",
                              .is_series = true,
                              .has_columns = false,
                              .unit_interval_advice = "waves lie in [-1, 1]: use --likelihood gaussian:learned"};

// Windows (C, L) in time: each channel has a scale of its own.
constexpr Kind Kind::series = {
    .name = "series",
    .article = "",
    .arrays = "(N, C, L)",
    .is_series = true,
    .has_columns = false,
    .has_one_scale = false,
    .unit_interval_advice =
        "channels are standardised, so that scaling them changes nothing: use --likelihood gaussian",
    .sample_name = "start"};

namespace {

constexpr std::array kKinds = {&Kind::images, &Kind::table, &Kind::array, &Kind::words,
                               &Kind::series, &Kind::sound, &Kind::waves};

}  // namespace

std::string Kind::described() const {
  return article.empty() ? std::string(name) : std::string(article) + " " + std::string(name);
}

std::span<const Kind* const> kinds() { return kKinds; }

const Kind& kind_from(std::string_view name) {
  std::array<std::string_view, kKinds.size()> names;
  for (size_t i = 0; i < kKinds.size(); ++i) {
    names[i] = kKinds[i]->name;
    if (name == names[i]) return *kKinds[i];
  }
  unknown_name("kind of data", name, names);
}

}  // namespace latent::data
