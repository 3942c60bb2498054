// What this machine allows: its ceilings, and the floor of a training step: the matrix products and convolutions alone,
// with weights packed ahead of time and threads that are awake, plus the bytes of the optimizer's state over the
// bandwidth of copying. JSON to standard output.
//
//   latent_floor [--seconds S] [ceilings | encode | decode-one | MODEL ...]       everything without names

#include "floor_layers.hpp"
#include "timing.hpp"

#include <latent/core/denormals.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/gemm.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>

namespace latent::bench {
namespace {

using Json = nlohmann::json;

constexpr std::array kPrecisions{DType::f32, DType::bf16};

// --- ceilings ---

// GFLOP/s of the fastest of some products of 2048 x 2048 matrices.
double best_gemm(DType type, double budget) {
  constexpr int64_t n = 2048;
  const Tensor a = Tensor::full(Shape{n, n}, 0.01, type), b = Tensor::full(Shape{n, n}, 0.01, type);
  Tensor c = Tensor::empty(Shape{n, n});
  const std::vector<double> seconds = repeat(budget, [&] {
    kernels::gemm({.M = n, .N = n, .K = n, .a = type, .b = type, .c = DType::f32}, a.raw(), b.raw(), nullptr, c.raw());
  });
  return 2.0 * n * n * n / *std::min_element(seconds.begin(), seconds.end()) / 1e9;
}

// Bytes per second, read and written ones added, of copying between two buffers of `bytes` together, with all threads.
double copy_bandwidth(int64_t bytes, double budget) {
  const int64_t half = bytes / 2;
  const Tensor from = Tensor::zeros(Shape{half}, DType::u8);
  Tensor to = Tensor::zeros(Shape{half}, DType::u8);
  const auto* source = static_cast<const std::byte*>(from.raw());
  auto* target = static_cast<std::byte*>(to.raw());
  const double seconds = median(repeat(budget, [&] {
    parallel_for(half, 1 << 16, [&](int64_t begin, int64_t end) {
      std::memcpy(target + begin, source + begin, static_cast<size_t>(end - begin));
    });
  }));
  return static_cast<double>(2 * half) / seconds;
}

// Reads whole lines with as many independent loads as the processor can have under way.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
uint64_t
read_all(const uint64_t* words, int64_t count) {
  constexpr int64_t kAtOnce = 64;
  std::array<uint64_t, kAtOnce> sums{};
  for (int64_t i = 0; i + kAtOnce <= count; i += kAtOnce) {
    for (int64_t j = 0; j < kAtOnce; ++j) sums[static_cast<size_t>(j)] ^= words[i + j];
  }
  return std::accumulate(sums.begin(), sums.end(), uint64_t{0});
}

// Seconds to read `bytes` once, from the cache where they fit, with one thread.
double read_seconds(int64_t bytes, double budget) {
  const Tensor values = Tensor::zeros(Shape{bytes / 8}, DType::i64);
  const auto* words = static_cast<const uint64_t*>(values.raw());
  volatile uint64_t kept = 0;
  return median(repeat(budget, [&] { kept = kept ^ read_all(words, bytes / 8); }));
}

Json ceilings(double budget) {
  constexpr int64_t kInMemory = int64_t{512} << 20;
  Json json = {{"copy_gb_per_second", copy_bandwidth(kInMemory, budget) / 1e9}};
  for (const DType type : kPrecisions) {
    json["gemm_2048_gflops"][std::string(name_of(type))] = best_gemm(type, budget);
  }
  return json;
}

// --- floors ---

// Median seconds of each product, done the fastest way, when all of them run in order again and again. One round takes
// the first way of each, the next one the second: two ways in a row would find each other's data in the cache.
std::vector<double> medians(const std::vector<Product>& products, double budget) {
  std::vector<std::vector<std::vector<double>>> seconds;
  size_t rounds = 1;
  for (const Product& product : products) {
    seconds.emplace_back(product.ways.size());
    rounds = std::max(rounds, product.ways.size());
  }
  repeat(budget, [&] {
    for (size_t round = 0; round < rounds; ++round) {
      for (size_t i = 0; i < products.size(); ++i) {
        const size_t way = round % products[i].ways.size();
        seconds[i][way].push_back(seconds_of(products[i].ways[way]));
      }
    }
  });
  std::vector<double> result;
  for (const auto& of_product : seconds) {
    result.push_back(std::numeric_limits<double>::infinity());
    for (const auto& of_way : of_product) result.back() = std::min(result.back(), median(of_way));
  }
  return result;
}

Json measured(const std::vector<Product>& products, int64_t batch, double budget) {
  const std::vector<double> seconds = medians(products, budget);
  const double sum = std::accumulate(seconds.begin(), seconds.end(), 0.0);
  Json json = {{"products_seconds", sum}, {"samples_per_second", static_cast<double>(batch) / sum}};
  for (size_t i = 0; i < products.size(); ++i) {
    json["products"].push_back(
        {{"name", products[i].name}, {"seconds", seconds[i]}, {"gflops", products[i].operations / seconds[i] / 1e9}});
  }
  return json;
}

// Adam reads weight, gradient and two moments, writes weight and moments, and the bf16 copy where there is one.
int64_t optimizer_bytes(const Model& model, DType compute) {
  constexpr int64_t kArraysRead = 4, kArraysWritten = 3;
  int64_t weights = 0, biases = 0;
  for (const auto* layers : {&model.encoder, &model.decoder}) {
    for (const Layer& layer : *layers) {
      weights += layer.num_weights();
      biases += layer.num_biases();
    }
  }
  const auto copy = static_cast<int64_t>(compute == DType::bf16 ? size_of(DType::bf16) : 0);
  return (weights + biases) * (kArraysRead + kArraysWritten) * static_cast<int64_t>(size_of(DType::f32)) +
         weights * copy;
}

Json step_floor(const Model& model, DType compute, double budget) {
  Json json = measured(step_products(model, compute), model.batch, budget);
  // The state of a small model stays in cache: the bandwidth is taken at its size.
  const int64_t bytes = optimizer_bytes(model, compute);
  const double optimizer = static_cast<double>(bytes) / copy_bandwidth(bytes, budget / 4);
  const double step = json["products_seconds"].get<double>() + optimizer;
  json.update({{"optimizer_bytes", bytes},
               {"optimizer_seconds", optimizer},
               {"step_seconds", step},
               {"samples_per_second", static_cast<double>(model.batch) / step}});
  return json;
}

Json encode_floor(const Model& model, DType compute, double budget) {
  constexpr int64_t kBatch = 512;
  return measured(forward_products(model.encoder, kBatch, compute), kBatch, budget);
}

Json decode_one_floor(const Model& model, DType compute, double budget) {
  int64_t bytes = 0;
  for (const Layer& layer : model.decoder) bytes += layer.num_weights() * static_cast<int64_t>(size_of(compute));
  return {{"weight_bytes", bytes}, {"seconds", read_seconds(bytes, budget)}};
}

template <class Floor>
Json in_both_precisions(const Floor& floor) {
  Json json;
  for (const DType type : kPrecisions) json[std::string(name_of(type))] = floor(type);
  return json;
}

Json measure(const std::vector<std::string>& names, double budget) {
  const auto wanted = [&](const std::string& name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  const std::vector<Model> all = models();
  Json json = {{"threads", num_threads()}};
  if (wanted("ceilings")) json["ceilings"] = ceilings(budget);
  for (const Model& model : all) {
    if (!wanted(model.name)) continue;
    json[model.name] = in_both_precisions([&](DType type) { return step_floor(model, type, budget); });
  }
  const Model& small = all.front();  // vae-mlp
  if (wanted("encode"))
    json["encode"] = in_both_precisions([&](DType type) { return encode_floor(small, type, budget); });
  if (wanted("decode-one")) {
    json["decode-one"] = in_both_precisions([&](DType type) { return decode_one_floor(small, type, budget); });
  }
  return json;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names{"ceilings", "encode", "decode-one"};
  for (const Model& model : models()) names.push_back(model.name);
  return names;
}

// Starts this program again with OpenMP told to let waiting threads spin, unless the environment has a choice already:
// what a thread takes to wake up is no part of a floor.
void keep_threads_awake(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  if (setenv("OMP_WAIT_POLICY", "active", 0) == 0) execv("/proc/self/exe", argv);
}

int run(int argc, char** argv) {
  double budget = 2.0;  // seconds for each figure
  std::vector<std::string> names;
  const std::vector<std::string> known = known_names();
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--seconds" && i + 1 < argc) {
      budget = std::atof(argv[++i]);
    } else if (std::find(known.begin(), known.end(), argument) != known.end()) {
      names.push_back(argument);
    } else {
      fmt::print(stderr, "latent_floor [--seconds S] [{}]\n", fmt::join(known, " | "));
      return 2;
    }
  }
  fmt::print("{}\n", measure(names, budget).dump(1));
  return 0;
}

}  // namespace
}  // namespace latent::bench

int main(int argc, char** argv) {
  latent::bench::keep_threads_awake(argv);
  const latent::DenormalMode denormals(latent::Denormals::flushed);
  return latent::bench::run(argc, argv);
}
