// The classifier: its loss by hand, what it refuses, and that it learns.

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/models/classifier.hpp>
#include <latent/models/model_file.hpp>
#include <latent/models/model_size.hpp>
#include <latent/training/optimizer.hpp>
#include <tests/models/model_helpers.hpp>
#include <tests/support/message_of.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace latent {
namespace {

using nlohmann::json;
using test::build;
using test::uniform_data;
using testing::HasSubstr;

constexpr double kEntropyTolerance = 1e-5;

json mlp_config(const json& changes = json::object()) {
  json config = {{"model", "classifier"},
                 {"data_shape", {4}},
                 {"latent_dim", 3},
                 {"classes", 3},
                 {"network", {{"name", "mlp"}, {"hidden", {5}}}}};
  config.update(changes);
  return config;
}

json cnn_config(const std::vector<int64_t>& image, const std::vector<int64_t>& channels, int64_t blocks = 1) {
  return mlp_config(
      {{"data_shape", image}, {"network", {{"name", "cnn"}, {"channels", channels}, {"blocks", blocks}}}});
}

LossTerms classifier_loss(const LatentModel& model, const Tensor& x, std::vector<int64_t> labels,
                          nn::Mode mode = nn::Mode::train) {
  Rng rng(3);
  return model.loss({.x = x, .input = {}, .labels = std::move(labels)}, {.rng = rng, .mode = mode});
}

TEST(ClassifierModel, LossIsTheCrossEntropyOfItsProbabilities) {
  const auto model = build(mlp_config());
  const auto& classifier = dynamic_cast<const Classifier&>(*model);
  const Tensor x = uniform_data({4}, 6);
  const std::vector<int64_t> labels = {0, 1, 2, 2, 1, 0};
  const Tensor z = model->encode(x)->mean();
  EXPECT_EQ(z.shape(), Shape({6, 3}));
  const Tensor p = classifier.probabilities(z);
  const LossTerms terms = classifier_loss(*model, x, labels);
  ASSERT_EQ(terms.terms.size(), 2u);
  for (size_t n = 0; n < 6; ++n) {
    double sum = 0.0, largest = 0.0;
    for (size_t c = 0; c < 3; ++c) {
      sum += p.to_vector()[3 * n + c];
      largest = std::max(largest, p.to_vector()[3 * n + c]);
    }
    EXPECT_NEAR(sum, 1.0, kEntropyTolerance);
    const double of_label = p.to_vector()[3 * n + static_cast<size_t>(labels[n])];
    EXPECT_NEAR(terms.loss.to_vector()[n], -std::log(of_label), kEntropyTolerance);
    EXPECT_NEAR(terms.terms[0].value.to_vector()[n], -std::log(of_label), kEntropyTolerance);
    EXPECT_EQ(terms.terms[1].value.to_vector()[n], of_label == largest ? 1.0 : 0.0);
  }
}

TEST(ClassifierModel, SmoothingMixesInAllClassesInTrainingAlone) {
  const auto plain = build(mlp_config()), smooth = build(mlp_config({{"label_smoothing", 0.3}}));
  const Tensor x = uniform_data({4}, 4);
  const std::vector<int64_t> labels = {0, 1, 2, 0};
  const Tensor p = dynamic_cast<const Classifier&>(*plain).probabilities(plain->encode(x)->mean());
  const std::vector<double> loss = classifier_loss(*smooth, x, labels).loss.to_vector();
  for (size_t n = 0; n < 4; ++n) {
    double expected = 0.0;
    for (size_t c = 0; c < 3; ++c) {
      const double target = 0.7 * (static_cast<int64_t>(c) == labels[n] ? 1.0 : 0.0) + 0.1;
      expected -= target * std::log(p.to_vector()[3 * n + c]);
    }
    EXPECT_NEAR(loss[n], expected, kEntropyTolerance);
  }
  EXPECT_EQ(classifier_loss(*smooth, x, labels, nn::Mode::eval).loss.to_vector(),
            classifier_loss(*plain, x, labels, nn::Mode::eval).loss.to_vector());
}

TEST(ClassifierModel, UnknownLabelsTeachNothing) {
  const auto model = build(mlp_config());
  const Tensor x = uniform_data({4}, 2);
  const LossTerms terms = classifier_loss(*model, x, {-1, -1});
  EXPECT_EQ(terms.loss.to_vector(), (std::vector<double>{0.0, 0.0}));
  EXPECT_NEAR(terms.terms[0].value.to_vector()[0], std::log(3.0), kEntropyTolerance);
  backward(mean(terms.loss));
  for (const nn::NamedTensor& t : model->parameters()) {
    for (const double g : t.tensor.grad().to_vector()) EXPECT_EQ(g, 0.0) << t.name;
  }
}

TEST(ClassifierModel, EveryWeightGetsAGradientAndImagesOfOddSizesPass) {
  for (const std::vector<int64_t>& image : {std::vector<int64_t>{1, 28, 28}, {3, 9, 17}, {1, 4, 5}}) {
    const auto model = build(cnn_config(image, {4, 6, 8}));
    const Tensor x = uniform_data(model->data_shape(), 3);
    const LossTerms terms = classifier_loss(*model, x, {0, 1, 2});
    backward(mean(terms.loss));
    for (const nn::NamedTensor& t : model->parameters()) EXPECT_TRUE(t.tensor.grad().defined()) << t.name;
    EXPECT_EQ(model->encode(x)->mean().shape(), Shape({3, 3}));
  }
}

TEST(ClassifierModel, CostsAreThoseOfItsTensors) {
  for (const json& config : {cnn_config({3, 9, 17}, {4, 6, 8}, 2), cnn_config({1, 28, 28}, {8}, 0), mlp_config()}) {
    const auto model = build(config);
    double matrices = 0.0;
    for (const nn::NamedTensor& t : model->parameters()) {
      if (t.tensor.ndim() >= 2) matrices += static_cast<double>(t.tensor.numel());
    }
    EXPECT_EQ(costs_of(config).weights, matrices);
  }
  EXPECT_GT(size_of_model(mlp_config(), 10).memory, 0.0);
}

TEST(ClassifierModel, LearnsEightSamplesByHeartAndComesBackFromItsFile) {
  json config = cnn_config({1, 8, 8}, {8, 16});
  config["latent_dim"] = 16;
  const auto model = build(config);
  const Tensor x = uniform_data({1, 8, 8}, 8);
  const std::vector<int64_t> labels = {0, 1, 2, 0, 1, 2, 0, 1};
  const auto optimizer = make_optimizer({.name = "adam", .lr = 0.003}, model->parameters());
  for (int step = 0; step < 200; ++step) {
    backward(mean(classifier_loss(*model, x, labels).loss));
    optimizer->step(0.003);
  }
  const LossTerms learned = classifier_loss(*model, x, labels, nn::Mode::eval);
  EXPECT_EQ(mean(learned.terms[1].value).item(), 1.0);
  const test::TemporaryFolder folder;
  save_model(folder / "model.safetensors", *model, json::object());
  const LoadedModel loaded = load_model(folder / "model.safetensors");
  EXPECT_EQ(classifier_loss(*loaded.model, x, labels, nn::Mode::eval).loss.to_vector(), learned.loss.to_vector());
  EXPECT_EQ(loaded.model->config(), model->config());
  EXPECT_EQ(loaded.model->kind(), "classifier");
  Rng rng(0);
  EXPECT_EQ(model->loss_from(model->features(x), {.x = x, .input = {}, .labels = labels}, rng).loss.to_vector(),
            learned.loss.to_vector());
}

TEST(ClassifierModel, WhatDoesNotFitIsRefused) {
  const auto refused = [](const json& config, const std::string& text) {
    EXPECT_THAT(message_of<std::invalid_argument>([&] { build(config); }), HasSubstr(text));
  };
  refused(mlp_config({{"classes", 1}}), "classes");
  refused(mlp_config({{"network", {{"name", "cn"}}}}), "did you mean 'cnn'");
  refused(mlp_config({{"prior", {{"name", "normal"}}}}), "prior");
  refused(mlp_config({{"label_smoothing", 1.0}}), "label_smoothing");
  refused(cnn_config({1, 3, 3}, {4, 4, 4}), "sides of at least 4 pixels, got 3 x 3");
  refused(cnn_config({4}, {4}), "needs images");
  const auto model = build(mlp_config());
  const Tensor x = uniform_data({4}, 2);
  EXPECT_THROW(classifier_loss(*model, x, {0}), std::invalid_argument);
  EXPECT_THROW(classifier_loss(*model, x, {0, 3}), std::invalid_argument);
  EXPECT_THROW(model->encode(uniform_data({5}, 2)), std::invalid_argument);
  EXPECT_THROW(model->decode(Tensor::zeros({2, 3})), std::invalid_argument);
}

}  // namespace
}  // namespace latent
