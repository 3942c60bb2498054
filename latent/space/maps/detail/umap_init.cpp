#include <latent/space/maps/detail/umap_init.hpp>

#include <latent/core/names.hpp>
#include <latent/core/rng.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/maps/spectral.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace latent::space {

namespace {

constexpr std::array<std::string_view, 3> kUmapInits = {"spectral", "pca", "random"};
constexpr int64_t kFewVertices = 64;

Tensor principal_places(const Tensor& codes, const UmapOptions& options) {
  const int64_t N = codes.dim(0), found = std::min({options.dims, codes.dim(1), N});
  const Tensor projected = fit_pca(codes, {.dims = found, .seed = options.seed}).project(codes);  // (N, found)
  Tensor places = Tensor::zeros({N, options.dims});
  for (int64_t i = 0; i < N; ++i) {
    for (int64_t d = 0; d < found; ++d) {
      places.data<float>()[i * options.dims + d] = projected.data<float>()[i * found + d];
    }
  }
  return places;
}

// What can be done of options.init.
UmapInit init_for(const Graph& graph, UmapInit wanted) {
  std::vector<int32_t> component;
  if (wanted != UmapInit::spectral) return wanted;
  const bool possible = graph.rows() >= kFewVertices && connected_components(graph, component) == 1;
  return possible ? UmapInit::spectral : UmapInit::pca;
}

Tensor unstretched(const Tensor& codes, const Graph& graph, UmapInit init, const UmapOptions& options) {
  switch (init) {
    case UmapInit::random: return Tensor::zeros({codes.dim(0), options.dims});
    case UmapInit::spectral: return spectral_layout(graph, {.dims = options.dims, .seed = options.seed});
    case UmapInit::pca: return principal_places(codes, options);
  }
  return {};
}

}  // namespace

UmapInit umap_init_from(std::string_view name) {
  const auto found = std::find(kUmapInits.begin(), kUmapInits.end(), name);
  if (found == kUmapInits.end()) unknown_name("initialisation", name, kUmapInits);
  return static_cast<UmapInit>(found - kUmapInits.begin());
}

std::string_view name_of(UmapInit init) { return kUmapInits[static_cast<size_t>(init)]; }

UmapStart umap_start(const Tensor& codes, const Graph& graph, const UmapOptions& options) {
  constexpr float kExtent = 10.0f, kNoise = 1e-4f;
  const UmapInit init = init_for(graph, options.init);
  Tensor places = unstretched(codes, graph, init, options);
  const int64_t N = places.dim(0), dims = places.dim(1);
  Tensor noise = Tensor::empty(places.shape());
  Rng rng = Rng(options.seed).fork(0x1417);
  auto* x = places.data<float>();
  rng.normal(noise.span<float>());
  for (int64_t d = 0; d < dims; ++d) {
    const auto extremes = [&] {
      float low = x[d], high = x[d];
      for (int64_t i = 0; i < N; ++i) {
        low = std::min(low, x[i * dims + d]);
        high = std::max(high, x[i * dims + d]);
      }
      return std::pair(low, high);
    };
    // A coordinate in which all are equal is drawn at random.
    const auto [low, high] = extremes();
    const float scale = high > low ? kExtent / (high - low) : 0.0f, amount = high > low ? kNoise : kExtent;
    for (int64_t i = 0; i < N; ++i) {
      x[i * dims + d] = (x[i * dims + d] - low) * scale + amount * noise.data<float>()[i * dims + d];
    }
    const auto [least, most] = extremes();
    const float stretch = most > least ? kExtent / (most - least) : 1.0f;
    for (int64_t i = 0; i < N; ++i) x[i * dims + d] = (x[i * dims + d] - least) * stretch;
  }
  return {places, init};
}

}  // namespace latent::space
