#include <latent/core/alone.hpp>
#include <latent/core/threads.hpp>

#include <latent/core/denormals.hpp>
#include <latent/core/error.hpp>
#include <latent/core/processors.hpp>
#include <latent/core/stoppable.hpp>
#include <latent/core/thread_team.hpp>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#ifndef LATENT_STD_THREADS
#include <omp.h>
#else
#include <dlfcn.h>
#include <sched.h>
#endif

namespace latent {

namespace {

// Processors of the affinity mask, and threads that the environment allows (OMP_THREAD_LIMIT).
int granted_by_system() {
#ifdef LATENT_STD_THREADS
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
#else
  return std::min(omp_get_num_procs(), omp_get_thread_limit());
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

// Sets the calling thread's treatment of denormals for one range. Unlike DenormalMode it leaves the pool alone, of
// which it may be a member.
class OwnDenormals {
 public:
  explicit OwnDenormals(uint64_t bits) : before_(detail::denormal_bits()) {
    if (bits != before_) detail::set_denormal_bits(bits);
  }
  ~OwnDenormals() { detail::set_denormal_bits(before_); }
  OwnDenormals(const OwnDenormals&) = delete;
  OwnDenormals& operator=(const OwnDenormals&) = delete;

 private:
  uint64_t before_;
};

}  // namespace

int available_threads() {
  static const int kCount = std::max(1, std::min(granted_by_system(), detail::quota_processors()));
  return kCount;
}

namespace {
thread_local bool is_alone = false;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
}  // namespace

Alone::Alone() : before_(is_alone) { is_alone = true; }
Alone::~Alone() { is_alone = before_; }

#ifdef LATENT_STD_THREADS

// Threads made and joined for each call: slow, but ThreadSanitizer understands every step of it.
namespace {

std::atomic<int> thread_count{0};
thread_local bool inside = false;

class Inside {
 public:
  Inside() : before_(inside) { inside = true; }
  ~Inside() { inside = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  bool before_;
};

// A function of the OpenMP runtime that oneDNN brings along; null if there is none.
template <class Function>
Function openmp(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}
void set_openmp_threads(int count) {
  static const auto kSet = openmp<void (*)(int)>("omp_set_num_threads");
  if (kSet != nullptr) kSet(count);
}
int openmp_threads() {
  static const auto kGet = openmp<int (*)()>("omp_get_max_threads");
  return kGet != nullptr ? kGet() : 1;
}

}  // namespace

ThreadTeam::ThreadTeam(Members) : threads_before_(openmp_threads()) { set_openmp_threads(1); }
ThreadTeam::~ThreadTeam() { set_openmp_threads(threads_before_); }
void ThreadTeam::share_denormals() const {}
void ThreadTeam::give_back() {}

void set_num_threads(int count) {
  LATENT_CHECK(count >= 1 && count <= available_threads(), "[threads] 1 to {}, got {}", available_threads(), count);
  thread_count = count;
}

int num_threads() {
  if (inside || is_alone) return 1;
  return thread_count > 0 ? thread_count.load() : available_threads();
}

void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  if (n <= 0) return;
  if (!inside) check_stop();
  const auto [chunk, parts] = split(n, grain, num_threads());
  if (parts == 1) return body(0, n);
  const uint64_t denormals = detail::denormal_bits();
  std::vector<std::jthread> others;
  for (int part = 1; part < parts; ++part) {
    others.emplace_back([&, begin = part * chunk, chunk = chunk] {
      const Inside guard;
      const OwnDenormals as_caller(denormals);
      body(begin, std::min(begin + chunk, n));
    });
  }
  const Inside guard;
  body(0, chunk);
}

#else

namespace {

// What set_num_threads() said, for all threads; 0 before. OpenMP's own number belongs to each thread that calls.
std::atomic<int> budget{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

int wanted_threads() {
  const int set = budget.load(std::memory_order_relaxed);
  return std::min({set > 0 ? set : omp_get_max_threads(), available_threads(), omp_get_thread_limit()});
}

// What decides how many threads OpenMP gives to a team of the calling thread, as its settings stand.
struct Circumstances {
  int wanted = 1, level = 0, active_level = 0, max_active_levels = 0;
  friend bool operator==(const Circumstances&, const Circumstances&) = default;
};

// How the other threads of the calling thread's pool treat denormals, as far as this file has set it; OpenMP's new
// threads begin as the thread is that starts them.
thread_local uint64_t pool_denormals = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
thread_local int pool_size = 0;            // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// Starts a team, makes its members treat denormals as the calling thread does, and counts them: no other way is certain
// on every runtime. Dynamic adjustment must be off.
int start_team(int wanted) {
  const uint64_t bits = detail::denormal_bits();
  int count = 1;
#pragma omp parallel num_threads(wanted)
  {
    detail::set_denormal_bits(bits);
    if (omp_get_thread_num() == 0) count = omp_get_num_threads();
  }
  pool_denormals = bits;
  pool_size = count;
  return count;
}

int threads_given() {
  if (is_alone || omp_in_parallel() != 0) return 1;
  const Circumstances now{wanted_threads(), omp_get_level(), omp_get_active_level(), omp_get_max_active_levels()};
  if (now.wanted <= 1 || now.active_level >= now.max_active_levels) return 1;
  thread_local Circumstances counted_in;
  thread_local int counted = 1;
  if (now != counted_in) {
    counted = start_team(now.wanted);
    counted_in = now;
  }
  return counted;
}

}  // namespace

ThreadTeam::ThreadTeam(Members members) : threads_before_(omp_get_max_threads()), dynamic_before_(omp_get_dynamic()) {
  if (dynamic_before_ != 0) omp_set_dynamic(0);
  if (members == Members::all) size_ = threads_given();
  if (size_ != threads_before_) omp_set_num_threads(size_);
}

ThreadTeam::~ThreadTeam() {
  if (size_ != threads_before_) omp_set_num_threads(threads_before_);
  if (dynamic_before_ != 0) omp_set_dynamic(dynamic_before_);
}

void ThreadTeam::share_denormals() const {
  const uint64_t bits = detail::denormal_bits();
  if (size_ > 1 && (bits != pool_denormals || pool_size < size_)) start_team(size_);
}

void ThreadTeam::give_back() {
  if (omp_in_parallel() != 0 || pool_size <= 1 || pool_denormals == detail::denormal_bits()) return;
  const ThreadTeam team;
  if (team.size() > 1) start_team(team.size());
}

void set_num_threads(int count) {
  LATENT_CHECK(count >= 1 && count <= available_threads(), "[threads] 1 to {}, got {}", available_threads(), count);
  budget = count;
  omp_set_num_threads(count);  // for what uses OpenMP beside this library
}

int num_threads() { return ThreadTeam().size(); }

void parallel_for(int64_t n, int64_t grain, const std::function<void(int64_t, int64_t)>& body) {
  if (n <= 0) return;
  if (omp_get_level() == 0) check_stop();
  if (n < 2 * grain) return body(0, n);
  const ThreadTeam team;
  const Split split_n = split(n, grain, team.size());
  const int64_t chunk = split_n.chunk;  // no structured binding: clang 14 cannot use one in an OpenMP region
  const int parts = split_n.parts, threads = team.size();
  if (parts == 1) return body(0, n);
  const uint64_t denormals = detail::denormal_bits();
  // The whole team, even where some get nothing: libgomp ends the threads that a smaller team has no use for, and the
  // next larger one would have to make them again.
#pragma omp parallel for schedule(static, 1) num_threads(threads)
  for (int part = 0; part < parts; ++part) {
    const OwnDenormals as_caller(denormals);
    body(part * chunk, std::min((part + 1) * chunk, n));
  }
}

#endif

}  // namespace latent
