#include <latent/core/threads.hpp>

#include <latent/core/error.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#ifndef LATENT_STD_THREADS
#include <omp.h>
#else
#include <sched.h>
#endif

namespace latent {

namespace {

// Processors granted by the control group's quota ("max 100000" or "150000 100000"); a large number without one.
int quota_threads() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 1 << 20;
  try {
    return std::max(1, static_cast<int>(std::ceil(std::stod(quota) / period)));
  } catch (const std::exception&) {
    return 1 << 20;
  }
}

int affinity_threads() {
#ifdef LATENT_STD_THREADS
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
#else
  return omp_get_num_procs();
#endif
}

// Ranges as equal as multiples of 16 allow.
struct Split {
  int64_t chunk = 0;
  int parts = 1;
};
Split split(int64_t n, int64_t grain, int threads) {
  const int64_t wanted = std::clamp<int64_t>(n / std::max<int64_t>(grain, 1), 1, threads);
  if (wanted == 1) return {n, 1};
  // Short loops over rows keep ranges of one; long loops over elements keep whole vectors.
  const int64_t unit = n >= int64_t{16} * 16 * wanted ? 16 : 1;
  const int64_t chunk = (n + wanted * unit - 1) / (wanted * unit) * unit;
  return {chunk, static_cast<int>((n + chunk - 1) / chunk)};
}

}  // namespace

int available_threads() {
  static const int kCount = std::max(1, std::min(affinity_threads(), quota_threads()));
  return kCount;
}

#ifdef LATENT_STD_THREADS

// Threads made and joined for each call: slow, but ThreadSanitizer understands every step of it.
namespace {
std::atomic<int> thread_count{0};
thread_local bool inside = false;
}  // namespace

void set_num_threads(int count) {
  LATENT_CHECK(count >= 1 && count <= available_threads(), "[threads] 1 to {}, got {}", available_threads(), count);
  thread_count = count;
}

int num_threads() { return thread_count > 0 ? thread_count.load() : available_threads(); }

void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  if (n <= 0) return;
  const auto [chunk, parts] = split(n, grain, num_threads());
  if (parts == 1 || inside) return body(0, n);
  std::vector<std::jthread> others;
  for (int part = 1; part < parts; ++part) {
    others.emplace_back([&, begin = part * chunk, chunk = chunk] {
      inside = true;
      body(begin, std::min(begin + chunk, n));
    });
  }
  body(0, chunk);
}

#else

void set_num_threads(int count) {
  LATENT_CHECK(count >= 1 && count <= available_threads(), "[threads] 1 to {}, got {}", available_threads(), count);
  omp_set_num_threads(count);
}

int num_threads() { return std::min(omp_get_max_threads(), available_threads()); }

void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  if (n <= 0) return;
  const Split split_n = split(n, grain, num_threads());
  const int64_t chunk = split_n.chunk;  // no structured binding: clang 14 cannot use one in an OpenMP region
  const int parts = split_n.parts;
  if (parts == 1 || omp_in_parallel() != 0) return body(0, n);
#pragma omp parallel for schedule(static, 1) num_threads(parts)
  for (int part = 0; part < parts; ++part) body(part * chunk, std::min((part + 1) * chunk, n));
}

#endif

}  // namespace latent
