#include <latent/core/detail/json_value.hpp>
#include <latent/latent.hpp>

#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace latent {
namespace {

using ::testing::HasSubstr;

// A model that says how often its encoder was asked.
class Counting : public LatentModel {
 public:
  explicit Counting(std::unique_ptr<LatentModel> model) : model_(std::move(model)) {}
  std::string kind() const override { return model_->kind(); }
  Shape data_shape() const override { return model_->data_shape(); }
  int64_t latent_dim() const override { return model_->latent_dim(); }
  bool has_likelihood() const override { return model_->has_likelihood(); }
  std::unique_ptr<Distribution> encode(const Tensor& x) const override {
    ++encoded;
    return model_->encode(x);
  }
  std::unique_ptr<Distribution> decode(const Tensor& z) const override { return model_->decode(z); }
  LossTerms loss(const Batch& batch, const StepContext& context) const override {
    ++encoded;
    return model_->loss(batch, context);
  }
  Tensor importance_weighted_bound(const Tensor& x, int64_t num_samples, Rng& rng) const override {
    ++encoded;
    return model_->importance_weighted_bound(x, num_samples, rng);
  }
  Tensor features(const Tensor& x) const override {
    ++encoded;
    return model_->features(x);
  }
  std::unique_ptr<Distribution> encode_from(const Tensor& features) const override {
    return model_->encode_from(features);
  }
  LossTerms loss_from(const Tensor& features, const Batch& batch, Rng& rng) const override {
    return model_->loss_from(features, batch, rng);
  }
  Tensor importance_weighted_bound_from(const Tensor& features, const Tensor& x, int64_t num_samples,
                                        Rng& rng) const override {
    return model_->importance_weighted_bound_from(features, x, num_samples, rng);
  }
  Json config() const override { return model_->config(); }

  mutable int encoded = 0;

 private:
  std::unique_ptr<LatentModel> model_;
};

TEST(Train, GivesARunThatRemembersItsData) {
  const test::TemporaryFolder folder;
  const std::filesystem::path out = folder.path() / "run";
  const data::Source source = latent::open("shapes:200");
  const latent::Run run =
      train(source, {.preset = "vae-mlp", .hidden = {16}, .latent_dim = 3, .epochs = 2}, {.out = out});
  const latent::Run loaded = load_run(out);
  EXPECT_EQ(run.sample(5, 1).to_vector(), loaded.sample(5, 1).to_vector());
  EXPECT_EQ(run.sample(5, 1).shape(), source.train->sample_shape().prepend(5));
  const RunData held_out = open_data(loaded);
  EXPECT_EQ(held_out.split, "validation");
  EXPECT_TRUE(held_out.is_trained_on);
  EXPECT_EQ(held_out.samples->size(), 20);
  EXPECT_EQ(loaded.encode(*held_out.samples).shape(), Shape({20, 3}));
  EXPECT_EQ(loaded.reconstruct(*held_out.samples).shape(), source.train->sample_shape().prepend(20));
  EXPECT_THROW(run.sample(0), std::invalid_argument);
}

TEST(Train, WithoutADirectoryNothingIsWrittenAndTheWeightsAreTheSame) {
  const data::Source source = latent::open("shapes:100");
  const TrainOptions options = {.preset = "vae-mlp", .hidden = {8}, .latent_dim = 2, .epochs = 1};
  const latent::Run a = train(source, options, {.seed = 3}), b = train(source, options, {.seed = 3});
  EXPECT_TRUE(a.path.empty());
  EXPECT_EQ(a.sample(3).to_vector(), b.sample(3).to_vector());
  EXPECT_NE(a.sample(3).to_vector(), train(source, options, {.seed = 4}).sample(3).to_vector());
}

TEST(Train, OptionsOutOfRangeAreRefusedByName) {
  const data::Source source = latent::open("shapes:50");
  const auto refusal = [&](const TrainOptions& options) {
    return message_of<UsageError>([&] { plan_training(source, options); });
  };
  EXPECT_EQ(refusal({.lr = 0.0}), "--lr: a number above 0 expected, got 0");
  EXPECT_EQ(refusal({.epochs = 0}), "--epochs: a number of at least 1, at most 1000000000 expected, got 0");
  EXPECT_EQ(refusal({.hidden = {16, -1}}), "--hidden: a number of at least 1, at most 1048576 expected, got -1");
  EXPECT_THAT(refusal({.ema = 1.0}), HasSubstr("--ema"));
  EXPECT_THAT(refusal({.preset = "vae-mlp", .momentum = 0.5}), HasSubstr("--momentum belongs to sgd"));
  EXPECT_THAT(refusal({.preset = "vae-mlp", .kernel = 3}), HasSubstr("belong to convolutions"));
  EXPECT_THAT(message_of<std::invalid_argument>([&] { plan_training(source, {.preset = "vae-mpl"}); }),
              HasSubstr("did you mean 'vae-mlp'"));
}

TEST(Train, EveryOptionIsOnThePageOfTheCommandLine) {
  const std::string page = test::read_text(std::filesystem::path(LATENT_SOURCE_DIR) / "docs/cli.md");
  TrainOptions options;
  for (const OptionField& field : fields_of(options)) {
    const std::string name = field.description.name.substr(0, field.description.name.find(','));
    EXPECT_THAT(page, HasSubstr("--" + name)) << "docs/cli.md does not name it";
  }
}

TEST(Train, AnOptionIsAppliedToTheSettingsThatItsKeyNames) {
  const data::Source source = latent::open("shapes:50");
  const TrainPlan plan = plan_training(
      source,
      {.preset = "vae-mlp", .epochs = 7, .batch = 5, .lr = 0.5, .optimizer = "sgd", .momentum = 0.25, .clip = 2.0});
  EXPECT_EQ(plan.training.epochs, 7);
  EXPECT_EQ(plan.training.batch, 5);
  EXPECT_EQ(plan.training.optimizer.lr, 0.5);
  EXPECT_EQ(plan.training.optimizer.momentum, 0.25);
  EXPECT_EQ(plan.training.clip_norm, 2.0);
}

TEST(RunSource, PartsComeFromOneOpening) {
  const latent::Run run =
      train(latent::open("shapes:100"), {.preset = "vae-mlp", .hidden = {8}, .latent_dim = 2, .epochs = 1});
  const RunSource source(run, "");
  EXPECT_TRUE(source.is_trained_on());
  EXPECT_EQ(source.part("train").samples->size(), 90);
  EXPECT_EQ(source.part("validation").samples->size(), 10);
  EXPECT_EQ(source.part("all").samples->size(), 100);
  EXPECT_THROW(source.part("rest"), std::invalid_argument);
}

TEST(SampleTerms, SendsEachBatchThroughTheEncoderOnce) {
  const data::Source source = latent::open("shapes:40");
  latent::Run run = train(source, {.preset = "vae-mlp", .hidden = {8}, .latent_dim = 2, .epochs = 1});
  const SampleTermsOptions options{.draws = 3, .importance_samples = 4, .batch = 16, .seed = 5};
  const SampleTerms plain = sample_terms(*run.model, *source.train, 0, 40, options);
  const Counting counting(std::move(run.model));
  const SampleTerms counted = sample_terms(counting, *source.train, 0, 40, options);
  EXPECT_EQ(counting.encoded, 3);  // batches of 16, 16 and 8
  EXPECT_EQ(counted.neg_elbo, plain.neg_elbo);
  EXPECT_EQ(counted.nll, plain.nll);
}

TEST(VaeOptions, SayWhatTheirConfigSays) {
  Rng rng(0), other(0);
  const Vae typed({.data_shape = {1, 6, 5},
                   .latent_dim = 3,
                   .network = slots::Conv{.channels = {4}, .hidden = {8}},
                   .likelihood = slots::GaussianNoise{.scale = std::nullopt},
                   .objective = slots::Elbo{.beta = 2.0}},
                  rng);
  const auto made = make_model(typed.config(), other);
  EXPECT_EQ(typed.config(), made->config());
  EXPECT_EQ(typed.config()->at("likelihood").at("scale"), "learned");
  EXPECT_EQ(typed.config()->at("objective").at("beta"), 2.0);
  const Vae plain({.data_shape = {4}, .latent_dim = 2, .posterior = slots::VectorQuantized{.entries = 8}}, rng);
  EXPECT_EQ(plain.kind(), "ae");
  EXPECT_EQ(plain.codebook_size(), 8);
  EXPECT_THROW(Vae({.data_shape = {4}, .network = slots::Conv{}}, rng), std::invalid_argument);
}

}  // namespace
}  // namespace latent
