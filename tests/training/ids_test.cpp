// Training on what is no image: ids (i32) by way of an embedding, sequences (C, L) and volumes (C, D, H, W).
#include "tiny_model.hpp"

#include <latent/core/detail/json_value.hpp>
#include <latent/models/registry.hpp>
#include <latent/nn/embedding.hpp>
#include <latent/training/batch_reader.hpp>
#include <latent/training/evaluate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent {
namespace {

using namespace test;
using ::testing::HasSubstr;

constexpr int64_t kVocabulary = 6, kLength = 4, kWidth = 5, kWordCodes = 3;

// An autoencoder of words of four letters.
class TinyWords : public LatentModel {
 public:
  TinyWords()
      : rng_(1),
        embedding_({.count = kVocabulary, .dim = kWidth}, rng_),
        encoder_({.in = kLength * kWidth, .out = kWordCodes}, rng_),
        decoder_({.in = kWordCodes, .out = kLength * kVocabulary}, rng_) {
    add_child("embedding", embedding_);
    add_child("encoder", encoder_);
    add_child("decoder", decoder_);
  }
  std::string kind() const override { return "words"; }
  Shape data_shape() const override { return {kLength}; }
  DType data_dtype() const override { return DType::i32; }
  int64_t latent_dim() const override { return kWordCodes; }
  bool has_decoder() const override { return false; }
  std::unique_ptr<Distribution> encode(const Tensor& ids) const override {
    return std::make_unique<PointMass>(codes(ids, nn::Mode::eval).detach());
  }
  LossTerms loss(const Batch& batch, const StepContext& context) const override {
    const int64_t N = batch.size();
    const Tensor logits = decoder_.forward(codes(batch.x, context.mode), context.mode);
    const Tensor letters = batch.x.to(DType::i64);
    const Tensor nll = cross_entropy(reshape(logits, {N * kLength, kVocabulary}), letters.span<int64_t>());
    return {sum_last(reshape(nll, {N, kLength})), {}, {}};
  }
  Json config() const override { return nlohmann::json{{"model", "words"}}; }

 private:
  Tensor codes(const Tensor& ids, nn::Mode mode) const {
    return encoder_.forward(flatten(embedding_.forward(ids, mode)), mode);
  }
  Rng rng_;
  nn::Embedding embedding_;
  nn::Linear encoder_, decoder_;
};

// Words of the letters a, a + 1, ...: three numbers are enough for them.
std::shared_ptr<const data::Dataset> words(int64_t n, uint64_t seed) {
  Tensor ids = Tensor::empty({n, kLength}, DType::i32);
  Rng rng(seed);
  for (int64_t i = 0; i < n; ++i) {
    const auto first = static_cast<int32_t>(rng.below(kVocabulary));
    for (int32_t l = 0; l < kLength; ++l) ids.data<int32_t>()[i * kLength + l] = (first + l) % kVocabulary;
  }
  return data::from_samples(ids);
}

TrainingOptions short_training() {
  TrainingOptions options;
  options.epochs = 30;
  options.batch = 16;
  options.optimizer.lr = 0.02;
  return options;
}

TEST(Ids, AModelOfIdsTrainsIsEvaluatedAndEncodes) {
  TinyWords model;
  const auto train = words(200, 1), test = words(50, 2);
  Trainer trainer(model, train, test, "test", short_training(), std::nullopt, {});
  Recorder recorder;
  EXPECT_TRUE(trainer.examine_data().empty());
  EXPECT_EQ(trainer.run(recorder, recorder.stop), Outcome::finished);
  const double at_random = kLength * std::log(static_cast<double>(kVocabulary));
  EXPECT_GT(recorder.epochs.front().held_out.at("loss"), 0.3 * at_random);
  EXPECT_LT(recorder.epochs.back().held_out.at("loss"), 0.05 * at_random);
  const Tensor z = encode_all(model, *test, 16);
  EXPECT_EQ(z.shape(), Shape({50, kWordCodes}));
}

TEST(Ids, ModelsRefuseSamplesOfAnotherType) {
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "accepted";
  };
  TinyWords model;
  TinyVae vae;
  const auto numbers = data::from_samples(Tensor::zeros({20, kLength}));
  EXPECT_THAT(message([&] { Trainer(model, numbers, nullptr, "test", short_training(), std::nullopt, {}); }),
              HasSubstr("the model expects i32 (4), got f32 (4)"));
  const auto ids = data::from_samples(Tensor::zeros({20, kValues}, DType::i32));
  EXPECT_THAT(message([&] { encode_all(vae, *ids, 8); }), HasSubstr("the model expects f32 (12), got i32 (12)"));
  TrainingOptions damaging = short_training();
  damaging.corruption = data::Corruption::from_text("mask:0.5");
  EXPECT_THAT(message([&] { Trainer(model, words(20, 1), nullptr, "test", damaging, std::nullopt, {}); }),
              HasSubstr("only f32 samples can be damaged or augmented, got i32"));
}

TEST(Ids, BatchesHaveTheDatasTypeAndShape) {
  const auto set = data::from_samples(Tensor::full({9, 2, 3}, 7, DType::u8));
  BatchReader reader(*set, 4);
  const Batch& batch = reader.range(2, 5);
  EXPECT_EQ(batch.x.dtype(), DType::u8);
  EXPECT_EQ(batch.x.shape(), Shape({3, 2, 3}));
  EXPECT_EQ(batch.x.to_vector(), std::vector<double>(18, 7));
}

TEST(Ids, AVaeTakesSequencesAndVolumes) {
  for (const Shape& sample : {Shape{2, 6}, Shape{2, 3, 2, 2}}) {
    SCOPED_TRACE(sample.str());
    const std::span<const int64_t> sizes = sample.sizes();
    const nlohmann::json config = {{"model", "vae"},
                                   {"data_shape", std::vector<int64_t>(sizes.begin(), sizes.end())},
                                   {"latent_dim", 2},
                                   {"network", {{"name", "mlp"}, {"hidden", {8}}}},
                                   {"likelihood", {{"name", "gaussian"}}}};
    Rng rng(3);
    const auto model = make_model(config, rng);
    const auto set = data::from_samples(random_samples(40, 4, sample.numel()).view_as(sample.prepend(40)));
    TrainingOptions options = short_training();
    options.epochs = 2;
    Trainer trainer(*model, set, set, "test", options, std::nullopt, {});
    Recorder recorder;
    EXPECT_EQ(trainer.run(recorder, recorder.stop), Outcome::finished);
    EXPECT_EQ(model->decode(encode_all(*model, *set, 16))->mean().shape(), sample.prepend(40));
    EXPECT_TRUE(std::isfinite(*evaluate(*model, *set, {.importance_samples = 3}).nll));
    EXPECT_EQ(make_model(model->config(), rng)->data_shape(), sample);
  }
}

}  // namespace
}  // namespace latent
