// Times the ten nearest words of 1,000 words of a file of vectors, evenly spaced, one after the other: by an index of
// hnsw, and by looking at all of them. One line of JSON for each.
//
//   latent_nearest_words VECTORS.vec [FIRST]     the FIRST words of the file alone (default: 100,000)

#include "../../cli/wait_policy.hpp"
#include "../timing.hpp"

#include <latent/space/neighbors/neighbor_index.hpp>
#include <latent/words/files/vector_file.hpp>
#include <latent/words/queries.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace latent::bench {
namespace {

constexpr int64_t kAsked = 1000, kNearest = 10;

struct Answers {
  std::vector<double> milliseconds;  // ascending
  std::vector<std::set<int32_t>> words;
};

Answers ask(const words::WordQueries& queries) {
  const Tensor& vectors = queries.words().vectors;
  const int64_t N = vectors.dim(0), D = vectors.dim(1), asked = std::min(kAsked, N);
  Answers answers;
  for (int64_t i = 0; i < asked; ++i) {
    const auto id = static_cast<int32_t>(i * N / asked);
    const std::span<const float> vector = vectors.span<float>().subspan(static_cast<size_t>(id * D), size_t(D));
    std::vector<words::NearWord> found;
    answers.milliseconds.push_back(1e3 * seconds_of([&] { found = queries.nearest(vector, kNearest, {&id, 1}); }));
    auto& near = answers.words.emplace_back();
    for (const words::NearWord& word : found) near.insert(word.id);
  }
  std::ranges::sort(answers.milliseconds);
  return answers;
}

double share_found(const Answers& answers, const Answers& exact) {
  int64_t found = 0, all = 0;
  for (size_t i = 0; i < exact.words.size(); ++i) {
    all += static_cast<int64_t>(exact.words[i].size());
    found += std::ranges::count_if(exact.words[i], [&](int32_t id) { return answers.words[i].contains(id); });
  }
  return all > 0 ? static_cast<double>(found) / static_cast<double>(all) : 1.0;
}

void print(const char* method, const Answers& answers, double recall, double building) {
  const auto at = [&](size_t percent) { return answers.milliseconds[answers.milliseconds.size() * percent / 100]; };
  fmt::print(
      "{{\"method\": \"{}\", \"median_ms\": {:.3f}, \"p99_ms\": {:.3f}, \"recall\": {:.3f}, \"build_s\": {:.1f}}}\n",
      method, at(50), at(99), recall, building);
}

void run(const char* path, int64_t first) {
  const words::ReadVectorsOptions options{.first = first};
  const words::WordQueries all(words::read_vectors(path, options).words);
  const Answers exact = ask(all);
  print("exact", exact, 1.0, 0.0);
  std::optional<words::WordQueries> index;
  const double building = seconds_of([&] {
    index.emplace(words::read_vectors(path, options).words, space::IndexOptions{.method = space::IndexMethod::hnsw});
  });
  const Answers near = ask(*index);
  print("hnsw", near, share_found(near, exact), building);
}

}  // namespace
}  // namespace latent::bench

int main(int count, char** arguments) {
  latent::cli::let_waiting_threads_sleep(arguments);
  if (count < 2) {
    fmt::print(stderr, "latent_nearest_words VECTORS.vec [FIRST]\n");
    return 2;
  }
  try {
    latent::bench::run(arguments[1], count > 2 ? std::atoll(arguments[2]) : 100'000);
  } catch (const std::exception& error) {
    fmt::print(stderr, "latent_nearest_words: {}\n", error.what());
    return 1;
  }
}
