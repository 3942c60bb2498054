// Lays out codes by UMAP, for umap.py.
//   latent_umap_map CODES.npy MAP.npy [--init spectral|pca|random] [--seed S] [--threads N] [--repeat 2]
// Prints one line of JSON: seconds and processor seconds of the last fit, those of its parts, peak memory of the
// process.

#include "../../cli/wait_policy.hpp"
#include "../process.hpp"
#include "../timing.hpp"

#include <latent/core/threads.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/maps/umap.hpp>

#include <fmt/core.h>

#include <string>

int main(int argc, char** argv) try {
  using namespace latent;
  cli::let_waiting_threads_sleep(argv);
  if (argc < 3) {
    fmt::print(stderr, "usage: {} CODES.npy MAP.npy [options]\n", argv[0]);
    return 2;
  }
  space::UmapOptions options;
  int repeat = 2;
  for (int i = 3; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--init") options.init = space::umap_init_from(value);
    if (name == "--seed") options.seed = std::stoull(value);
    if (name == "--threads") set_num_threads(std::stoi(value));
    if (name == "--repeat") repeat = std::stoi(value);
  }
  const Tensor codes = read_npy(MappedFile::open(argv[1]));
  Tensor map;
  for (int i = 0; i < repeat; ++i) {
    const double before = bench::processor_seconds();
    space::Neighbors neighbors;
    std::unique_ptr<space::Layout> layout;
    const double nearest =
        bench::seconds_of([&] { neighbors = space::nearest_others(codes, options.neighbors - 1, options.metric); });
    const double prepared = bench::seconds_of([&] { layout = space::make_umap(codes, neighbors, options); });
    const double steps = bench::seconds_of([&] { layout->step(layout->total_steps()); });
    map = layout->positions();
    if (i + 1 < repeat) continue;
    fmt::print(
        "{{\"seconds\": {:.2f}, \"processor\": {:.2f}, \"neighbours\": {:.2f}, \"graph and start\": {:.2f}, "
        "\"steps\": {:.2f}, \"peak MB\": {:.0f}}}\n",
        nearest + prepared + steps, bench::processor_seconds() - before, nearest, prepared, steps,
        bench::peak_megabytes());
  }
  write_npy(argv[2], map);
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
