#include <latent/models/model_file.hpp>

#include <tests/fuzz/fuzz_target.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return latent::fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    for (const auto& t : latent::load_model(bytes, "input").model->state()) latent::fuzz::touch(t.tensor);
  });
}
