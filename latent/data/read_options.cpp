#include <latent/data/read_options.hpp>

#include <latent/core/choice.hpp>

#include <algorithm>
#include <array>

namespace latent::data {

namespace {

using Missing = OpenOptions::Missing;

constexpr std::array<Choice<Missing>, 2> kMissing = {{{"refuse", Missing::refuse}, {"impute", Missing::impute}}};
// What may be asked for; "texts" is in records alone.
constexpr std::array<Choice<Header>, 3> kHeaders = {
    {{"auto", Header::automatic}, {"yes", Header::yes}, {"no", Header::no}}};
constexpr std::string_view kTextsOnly = "texts";

}  // namespace

Missing missing_from(std::string_view name) { return choose("way to treat missing values", name, kMissing); }

std::string_view name_of(Missing missing) { return kMissing[static_cast<size_t>(missing)].name; }

Header header_from(std::string_view name) {
  return name == kTextsOnly ? Header::texts : choose("answer to --header", name, kHeaders);
}

std::string_view name_of(Header header) {
  return header == Header::texts ? kTextsOnly : kHeaders[static_cast<size_t>(header)].name;
}

OpenOptions ReadOverrides::over(OpenOptions base) const {
  if (size) base.size = size;
  if (fit) {
    base.fit = *fit;
    if (!base.size) throw UsageError("--fit says how images come to a size", "Give the size with --size HxW.");
  }
  if (background) base.background = background;
  if (grayscale) base.grayscale = true;
  if (binarize || drawn_bits) {
    base.binarize = binarize;
    base.drawn_bits = drawn_bits;
  }
  if (!label_column.empty()) base.label_column = label_column;
  if (!drop.empty()) base.drop = drop;
  if (header) base.header = *header;
  if (decimal) base.decimal = decimal;
  if (missing) base.missing = *missing;
  base.sound = sound.over(std::move(base.sound));
  base.series = series.over(base.series);
  return base;
}

}  // namespace latent::data
