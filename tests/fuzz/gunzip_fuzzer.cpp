#include <latent/formats/file.hpp>

#include <tests/fuzz/fuzz_target.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return latent::fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    constexpr size_t kLimit = size_t{1} << 24;
    constexpr size_t kHead = 4096;
    if (latent::gunzip_head(bytes, "input", kHead).size() > kHead) std::abort();
    if (latent::gunzip(bytes, "input", kLimit).size() > kLimit) std::abort();
  });
}
