#include <latent/formats/sound.hpp>

#include <tests/fuzz/fuzz_target.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return latent::fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    latent::fuzz::touch(latent::read_sound(bytes, "input").samples);
  });
}
