#include <latent/run/maps/sample_map.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/error.hpp>
#include <latent/data/stratified.hpp>
#include <latent/run/checks.hpp>
#include <latent/run/codes.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace latent {

namespace {

constexpr std::array kMapMethods = {Choice<MapMethod>{"pca", MapMethod::pca},
                                    Choice<MapMethod>{"tsne", MapMethod::tsne},
                                    Choice<MapMethod>{"umap", MapMethod::umap}};

void run_steps(space::Layout& layout, const MapOptions& options, SampleMap& made) {
  const auto tell = [&] {
    if (options.progress) options.progress(layout.steps_done(), layout.total_steps());
    if (options.look) options.look(layout);
  };
  tell();
  while (!layout.done() && !(options.stop && *options.stop)) {
    layout.step(1);
    tell();
  }
  made.positions = layout.positions();
  made.steps = layout.steps_done();
  made.of_steps = layout.total_steps();
  if (!made.interrupted()) return;
  made.remarks.push_back(
      {fmt::format("interrupted after {} of {} epochs: this is the map as it stood", made.steps, made.of_steps)});
}

// (N, columns): x, and zeros in the columns that it does not have.
Tensor with_columns(const Tensor& x, int64_t columns) {
  Tensor wide = Tensor::zeros({x.dim(0), columns});
  for (int64_t i = 0; i < x.dim(0); ++i) {
    std::copy_n(x.data<float>() + i * x.dim(1), x.dim(1), wide.data<float>() + i * columns);
  }
  return wide;
}

void map_by_pca(const Tensor& x, const MapOptions& options, SampleMap& made) {
  // Axes that the codes do not have stay zero.
  const int64_t found = std::min({options.dims, x.dim(0), x.dim(1)});
  made.pca = space::fit_pca(x, {.dims = found, .seed = options.seed});
  made.positions = with_columns(made.pca->project(x), options.dims);
  made.explained = made.pca->explained();
}

void map_by_tsne(const Tensor& x, const MapOptions& options, SampleMap& made) {
  made.perplexity = options.perplexity.value_or(std::min(30.0, std::max(1.0, static_cast<double>(x.dim(0) - 1) / 3.0)));
  space::TsneOptions tsne{.dims = options.dims,
                          .perplexity = made.perplexity,
                          .early_exaggeration = options.exaggeration,
                          .learning_rate = options.learning_rate,
                          .metric = options.metric,
                          .seed = options.seed};
  if (options.epochs) tsne.steps = *options.epochs;
  // A map that ends before neighbours pull as they should is none.
  tsne.exaggeration_steps = std::min(tsne.exaggeration_steps, tsne.steps / 4);
  if (options.tsne_init) tsne.init = *options.tsne_init;
  made.init = tsne.init == space::TsneInit::random ? "random" : "pca";
  const std::unique_ptr<space::Tsne> layout = space::make_tsne(x, tsne);
  run_steps(*layout, options, made);
  made.kl_divergence = layout->kl_divergence();
}

void map_by_umap(const Tensor& x, const MapOptions& options, SampleMap& made) {
  made.neighbors = options.neighbors.value_or(std::min<int64_t>(15, std::max<int64_t>(2, x.dim(0) - 1)));
  space::UmapOptions umap{.dims = options.dims,
                          .neighbors = made.neighbors,
                          .min_dist = options.min_dist,
                          .spread = options.spread,
                          .metric = options.metric,
                          .epochs = options.epochs.value_or(0),
                          .negative_samples = options.negative_samples,
                          .seed = options.seed};
  if (options.umap_init) umap.init = *options.umap_init;
  const std::unique_ptr<space::Umap> layout = space::make_umap(x, umap);
  made.init = space::name_of(layout->init());
  if (umap.init == space::UmapInit::spectral && layout->init() == space::UmapInit::pca) {
    made.remarks.emplace_back().text =
        "--init spectral needs 64 samples or more, whose neighbours (--neighbors) connect them all: points started "
        "from pca";
  }
  run_steps(*layout, options, made);
}

}  // namespace

MapMethod map_method_from(std::string_view name) { return choose("method", name, kMapMethods); }
std::string_view name_of(MapMethod method) { return kMapMethods[static_cast<size_t>(method)].name; }

std::string MappedSamples::what() const {
  return fmt::format("{} of {}", space == SampleSpace::latent ? "codes" : "values", data.part());
}

MappedSamples samples_to_map(const Run& run, const RunData& data, SampleSpace space, std::optional<int64_t> most,
                             uint64_t seed) {
  if (space == SampleSpace::latent) check_has_encoder(run);
  const int64_t all = data.samples->size();
  MappedSamples mapped{.data = data, .index = data::subsample(all, most.value_or(all), Rng(seed)), .space = space};
  if (static_cast<int64_t>(mapped.index.size()) < all) mapped.data.samples = data::subset(data.samples, mapped.index);
  const data::Dataset& samples = *mapped.data.samples;
  mapped.x = space == SampleSpace::latent ? encode_samples(*run.model, samples, Draw::mean, 0).z : values_of(samples);
  return mapped;
}

SampleMap make_map(const Tensor& x, const MapOptions& options) {
  const int64_t least = options.method == MapMethod::pca ? 2 : 3;
  if (x.dim(0) < least) {
    throw UsageError(
        fmt::format("--method {}: a map needs at least {} samples, got {}", name_of(options.method), least, x.dim(0)));
  }
  SampleMap made;
  const auto start = std::chrono::steady_clock::now();
  switch (options.method) {
    case MapMethod::pca: map_by_pca(x, options, made); break;
    case MapMethod::tsne: map_by_tsne(x, options, made); break;
    case MapMethod::umap: map_by_umap(x, options, made); break;
  }
  made.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return made;
}

}  // namespace latent
