// Lays out codes by t-SNE, for tsne.py.
//   latent_tsne_map CODES.npy MAP.npy [--perplexity P] [--theta T] [--dims D] [--threads N]
// Prints one line of JSON: seconds until the layout was ready to step, seconds of its steps, KL divergence.

#include "../../cli/wait_policy.hpp"

#include <latent/core/threads.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/maps/tsne.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstring>

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace latent;
  cli::let_waiting_threads_sleep(argv);
  space::TsneOptions options;
  for (int i = 3; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--perplexity") == 0) options.perplexity = std::stod(argv[i + 1]);
    if (std::strcmp(argv[i], "--theta") == 0) options.theta = std::stod(argv[i + 1]);
    if (std::strcmp(argv[i], "--dims") == 0) options.dims = std::stoll(argv[i + 1]);
    if (std::strcmp(argv[i], "--threads") == 0) set_num_threads(std::stoi(argv[i + 1]));
  }
  if (argc < 3) {
    fmt::print(stderr, "usage: {} CODES.npy MAP.npy [options]\n", argv[0]);
    return 2;
  }
  const Tensor codes = read_npy(MappedFile::open(argv[1]));
  const auto start = std::chrono::steady_clock::now();
  const auto tsne = space::make_tsne(codes, options);
  const double prepared = seconds_since(start);
  tsne->step(tsne->total_steps());
  const double done = seconds_since(start);
  fmt::print("{{\"prepare\": {:.3f}, \"steps\": {:.3f}, \"seconds\": {:.3f}, \"kl\": {:.4f}}}\n", prepared,
             done - prepared, done, tsne->kl_divergence());
  write_npy(argv[2], tsne->positions());
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
