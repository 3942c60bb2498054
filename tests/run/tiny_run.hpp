#pragma once
// A run that is trained in a moment, in memory, once for each program of tests.

#include <latent/data/dataset.hpp>
#include <latent/run/run_data.hpp>
#include <latent/run/training/train.hpp>

namespace latent::test {

/// A VAE of shapes with codes of three dimensions, trained on 135 samples; 15 are its validation part.
inline const Run& tiny_run() {
  static const Run run = train(data::open("shapes:150", {}),
                               {.preset = "vae-mlp", .hidden = {16}, .latent_dim = 3, .epochs = 1}, {.seed = 1});
  return run;
}

/// A part of the data of tiny_run().
inline RunData tiny_data(const std::string& split = "all") { return open_data(tiny_run(), {.split = split}); }

/// Groups of `each` samples in a row of two columns, far from each other, with their numbers as labels.
inline std::shared_ptr<const data::Dataset> groups(const std::vector<int64_t>& sizes) {
  std::vector<float> x;
  std::vector<int64_t> labels;
  Rng rng(7);
  std::vector<std::string> names;
  for (size_t g = 0; g < sizes.size(); ++g) {
    names.push_back("group " + std::to_string(g));
    for (int64_t i = 0; i < sizes[g]; ++i) {
      Tensor noise = Tensor::empty({2});
      rng.normal(noise.span<float>());
      x.push_back(10.0F * static_cast<float>(g) + 0.1F * noise.data<float>()[0]);
      x.push_back(5.0F * static_cast<float>(g % 2) + 0.1F * noise.data<float>()[1]);
      labels.push_back(static_cast<int64_t>(g));
    }
  }
  const auto N = static_cast<int64_t>(labels.size());
  return data::from_tensor(Tensor::from(x, {N, 2}), data::Kind::array, {}, labels, names);
}

}  // namespace latent::test
