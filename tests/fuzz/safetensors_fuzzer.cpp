#include <latent/formats/safetensors.hpp>

#include <tests/fuzz/fuzz_target.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return latent::fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    for (const auto& [name, tensor] : latent::read_safetensors(bytes, "input").tensors) latent::fuzz::touch(tensor);
  });
}
