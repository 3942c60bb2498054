#include <latent/formats/checksum.hpp>
#include <latent/compression/codec.hpp>
#include <latent/models/registry.hpp>

#include <tests/fuzz/fuzz_target.hpp>

#include <cstring>
#include <vector>

namespace {

using namespace latent;

// The model whose archives are in the corpus: that of make_seeds().
struct Coder {
  Coder() {
    Rng rng(1);
    model = make_model(Json::parse(R"({"model": "vae", "data_shape": [1, 4, 5], "latent_dim": 2,
        "network": {"name": "mlp", "hidden": [4]}, "likelihood": {"name": "logistic-mixture", "components": 2}})"),
                       rng);
    codec = std::make_unique<compression::Codec>(*model);
  }
  std::unique_ptr<LatentModel> model;
  std::unique_ptr<compression::Codec> codec;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Coder kCoder;
  // With the checksum put right and the model's own hash, so that what lies behind them is reached as well.
  const std::span bytes = std::as_bytes(std::span(data, size));
  std::vector<std::byte> repaired(bytes.begin(), bytes.end());
  constexpr size_t kHashAt = 16;
  if (size >= kHashAt + 16) {
    const uint64_t hash = compression::model_hash(*kCoder.model);
    std::memcpy(&repaired[kHashAt], &hash, 8);
    const uint64_t checksum = xxh64(std::span(repaired).first(size - 8));
    std::memcpy(&repaired[size - 8], &checksum, 8);
  }
  constexpr size_t kMostBytes = 1 << 20;
  fuzz::run(data, size, [](std::span<const std::byte> bytes) { compression::read_archive(bytes, "input"); });
  return fuzz::run(reinterpret_cast<const uint8_t*>(repaired.data()), size, [&](std::span<const std::byte> bytes) {
    const compression::Archive archive = compression::read_archive(bytes, "input");
    fuzz::touch(kCoder.codec->decompress(archive, "input", kMostBytes));
  });
}
