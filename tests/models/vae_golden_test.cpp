// One training step of tiny models against PyTorch; tests/golden/vae.py wrote the files.

#include <latent/autograd/backward.hpp>
#include <latent/autograd/reduce.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/formats/safetensors.hpp>
#include <tests/models/model_helpers.hpp>

#include <cmath>

namespace latent {
namespace {

using test::build;
using test::state_of;

// PyTorch computed in float64; we compute in float32, through a handful of sums of at most 50 products.
constexpr double kTolerance = 2e-5;

void expect_close(const Tensor& actual, const Tensor& expected, const std::string& what) {
  ASSERT_TRUE(actual.defined()) << what;
  ASSERT_EQ(actual.numel(), expected.numel()) << what;
  const std::vector<double> a = actual.to_vector(), e = expected.to_vector();
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], e[i], kTolerance * std::max(1.0, std::abs(e[i]))) << what << " at " << i;
  }
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, TermsAndGradientsOfOneStepAreThoseOfPyTorch) {
  const Safetensors file =
      read_safetensors(std::filesystem::path(LATENT_TEST_DATA) / "golden/vae" / (GetParam() + ".safetensors"));
  const auto model = build(nlohmann::json::parse(file.metadata.at("config")));
  size_t stored = 0;
  for (const auto& [name, tensor] : file.tensors) stored += name.starts_with("state.") ? 1 : 0;
  ASSERT_EQ(model->state().size(), stored);
  for (const nn::NamedTensor& t : model->state()) Tensor(t.tensor).copy_from(file.at("state." + t.name));

  Rng rng(7);
  const LossTerms terms = model->loss({.x = file.at("x"), .input = {}, .labels = {}}, {.rng = rng});
  expect_close(terms.terms.at(0).value, file.at("expected.reconstruction"), "reconstruction");
  if (model->has_likelihood()) {
    expect_close(terms.terms.at(1).value, file.at("expected.kl"), "kl");
    expect_close(terms.kl_per_dim, file.at("expected.kl_per_dim"), "kl_per_dim");
  }
  const Tensor loss = mean(terms.loss);
  expect_close(loss, file.at("expected.loss"), "loss");

  backward(loss);
  for (const nn::NamedTensor& t : model->parameters()) {
    // A scale that is calibrated has its optimum in closed form, and no gradient.
    if (t.name == "likelihood.logvar") {
      EXPECT_FALSE(t.tensor.grad().defined());
    } else {
      expect_close(t.tensor.grad(), file.at("grad." + t.name), t.name);
    }
  }
  for (const auto& [name, tensor] : file.tensors) {
    if (name.starts_with("after.")) expect_close(state_of(*model, name.substr(6)), tensor, name);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Golden, testing::Values("mlp", "mlp_deep", "conv", "ae"));

}  // namespace
}  // namespace latent
