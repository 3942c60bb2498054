#include <latent/run/kinds/run_kind.hpp>

#include <latent/core/choice.hpp>
#include <latent/run/kinds/array_kind.hpp>
#include <latent/run/kinds/image_kind.hpp>
#include <latent/run/kinds/sound_kind.hpp>
#include <latent/run/kinds/series_kind.hpp>
#include <latent/run/kinds/table_kind.hpp>
#include <latent/run/kinds/words_kind.hpp>

namespace latent {

namespace {

template <class Kind>
const RunKind& only() {
  static const Kind kind;
  return kind;
}

constexpr auto kRunKinds = std::to_array<Choice<const RunKind& (*)()>>({
    {"images", only<ImageKind>},
    {"table", only<TableKind>},
    {"array", only<ArrayKind>},
    {"words", only<WordsKind>},
    {"sound", only<SoundKind>},
    {"waves", only<WavesKind>},
    {"series", only<SeriesKind>},
});

}  // namespace

std::string_view RunKind::lossless_advice() const {
  return "Train rows of u8 with --likelihood logistic-mixture, or use --lossy.";
}

Tensor RunKind::for_pictures(const Run&, const Tensor& x) const { return x; }

ValueChain RunKind::chain(const Run& run) const {
  return run.transform().identity() ? ValueChain{} : ValueChain{scaling(run)};
}

const RunKind& run_kind(const data::Kind& kind) { return choose("kind of data", kind.name, kRunKinds)(); }

}  // namespace latent
