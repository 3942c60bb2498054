#include <latent/formats/npy.hpp>

#include <algorithm>

#include <tests/fuzz/fuzz_target.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return latent::fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    const latent::NpzArrays arrays = latent::read_npz_arrays(bytes, "input");
    for (const auto& [name, array] : arrays.numbers) latent::fuzz::touch(array);
    for (const auto& [name, texts] : arrays.texts) {
      constexpr int64_t kMostTexts = 1000;
      for (int64_t i = 0; i < std::min(texts.numel(), kMostTexts); ++i) texts[i];
    }
  });
}
