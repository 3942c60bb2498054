// Inference through the public library: one code decoded with one thread, and a whole set encoded with all of them, in
// f32 and bf16. JSON to standard output.
//
//   latent_inference RUN DATA [--only decode|encode] [--samples N] [--seconds S]

#include "../cli/wait_policy.hpp"
#include "timing.hpp"

#include <latent/autograd/backward.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/dataset.hpp>
#include <latent/models/model_file.hpp>
#include <latent/training/evaluate.hpp>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <numeric>
#include <string>

namespace latent::bench {
namespace {

struct Options {
  std::string run, data, only;
  int64_t samples = 60'000;
  double seconds = 2.0;  ///< for each figure
};

// Median seconds from a code (1, D) to the mean image.
double decode_one_seconds(const LatentModel& model, double budget) {
  set_num_threads(1);
  const NoGrad no_grad;
  Rng rng(1);
  const Tensor z = model.sample_prior(1, rng);
  return median(repeat(budget, [&] { model.decode(z)->mean(); }));
}

// Images per second from stored images to codes in memory.
double encode_rate(const LatentModel& model, const data::Dataset& images, double budget) {
  constexpr int64_t kBatch = 512;
  set_num_threads(available_threads());
  return static_cast<double>(images.size()) / median(repeat(budget, [&] { encode_all(model, images, kBatch); }));
}

std::shared_ptr<const data::Dataset> first_images(const Options& options) {
  const auto all = data::open(options.data).train;
  if (all->size() <= options.samples) return all;
  std::vector<int64_t> first(static_cast<size_t>(options.samples));
  std::iota(first.begin(), first.end(), 0);
  return data::subset(all, std::move(first));
}

nlohmann::json measure(const Options& options) {
  const LoadedModel loaded = load_model(options.run);
  nlohmann::json json;
  for (const char* precision : {"f32", "bf16"}) {
    loaded.model->use_bf16(precision == std::string("bf16"));
    if (options.only != "encode") {
      json["decode_one_seconds"][precision] = decode_one_seconds(*loaded.model, options.seconds);
    }
    if (options.only != "decode") {
      json["encode_images_per_second"][precision] = encode_rate(*loaded.model, *first_images(options), options.seconds);
    }
  }
  return json;
}

int run(int argc, char** argv) {
  Options options;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--only" && has_value) {
      options.only = argv[++i];
    } else if (argument == "--samples" && has_value) {
      options.samples = std::atoll(argv[++i]);
    } else if (argument == "--seconds" && has_value) {
      options.seconds = std::atof(argv[++i]);
    } else {
      paths.push_back(argument);
    }
  }
  if (paths.size() != 2) {
    fmt::print(stderr, "latent_inference RUN DATA [--only decode|encode] [--samples N] [--seconds S]\n");
    return 2;
  }
  options.run = paths[0];
  options.data = paths[1];
  fmt::print("{}\n", measure(options).dump(1));
  return 0;
}

}  // namespace
}  // namespace latent::bench

int main(int argc, char** argv) {
  latent::cli::let_waiting_threads_sleep(argv);
  return latent::bench::run(argc, argv);
}
