// PSNR and SSIM: by hand, and beside scikit-image (tests/golden/denoise.py).
#include <latent/data/image_quality.hpp>

#include <latent/core/rng.hpp>
#include <latent/core/threads.hpp>
#include <latent/formats/npy.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

namespace latent::data {
namespace {

// Both compute in double; only the order of sums differs.
constexpr double kDouble = 1e-9;

class Quality : public ::testing::TestWithParam<std::string> {
 protected:
  static std::map<std::string, Tensor> golden() {
    std::map<std::string, Tensor> arrays;
    const auto path = std::filesystem::path(LATENT_TEST_DATA) / "golden/denoise.npz";
    for (const auto& [name, tensor] : read_npz(MappedFile::open(path))) arrays.emplace(name, tensor);
    return arrays;
  }
};

TEST_P(Quality, IsThatOfScikitImage) {
  const auto arrays = golden();
  const Tensor &x = arrays.at(GetParam() + "_x"), &x_hat = arrays.at(GetParam() + "_x_hat");
  const std::vector<double> decibels = psnr(x_hat, x), similarities = ssim(x_hat, x);
  const std::vector<double> expected_psnr = arrays.at(GetParam() + "_psnr").to_vector();
  const std::vector<double> expected_ssim = arrays.at(GetParam() + "_ssim").to_vector();
  ASSERT_EQ(decibels.size(), expected_psnr.size());
  ASSERT_EQ(similarities.size(), expected_ssim.size());
  for (size_t i = 0; i < decibels.size(); ++i) {
    if (std::isinf(expected_psnr[i])) {
      EXPECT_EQ(decibels[i], expected_psnr[i]);
    } else {
      EXPECT_NEAR(decibels[i], expected_psnr[i], kDouble);
    }
    EXPECT_NEAR(similarities[i], expected_ssim[i], kDouble);
  }
}

INSTANTIATE_TEST_SUITE_P(Images, Quality, ::testing::Values("grey", "color"));

TEST(Psnr, ByHand) {
  const Tensor x = Tensor::zeros({3, 4});
  const Tensor x_hat = Tensor::from<float>({1, 1, 1, 1, 0.1f, -0.1f, 0.1f, 0.1f, 0, 0, 0, 0}, {3, 4});
  const std::vector<double> decibels = psnr(x_hat, x);
  EXPECT_NEAR(decibels[0], 0.0, kDouble);
  EXPECT_NEAR(decibels[1], 20.0, 1e-6);  // 0.1f is not quite 0.1
  EXPECT_EQ(decibels[2], std::numeric_limits<double>::infinity());
  EXPECT_TRUE(psnr(Tensor::zeros({0, 4}), Tensor::zeros({0, 4})).empty());
}

TEST(Ssim, OfConstantImagesByHand) {
  // Without variance only the first factor counts: (2 a b + c1) / (a^2 + b^2 + c1).
  const double a = 0.5, b = 0.25, c1 = 1e-4;
  const std::vector<double> value = ssim(Tensor::full({1, 1, 7, 8}, a), Tensor::full({1, 1, 7, 8}, b));
  EXPECT_NEAR(value[0], (2 * a * b + c1) / (a * a + b * b + c1), kDouble);
  EXPECT_NEAR(ssim(Tensor::full({1, 2, 9, 9}, a), Tensor::full({1, 2, 9, 9}, a))[0], 1.0, kDouble);
}

TEST(ImageQuality, SameBitsWithAnyNumberOfThreads) {
  Tensor x = Tensor::empty({40, 1, 12, 12}), y = Tensor::empty(x.shape());
  Rng(1).uniform(x.span<float>());
  Rng(2).uniform(y.span<float>());
  const auto all = std::pair{psnr(x, y), ssim(x, y)};
  const int threads = num_threads();
  set_num_threads(1);
  EXPECT_EQ(psnr(x, y), all.first);
  EXPECT_EQ(ssim(x, y), all.second);
  set_num_threads(threads);
}

TEST(ImageQuality, RefusesWhatDoesNotFit) {
  EXPECT_THROW(psnr(Tensor::zeros({2, 4}), Tensor::zeros({2, 5})), std::invalid_argument);
  EXPECT_THROW(psnr(Tensor::zeros({2, 4}), Tensor::zeros({2, 4}, DType::f64)), std::invalid_argument);
  EXPECT_THROW(psnr(Tensor::zeros({4}), Tensor::zeros({4})), std::invalid_argument);
  EXPECT_THROW(ssim(Tensor::zeros({2, 1, 6, 9}), Tensor::zeros({2, 1, 6, 9})), std::invalid_argument);
  EXPECT_THROW(ssim(Tensor::zeros({2, 49}), Tensor::zeros({2, 49})), std::invalid_argument);
}

}  // namespace
}  // namespace latent::data
