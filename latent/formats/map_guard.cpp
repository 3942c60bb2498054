#include <latent/formats/map_guard.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace latent {

namespace {

constexpr uintptr_t kChanging = 1;  // no mapping begins there

struct Mapping {
  std::atomic<uintptr_t> begin{0};  ///< 0: free
  std::atomic<uintptr_t> end{0};
};
static_assert(std::atomic<uintptr_t>::is_always_lock_free);
// A signal handler can reach nothing else.
std::array<Mapping, 256> mappings;         // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<uintptr_t> bytes_per_page{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

// Puts zeros where the file's bytes were, from the page at `address` to the end of the mapping.
bool replace_by_zeros(uintptr_t address) {
  for (const Mapping& mapping : mappings) {
    const uintptr_t begin = mapping.begin, end = mapping.end;
    if (begin <= kChanging || address < begin || address >= end) continue;
    const uintptr_t page = address / bytes_per_page * bytes_per_page;
    void* const place = reinterpret_cast<void*>(page);  // NOLINT(performance-no-int-to-ptr)
    return ::mmap(place, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == place;
  }
  return false;
}

extern "C" void on_bus_error(int, siginfo_t* info, void*) {
  const int error = errno;
  // Returning repeats the access: it succeeds, or has the usual effect.
  if (!replace_by_zeros(reinterpret_cast<uintptr_t>(info->si_addr))) std::signal(SIGBUS, SIG_DFL);
  errno = error;
}

}  // namespace

void survive_shortened_files() {
  bytes_per_page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = &on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

GuardedMapping::GuardedMapping(const void* begin, size_t size) {
  for (size_t i = 0; i < mappings.size(); ++i) {
    uintptr_t expected = 0;
    if (!mappings[i].begin.compare_exchange_strong(expected, kChanging)) continue;
    mappings[i].end = reinterpret_cast<uintptr_t>(begin) + size;
    mappings[i].begin = reinterpret_cast<uintptr_t>(begin);
    slot_ = static_cast<int>(i);
    return;
  }
}

GuardedMapping::~GuardedMapping() {
  if (slot_ >= 0) mappings[static_cast<size_t>(slot_)].begin = 0;
}

}  // namespace latent
