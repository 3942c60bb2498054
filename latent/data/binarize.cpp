#include <latent/core/choice.hpp>
#include <latent/core/threads.hpp>
#include <latent/data/dataset.hpp>
#include <latent/data/detail/dataset_over.hpp>

#include <cmath>
#include <vector>

namespace latent::data {

namespace {

class Binarized final : public DatasetOver {
 public:
  Binarized(std::shared_ptr<const Dataset> base, double threshold)
      : DatasetOver(std::move(base)), threshold_(static_cast<float>(threshold)) {}

  void gather(std::span<const int64_t> indices, std::span<float> out) const override {
    base().gather(indices, out);
    for (float& value : out) value = value > threshold_ ? 1.0f : 0.0f;
  }

 private:
  float threshold_;
};

class Drawn final : public DatasetOver {
 public:
  Drawn(std::shared_ptr<const Dataset> base, DrawnBits bits, uint64_t seed)
      : DatasetOver(std::move(base)), bits_(bits), seed_(seed) {}

  void gather(std::span<const int64_t> indices, std::span<float> out) const override { draw(indices, Rng(seed_), out); }
  void gather_anew(std::span<const int64_t> indices, const Rng& tape, std::span<float> out) const override {
    draw(indices, bits_ == DrawnBits::dynamic ? tape : Rng(seed_), out);
  }

 private:
  void draw(std::span<const int64_t> indices, const Rng& tape, std::span<float> out) const {
    base().gather(indices, out);
    const size_t numel = indices.empty() ? 0 : out.size() / indices.size();
    parallel_for(static_cast<int64_t>(indices.size()), 1, [&](int64_t begin, int64_t end) {
      std::vector<float> uniform(numel);
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        tape.fork(static_cast<uint64_t>(indices[i])).uniform(uniform);
        float* value = out.data() + i * numel;
        for (size_t p = 0; p < numel; ++p) value[p] = uniform[p] < value[p] ? 1.0F : 0.0F;
      }
    });
  }

  DrawnBits bits_;
  uint64_t seed_;
};

}  // namespace

constexpr auto kDrawnBits =
    std::to_array<Choice<DrawnBits>>({{"fixed", DrawnBits::fixed}, {"dynamic", DrawnBits::dynamic}});

std::string_view name_of(DrawnBits bits) { return kDrawnBits[static_cast<size_t>(bits)].name; }

DrawnBits drawn_bits_from(std::string_view name) { return choose("draw of bits", name, kDrawnBits); }

std::shared_ptr<const Dataset> drawn_bits(std::shared_ptr<const Dataset> base, DrawnBits bits, uint64_t seed) {
  LATENT_CHECK(base != nullptr, "[drawn_bits] no set to draw from");
  LATENT_CHECK(base->kind().has_one_scale && !base->is_standardised(),
               "[drawn_bits] bits are drawn from values in [0, 1], which a {} of standardised numbers does not have",
               base->kind().name);
  return std::make_shared<Drawn>(std::move(base), bits, seed);
}

std::shared_ptr<const Dataset> binarized(std::shared_ptr<const Dataset> base, double threshold) {
  LATENT_CHECK(base != nullptr, "[binarized] no set to binarize");
  LATENT_CHECK(std::isfinite(threshold), "[binarized] a finite threshold expected, got {}", threshold);
  LATENT_CHECK(base->kind().has_one_scale, "[binarized] columns of a table have no common threshold");
  return std::make_shared<Binarized>(std::move(base), threshold);
}

}  // namespace latent::data
