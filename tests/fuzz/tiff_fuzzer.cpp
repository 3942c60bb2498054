#include <tests/fuzz/image_fuzzing.hpp>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return latent::fuzz::read_format(data, size, latent::ImageFormat::tiff);
}
