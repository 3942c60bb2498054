#include <tests/fuzz/image_fuzzing.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes = std::as_bytes(std::span(data, size));
  if (latent::image_format(bytes) != latent::ImageFormat::jpeg) return 0;
  return latent::fuzz::run(data, size, latent::fuzz::read_picture);
}
