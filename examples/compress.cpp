// Trains a small VAE on generated black and white pictures, compresses them without loss, and gets them back.
// Prints (the size depends on the processor that trained):
//   800 pictures of 4096 pixels: 409600 bytes as bits, 116480 as an archive
//   all came back
#include <latent/compression/codec.hpp>
#include <latent/data/dataset.hpp>
#include <latent/models/vae.hpp>
#include <latent/training/trainer.hpp>

#include <fmt/core.h>

int main() try {
  using namespace latent;
  data::OpenOptions open;
  open.binarize = 0.5;
  const data::Source source = data::open("shapes:800", open);

  Rng rng(0);
  Vae model({.data_shape = {1, 64, 64}, .latent_dim = 6, .network = slots::Mlp{.hidden = {64}}}, rng);
  TrainingOptions options;
  options.epochs = 10;
  TrainingObserver silent;
  Trainer(model, source.train, nullptr, "", options, std::nullopt, {}).run(silent, std::atomic<bool>(false));

  // The values that a coder takes are whole: 0 ... 255.
  const Tensor x = source.train->range(0, source.train->size());
  Tensor pixels = Tensor::empty(x.shape(), DType::u8);
  for (int64_t i = 0; i < x.numel(); ++i) pixels.data<uint8_t>()[i] = x.data<float>()[i] > 0.5f ? 255 : 0;

  const compression::Codec codec(model);
  const std::vector<std::byte> bytes = compression::to_bytes(codec.compress(pixels));
  const Tensor back = codec.decompress(compression::read_archive(bytes, "memory"), "memory");
  fmt::print("{} pictures of {} pixels: {} bytes as bits, {} as an archive\n", x.dim(0), x.shape().tail().numel(),
             x.numel() / 8, bytes.size());
  fmt::print("{}\n", back.to_vector() == pixels.to_vector() ? "all came back" : "lost");
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
