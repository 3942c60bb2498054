// Lays out a map by t-SNE, step by step, and shows how it gets better.
//   example_tsne_layout tsne.png
// The codes are made here: five loops of points in a space of ten dimensions, each point next to the one before.
// Prints (last digits may differ on another processor):
//   step    0: KL divergence 3.90
//   step  250: KL divergence 1.72
//   step  500: KL divergence 0.30
//   step  750: KL divergence 0.25
//   step 1000: KL divergence 0.24
//   trustworthiness 1.000
//   tsne.png: 1500 points
#include <latent/core/rng.hpp>
#include <latent/formats/image.hpp>
#include <latent/report/pictures.hpp>
#include <latent/space/maps/map_quality.hpp>
#include <latent/space/maps/tsne.hpp>

#include <fmt/core.h>

#include <cmath>
#include <numbers>

namespace {

using latent::Tensor;

// Loops in planes of their own, all through the same region, with a little noise. (N, 10)
Tensor loops(int64_t count, int64_t points_of_each, std::vector<int64_t>& labels) {
  constexpr int64_t kDims = 10;
  latent::Rng rng(0);
  Tensor codes = Tensor::empty({count * points_of_each, kDims});
  rng.normal(codes.span<float>());
  for (float& value : codes.span<float>()) value *= 0.05f;
  for (int64_t i = 0; i < codes.dim(0); ++i) {
    const int64_t loop = i / points_of_each;
    const double angle =
        2.0 * std::numbers::pi * static_cast<double>(i % points_of_each) / static_cast<double>(points_of_each);
    float* code = codes.data<float>() + i * kDims;
    code[2 * loop] += static_cast<float>(std::cos(angle));
    code[2 * loop + 1] += static_cast<float>(std::sin(angle));
    labels.push_back(loop);
  }
  return codes;
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace latent;
  std::vector<int64_t> labels;
  const Tensor codes = loops(5, 300, labels);

  const auto tsne = space::make_tsne(codes, {.perplexity = 30});
  fmt::print("step {:4}: KL divergence {:.2f}\n", tsne->steps_done(), tsne->kl_divergence());
  while (!tsne->done()) {
    tsne->step(250);
    fmt::print("step {:4}: KL divergence {:.2f}\n", tsne->steps_done(), tsne->kl_divergence());
  }

  const Tensor map = tsne->positions();  // (1500, 2)
  fmt::print("trustworthiness {:.3f}\n", space::trustworthiness(codes, map, 15));
  const char* path = argc > 1 ? argv[1] : "tsne.png";
  write_png(path, report::scatter_chart(map, labels, {}, {.title = "five loops", .width = 640, .height = 560}));
  fmt::print("{}: {} points\n", path, map.dim(0));
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
