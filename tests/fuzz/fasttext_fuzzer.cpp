#include <latent/words/files/vector_file.hpp>

#include <tests/fuzz/fuzz_target.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return latent::fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    const latent::words::LoadedVectors loaded = latent::words::read_vectors(bytes, "input");
    latent::fuzz::touch(loaded.words.vectors);
    if (loaded.words.ngrams) latent::words::vector_of(loaded.words, "an unseen word");
  });
}
