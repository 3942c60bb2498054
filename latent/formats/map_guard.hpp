#pragma once
// Mapped files that another program shortens: their bytes are gone, and touching them would end the process (SIGBUS).

#include <cstddef>

namespace latent {

/// From now on a mapped file that was shortened reads as zeros beyond its new end, in place of ending the process;
/// MappedFile::check_whole() then tells. Installs a handler for SIGBUS, which is why a program has to ask for it. Every
/// other SIGBUS has the effect that it has by default. Call it once, before other threads read.
void survive_shortened_files();

/// Remembers a mapping for as long as it lives. Has room for many; what finds none is not protected. Safe from many
/// threads. @param size  more than 0
class GuardedMapping {
 public:
  GuardedMapping(const void* begin, size_t size);
  ~GuardedMapping();
  GuardedMapping(const GuardedMapping&) = delete;
  GuardedMapping& operator=(const GuardedMapping&) = delete;

 private:
  int slot_ = -1;
};

}  // namespace latent
