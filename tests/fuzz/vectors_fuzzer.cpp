#include <latent/words/files/vector_file.hpp>

#include <tests/fuzz/fuzz_target.hpp>

// All forms but fastText's .bin: text with and without header, word2vec's binary, npz, safetensors.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return latent::fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    const latent::words::LoadedVectors loaded = latent::words::read_vectors(bytes, "input");
    latent::fuzz::touch(loaded.words.vectors);
    latent::words::read_vectors(bytes, "input", {.first = 2});
  });
}
