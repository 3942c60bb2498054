// Archives there and back: every likelihood, every network, every vector width and number of threads, and damage.
#include <latent/autograd/backward.hpp>
#include <latent/compression/codec.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/core/threads.hpp>
#include <latent/models/registry.hpp>
#include <latent/training/evaluate.hpp>
#include <latent/training/trainer.hpp>

#include <gtest/gtest.h>
#include <tests/support/vector_targets.hpp>

#include <xmmintrin.h>

#include <cmath>
#include <numbers>

namespace latent::compression {
namespace {

using nlohmann::json;

json config_of(const std::vector<int64_t>& data_shape, const json& network, const json& likelihood) {
  return {{"model", "vae"},
          {"data_shape", data_shape},
          {"latent_dim", 3},
          {"network", network},
          {"likelihood", likelihood}};
}

// A model with weights that say something: those of a fresh one, enlarged.
std::unique_ptr<LatentModel> model_of(const json& config) {
  Rng rng(1);
  auto model = make_model(config, rng);
  for (const nn::NamedTensor& t : model->state()) {
    for (float& w : Tensor(t.tensor).span<float>()) w *= 1.5f;
  }
  return model;
}

// Moving bars with noise: images that are neither constant nor random.
Tensor pictures(const Shape& sample, int64_t N, bool binary) {
  Tensor x = Tensor::empty(sample.prepend(N), DType::u8);
  Rng rng(2);
  for (int64_t i = 0; i < x.numel(); ++i) {
    const int64_t n = i / sample.numel();
    const bool bar = (i + n) % 7 < 2;
    x.data<uint8_t>()[i] = static_cast<uint8_t>(binary ? (bar ? 255 : 0) : (bar ? 200 + rng.below(56) : rng.below(8)));
  }
  return x;
}

const json kConv = {{"name", "conv"}, {"channels", {4, 6}}, {"hidden", {8}}};
const json kMlp = {{"name", "mlp"}, {"hidden", {12}}};
const json kBernoulli = {{"name", "bernoulli"}}, kMixture = {{"name", "logistic-mixture"}, {"components", 3}};
json causal(int64_t channels) {
  return {{"name", "causal-mixture"},
          {"channels", channels},
          {"components", 3},
          {"features", 2},
          {"hidden", 6},
          {"reach", 2}};
}

struct Case {
  std::string name;
  json config;
  bool binary = false;
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

std::vector<Case> cases() {
  const std::vector<int64_t> grey = {1, 9, 10}, colour = {3, 7, 6};
  const auto styled = [](json network, const char* activation, const char* normalization) {
    network["activation"] = activation;
    network["normalization"] = normalization;
    return network;
  };
  const auto with_dropout = [](json network) {
    network["dropout"] = 0.5;
    return network;
  };
  return {{"bernoulli_mlp", config_of(grey, kMlp, kBernoulli), true},
          {"bernoulli_conv", config_of(grey, kConv, kBernoulli), true},
          {"mixture_conv_batch_norm", config_of(colour, styled(kConv, "silu", "batch"), kMixture)},
          {"mixture_conv_group_norm", config_of(grey, styled(kConv, "elu", "group"), kMixture)},
          {"mixture_conv_dropout", config_of(grey, with_dropout(kConv), kMixture)},
          {"mixture_rows", config_of({20}, styled(kMlp, "gelu", "none"), kMixture)},
          {"causal_grey", config_of(grey, kConv, causal(1))},
          {"causal_colour", config_of(colour, styled(kMlp, "tanh", "none"), causal(3))}};
}

class CodecCases : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(All, CodecCases, ::testing::ValuesIn(cases()), [](const auto& i) { return i.param.name; });

TEST_P(CodecCases, GiveBackEveryValue) {
  const auto model = model_of(GetParam().config);
  const Codec codec(*model);
  EXPECT_EQ(codec.is_binary(), GetParam().binary);
  for (const int64_t N : {1, 15, 33}) {
    const Tensor x = pictures(model->data_shape(), N, GetParam().binary);
    for (const int64_t streams : {0, 1, 20}) {
      const std::vector<std::byte> bytes = to_bytes(codec.compress(x, streams));
      EXPECT_EQ(codec.decompress(read_archive(bytes, "test"), "test").to_vector(), x.to_vector());
    }
  }
}

TEST_P(CodecCases, AreTheSameBytesAtEveryWidthAndNumberOfThreads) {
  const auto model = model_of(GetParam().config);
  const Tensor x = pictures(model->data_shape(), 40, GetParam().binary);
  const int threads = num_threads();
  std::vector<std::byte> lossless, lossy;
  on_every_target([&] {
    for (const int count : {1, threads}) {
      set_num_threads(count);
      const Codec codec(*model);
      const std::vector<std::byte> one = to_bytes(codec.compress(x, 35)),
                                   other = to_bytes(codec.compress_lossy(x, 0.1));
      if (lossless.empty()) lossless = one, lossy = other;
      EXPECT_EQ(one, lossless);
      EXPECT_EQ(other, lossy);
      EXPECT_EQ(codec.decompress(read_archive(lossless, "test"), "test").to_vector(), x.to_vector());
    }
  });
  set_num_threads(threads);
}

// Exact inference is inference: the same model computed by the library agrees up to rounding. After some training: what
// a fresh model finds next to impossible takes less than the bound, because every level has a least share.
TEST_P(CodecCases, TakeTheBitsOfTheBound) {
  Rng rng(1);
  const auto model = make_model(GetParam().config, rng);
  const int64_t N = 600;
  const Tensor x = pictures(model->data_shape(), N, GetParam().binary);
  const auto kind = model->data_shape().ndim() == 3 ? data::Kind::images : data::Kind::array;
  const auto samples = data::from_tensor(x, kind, {{0.0}, {1.0 / 255.0}, {}});
  TrainingOptions options;
  options.epochs = 4;
  options.batch = 50;
  options.optimizer.lr = 0.01;
  TrainingObserver silent;
  Trainer(*model, samples, nullptr, "", options, std::nullopt, {}).run(silent, std::atomic<bool>(false));
  const Archive archive = Codec(*model).compress(x, 4);
  const double elbo = evaluate(*model, *samples).terms.at("elbo");
  double bits = 0.0;
  for (const auto& stream : archive.streams) bits += 32.0 * static_cast<double>(stream.size());
  const double expected = -elbo * static_cast<double>(N) / std::numbers::ln2;
  const double initial = 32.0 * static_cast<double>(archive.initial_words);
  // Codes are drawn on both sides: 600 costs that vary by some 5 bits, two and a half standard errors.
  constexpr double kDraws = 300;
  EXPECT_NEAR(bits - initial, expected, 0.02 * expected + kDraws);
}

TEST(Codec, LossyIsSmallerAndReproducible) {
  const auto model = model_of(config_of({1, 9, 10}, kConv, kMixture));
  const Codec codec(*model);
  const Tensor x = pictures(model->data_shape(), 200, false);
  const Archive fine = codec.compress_lossy(x, 0.01), coarse = codec.compress_lossy(x, 0.5);
  EXPECT_LT(coarse.bytes(), fine.bytes());
  EXPECT_LT(fine.bytes(), codec.compress(x).bytes());
  const Tensor once = codec.decompress(fine, "test");
  EXPECT_EQ(once.shape(), x.shape());
  EXPECT_EQ(once.to_vector(), codec.decompress(read_archive(to_bytes(fine), "test"), "test").to_vector());
  EXPECT_THROW(codec.compress_lossy(x, 0.0), std::invalid_argument);
}

TEST(Codec, LossyNeedsNoProbabilities) {
  for (json config :
       {config_of({1, 9, 10}, kConv, {{"name", "gaussian"}}), config_of({20}, kMlp, {{"name", "laplace"}})}) {
    const auto model = model_of(config);
    const Codec codec(*model);
    const Tensor x = pictures(model->data_shape(), 5, false);
    EXPECT_FALSE(codec.is_lossless());
    EXPECT_THROW(codec.compress(x), std::invalid_argument);
    EXPECT_EQ(codec.decompress(codec.compress_lossy(x, 0.1), "test").shape(), x.shape());
  }
  json plain = config_of({20}, kMlp, kBernoulli);
  plain["model"] = "ae";
  const auto model = model_of(plain);
  EXPECT_FALSE(Codec(*model).is_lossless());
}

TEST(Codec, AnotherModelIsRefused) {
  const auto model = model_of(config_of({1, 9, 10}, kConv, kMixture)),
             other = model_of(config_of({1, 9, 10}, kConv, kMixture));
  Tensor(other->state().back().tensor).data<float>()[0] += 1e-3f;
  const Tensor x = pictures(model->data_shape(), 5, false);
  EXPECT_NE(model_hash(*model), model_hash(*other));
  EXPECT_THROW(Codec(*other).decompress(Codec(*model).compress(x), "test"), DataError);
}

TEST(Codec, FlushingDenormalsAroundItChangesNothing) {
  const auto model = model_of(config_of({1, 9, 10}, kConv, kMixture));
  for (const nn::NamedTensor& t : model->state()) {
    for (float& w : Tensor(t.tensor).span<float>()) w *= 1e-19f;  // products of them are denormal
  }
  const Codec codec(*model);
  const Tensor x = pictures(model->data_shape(), 9, false);
  const std::vector<std::byte> bytes = to_bytes(codec.compress(x));
  constexpr unsigned kFlush = 0x8040;  // flush to zero, denormals are zero
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | kFlush);
  const std::vector<std::byte> flushed = to_bytes(codec.compress(x));
  EXPECT_EQ(_mm_getcsr() & kFlush, kFlush);
  _mm_setcsr(before);
  EXPECT_EQ(bytes, flushed);
}

// A model that has learned nothing, or even diverged, compresses badly; what it compressed comes back.
TEST(Codec, SurvivesWeightsThatAreNoNumbers) {
  const auto model = model_of(config_of({1, 9, 10}, kConv, causal(1)));
  for (const nn::NamedTensor& t : model->state()) Tensor(t.tensor).data<float>()[0] = std::nanf("");
  const Codec codec(*model);
  const Tensor x = pictures(model->data_shape(), 9, false);
  EXPECT_EQ(codec.decompress(codec.compress(x), "test").to_vector(), x.to_vector());
}

TEST(Codec, RefusesWhatItCannotCode) {
  const auto model = model_of(config_of({1, 9, 10}, kConv, kBernoulli));
  const Codec codec(*model);
  EXPECT_THROW(codec.compress(pictures(model->data_shape(), 3, false)), std::invalid_argument);
  EXPECT_THROW(codec.compress(pictures({1, 9, 9}, 3, true)), std::invalid_argument);
  EXPECT_THROW(codec.compress(Tensor::zeros({3, 1, 9, 10})), std::invalid_argument);
}

class Damage : public ::testing::Test {
 protected:
  std::unique_ptr<LatentModel> model_ = model_of(config_of({1, 9, 10}, kConv, kMixture));
  Codec codec_{*model_};
  Tensor x_ = pictures(model_->data_shape(), 30, false);
};

TEST_F(Damage, EveryByteAndEveryLengthIsNoticed) {
  const std::vector<std::byte> bytes = to_bytes(codec_.compress(x_));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::vector<std::byte> changed = bytes;
    changed[i] ^= std::byte{0x10};
    EXPECT_THROW(read_archive(changed, "test"), DataError) << "byte " << i;
    EXPECT_THROW(read_archive(std::span(bytes).first(i), "test"), DataError) << "length " << i;
  }
}

// Behind the file's checksum: streams that were changed never give wrong values.
TEST_F(Damage, AStreamThatWasChangedNeverGivesWrongValues) {
  for (const bool lossy : {false, true}) {
    const Archive archive = lossy ? codec_.compress_lossy(x_, 0.05) : codec_.compress(x_);
    Rng rng(3);
    for (int i = 0; i < 60; ++i) {
      Archive changed = archive;
      auto& stream = changed.streams[rng.below(changed.streams.size())];
      switch (i % 4) {
        case 0: stream[rng.below(stream.size())] ^= uint32_t{1} << rng.below(31); break;
        case 1: stream.pop_back(); break;
        case 2: stream.erase(stream.begin()); break;
        default: stream.insert(stream.begin(), 1); break;
      }
      EXPECT_THROW(codec_.decompress(changed, "test"), DataError) << i;
    }
  }
}

TEST_F(Damage, ClaimsThatCannotBeAreRefused) {
  const Archive archive = codec_.compress(x_), lossy = codec_.compress_lossy(x_, 0.05);
  const auto refused = [&](Archive a, const auto& change) {
    change(a);
    EXPECT_THROW(codec_.decompress(a, "test"), DataError);
  };
  refused(archive, [](Archive& a) { a.count += 1; });
  refused(archive, [](Archive& a) { a.count = int64_t{1} << 39; });
  refused(archive, [](Archive& a) { a.count -= 1; });
  refused(archive, [](Archive& a) { a.levels = 2; });
  refused(archive, [](Archive& a) { a.values_checksum ^= 1; });
  refused(archive, [](Archive& a) { a.sample_shape = {1, 10, 9}; });
  refused(archive, [](Archive& a) { a.coding = Coding::lossy; });
  refused(lossy, [](Archive& a) { a.coding = Coding::lossless; });
  refused(lossy, [](Archive& a) { a.numbers.pop_back(); });
  refused(lossy, [](Archive& a) { a.numbers[0] = -1.0; });
  refused(lossy, [](Archive& a) { a.numbers[2] = 0.0; });
  refused(lossy, [](Archive& a) { a.numbers[4] = a.numbers[3] - 1; });
  refused(lossy, [](Archive& a) { a.numbers[4] = 1e300; });
  refused(archive, [](Archive& a) { a.initial_words += 1; });
  refused(archive, [](Archive& a) { a.numbers = {1.0}; });
  refused(lossy, [](Archive& a) { a.levels = 2; });
  refused(lossy, [](Archive& a) { a.initial_words = 1; });
}

// What the header claims, behind a checksum that fits.
TEST_F(Damage, FieldsThatTheCodingDoesNotHaveAreRefused) {
  const Archive archive = codec_.compress(x_), lossy = codec_.compress_lossy(x_, 0.05);
  const auto refused = [&](Archive a, const auto& change) {
    change(a);
    EXPECT_THROW(read_archive(to_bytes(a), "test"), DataError);
  };
  refused(archive, [](Archive& a) { a.numbers = {1.0}; });
  refused(lossy, [](Archive& a) { a.levels = 2; });
  refused(lossy, [](Archive& a) { a.initial_words = ~uint64_t{0}; });
  refused(lossy, [](Archive& a) { a.streams.push_back(a.streams[0]); });
  Archive forged = archive;
  forged.initial_words = ~uint64_t{0};
  EXPECT_THROW(codec_.decompress(read_archive(to_bytes(forged), "test"), "test"), DataError);
}

// Codes count as well: a header's few bytes may claim many.
TEST_F(Damage, MoreThanTheLimitIsRefused) {
  const Archive archive = codec_.compress(x_), lossy = codec_.compress_lossy(x_, 0.05);
  constexpr size_t kValues = 30 * 90, kCodes = 30 * 3 * sizeof(int32_t);
  EXPECT_EQ(codec_.decompress(archive, "test", kValues).dim(0), 30);
  EXPECT_THROW(codec_.decompress(archive, "test", kValues - 1), DataError);
  EXPECT_EQ(codec_.decompress(lossy, "test", kValues + kCodes).dim(0), 30);
  EXPECT_THROW(codec_.decompress(lossy, "test", kValues + kCodes - 1), DataError);
  EXPECT_EQ(codec_.most_samples(Coding::lossless, kValues), 30);
  EXPECT_EQ(codec_.most_samples(Coding::lossy, kValues), 26);
}

// Samples that are all of one code cost no bits, whatever their number.
TEST_F(Damage, CodesThatCostNothingComeBack) {
  const Tensor same = Tensor::zeros({500, 1, 9, 10}, DType::u8);
  Archive archive = codec_.compress_lossy(same, 0.05);
  EXPECT_EQ(archive.streams[0].size(), 2u);
  EXPECT_EQ(codec_.decompress(archive, "test").dim(0), 500);
  archive.count = 501;
  EXPECT_THROW(codec_.decompress(archive, "test"), DataError);
}

}  // namespace
}  // namespace latent::compression
