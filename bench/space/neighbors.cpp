// Times neighbours and principal components of the library on rows of a .npy file; bench/space/neighbors.py runs it
// beside the peers. One line of JSON for each task.
//
//   latent_neighbors ROWS.npy [--k 15] [--threads N] [--repeat 3] exact|cosine|hnsw|pca ...

#include "../../cli/wait_policy.hpp"
#include "../process.hpp"
#include "../timing.hpp"

#include <latent/core/threads.hpp>
#include <latent/formats/npy.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/neighbors/detail/neighbor_search.hpp>
#include <latent/space/neighbors/neighbor_index.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

namespace latent::bench {
namespace {

struct Options {
  std::string path;
  std::vector<std::string> tasks;
  int64_t k = 15, dims = 50;
  int repeat = 3;
};

struct Spent {
  double seconds = 0.0, processor = 0.0;
};

template <class Work>
Spent best_of(int repeat, const Work& work) {
  Spent best;
  for (int i = 0; i < repeat; ++i) {
    const double before = processor_seconds();
    const double seconds = seconds_of(work), processor = processor_seconds() - before;
    if (i == 0 || seconds < best.seconds) best = {seconds, processor};
  }
  return best;
}

void exact(const Tensor& x, const Options& options, space::Metric metric) {
  using space::detail::Self;
  space::detail::SearchPlan plan;
  const Spent planning =
      best_of(options.repeat, [&] { plan = space::detail::plan_search(x, x, options.k, metric, Self::left_out); });
  space::Neighbors found;
  const Spent spent = best_of(options.repeat, [&] { found = space::nearest_others(x, options.k, metric); });
  double sum = 0.0;
  for (const float distance : found.distance.span<float>()) sum += distance;
  fmt::print(
      "{{\"task\": \"{}\", \"seconds\": {:.3f}, \"processor\": {:.3f}, \"planning\": {:.3f}, \"way\": \"{}\", "
      "\"products\": \"{}\", "
      "\"axes\": {}, \"sum\": {:.6f}, \"peak_mb\": {:.0f}}}\n",
      name_of(metric), spent.seconds, spent.processor, planning.processor,
      plan.way == space::detail::SearchPlan::Way::direct ? "direct" : "filtered", name_of(plan.products),
      plan.axes.defined() ? plan.axes.dim(0) : 0, sum, peak_megabytes());
}

void hnsw(const Tensor& x, const Options& options) {
  std::unique_ptr<space::NeighborIndex> index;
  const Spent building = best_of(1, [&] { index = space::make_index(x, {.method = space::IndexMethod::hnsw}); });
  space::Neighbors found;
  const Spent spent = best_of(1, [&] { found = index->search(x, options.k + 1); });
  fmt::print(
      "{{\"task\": \"hnsw\", \"build\": {:.2f}, \"seconds\": {:.2f}, \"recall\": {:.4f}, \"peak_mb\": {:.0f}}}\n",
      building.seconds, spent.seconds, space::measured_recall(*index, x, options.k), peak_megabytes());
}

void pca(const Tensor& x, const Options& options, space::PcaMethod method, const char* name) {
  space::Pca fitted;
  const Spent spent =
      best_of(options.repeat, [&] { fitted = space::fit_pca(x, {.dims = options.dims, .method = method}); });
  const Spent projecting = best_of(options.repeat, [&] { fitted.project(x); });
  fmt::print(
      "{{\"task\": \"{}\", \"seconds\": {:.3f}, \"processor\": {:.3f}, \"project\": {:.3f}, \"explained\": {:.6f}}}\n",
      name, spent.seconds, spent.processor, projecting.seconds, fitted.explained());
}

int usage() {
  fmt::print(stderr,
             "latent_neighbors ROWS.npy [--k N] [--dims N] [--threads N] [--repeat N] "
             "exact|cosine|hnsw|pca|randomized-pca ...\n");
  return 2;
}

int run(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const bool has_value = i + 1 < arguments.size();
    const auto number = [&] { return std::atoi(arguments[++i].c_str()); };
    if (arguments[i] == "--k" && has_value) {
      options.k = number();
    } else if (arguments[i] == "--dims" && has_value) {
      options.dims = number();
    } else if (arguments[i] == "--repeat" && has_value) {
      options.repeat = number();
    } else if (arguments[i] == "--threads" && has_value) {
      set_num_threads(number());
    } else if (options.path.empty()) {
      options.path = arguments[i];
    } else {
      options.tasks.push_back(arguments[i]);
    }
  }
  if (options.path.empty() || options.tasks.empty()) return usage();
  const Tensor x = read_npy(MappedFile::open(options.path)).to(DType::f32);
  for (const std::string& task : options.tasks) {
    if (task == "exact") {
      exact(x, options, space::Metric::euclidean);
    } else if (task == "cosine") {
      exact(x, options, space::Metric::cosine);
    } else if (task == "hnsw") {
      hnsw(x, options);
    } else if (task == "pca") {
      pca(x, options, space::PcaMethod::exact, "pca");
    } else if (task == "randomized-pca") {
      pca(x, options, space::PcaMethod::randomized, "randomized-pca");
    } else {
      return usage();
    }
  }
  return 0;
}

}  // namespace
}  // namespace latent::bench

int main(int count, char** words) {
  latent::cli::let_waiting_threads_sleep(words);
  try {
    return latent::bench::run({words + 1, words + count});
  } catch (const std::exception& error) {
    fmt::print(stderr, "latent_neighbors: {}\n", error.what());
    return 1;
  }
}
