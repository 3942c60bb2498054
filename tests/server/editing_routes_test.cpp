// Work with codes, and what the model says of samples that a client sends.

#include "explorer_test.hpp"

#include <latent/formats/image.hpp>
#include <latent/formats/memory_files.hpp>

#include <gmock/gmock.h>

#include <cmath>

namespace latent::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class EditingRoutes : public ExplorerTest {
 protected:
  static std::vector<float> code_of(int64_t i) {
    const Tensor code = get("codes?ids=" + std::to_string(i)).array();
    return {code.data<float>(), code.data<float>() + kDim};
  }
};

TEST_F(EditingRoutes, NeighborsAreThoseOfTheCodeSpace) {
  const auto near = post("neighbors", R"({"id": 7, "k": 4})").json();
  ASSERT_EQ(near.size(), 4U);
  const Tensor codes = get("codes").array();
  const auto distance = [&](int64_t i) {
    double sum = 0.0;
    for (int64_t d = 0; d < kDim; ++d) {
      sum += std::pow(double{codes.data<float>()[i * kDim + d]} - codes.data<float>()[7 * kDim + d], 2);
    }
    return std::sqrt(sum);
  };
  double nearest = 1e9;
  for (int64_t i = 0; i < kSamples; ++i) nearest = i == 7 ? nearest : std::min(nearest, distance(i));
  EXPECT_NEAR(near.at(0).at("distance").get<double>(), nearest, 1e-4);
  for (const auto& one : near) {
    EXPECT_NE(one.at("id"), 7);
    EXPECT_NEAR(one.at("distance").get<double>(), distance(one.at("id")), 1e-4);
  }
  EXPECT_EQ(post("neighbors", json{{"code", code_of(7)}, {"k", 1}}.dump()).json().at(0).at("id"), 7);
  EXPECT_EQ(post("neighbors", "{}").status, 400);
  EXPECT_EQ(post("neighbors", R"({"id": 300})").status, 400);
  EXPECT_EQ(post("neighbors", R"({"id": 1, "metric": "taxi"})").status, 400);
}

TEST_F(EditingRoutes, SamplesOfAPriorDependOnTheSeed) {
  const std::string body = R"({"count": 6, "seed": 4})";
  const Answer one = post("sample", body);
  EXPECT_EQ(one.array().shape(), (Shape{6, kDim}));
  EXPECT_EQ(post("sample", body).body, one.body);
  EXPECT_NE(post("sample", R"({"count": 6, "seed": 5})").body, one.body);
  const Tensor cold = post("sample", R"({"count": 6, "seed": 4, "temperature": 0.5})").array(), warm = one.array();
  for (int64_t i = 0; i < cold.numel(); ++i) EXPECT_FLOAT_EQ(cold.data<float>()[i], 0.5F * warm.data<float>()[i]);
  EXPECT_EQ(post("sample", R"({"count": 0})").status, 400);
  EXPECT_EQ(post("sample", R"({"count": 1000000})").status, 400);
  const Tensor near = post("near", json{{"code", code_of(3)}, {"count", 5}, {"spread", 0}}.dump()).array();
  EXPECT_EQ(near.data<float>()[kDim + 1], code_of(3)[1]);
}

TEST_F(EditingRoutes, ATruncationKeepsCodesInTheMiddle) {
  const auto drawn = [](json request) {
    request["count"] = 200;
    return post("sample", request.dump());
  };
  const Tensor free = drawn({{"seed", 1}}).array(), kept = drawn({{"seed", 1}, {"truncation", 0.5}}).array();
  ASSERT_EQ(kept.shape(), (Shape{200, kDim}));
  for (int64_t i = 0; i < kept.numel(); ++i) {
    EXPECT_LE(std::abs(kept.data<float>()[i]), 0.5F);
    if (std::abs(free.data<float>()[i]) <= 0.5F) {
      EXPECT_EQ(kept.data<float>()[i], free.data<float>()[i]);
    }
  }
  const Tensor cold = drawn({{"seed", 1}, {"truncation", 0.5}, {"temperature", 0.5}}).array();
  EXPECT_FLOAT_EQ(cold.data<float>()[7], 0.5F * kept.data<float>()[7]);
  EXPECT_EQ(drawn({{"seed", 1}, {"truncation", 100}}).array().to_vector(), free.to_vector());
  for (const json& bad : {json(0), json(-1), json(0.001), json("much"), json(101), json::array()}) {
    const Answer answer = drawn({{"truncation", bad}});
    EXPECT_EQ(answer.status, 400) << bad;
    EXPECT_EQ(answer.json().at("error"), "truncation: a number from 0.01 to 100 expected") << bad;
  }
  EXPECT_TRUE(get("info").json().at("run").at("has_normal_prior"));
}

TEST_F(EditingRoutes, AWayLeadsThroughItsStops) {
  const json request = {{"codes", {code_of(0), code_of(1), code_of(2)}}, {"steps", 5}};
  const Tensor way = post("interpolate", request.dump()).array();
  ASSERT_EQ(way.shape(), (Shape{9, kDim}));
  for (int64_t d = 0; d < kDim; ++d) {
    EXPECT_EQ(way.data<float>()[d], code_of(0)[static_cast<size_t>(d)]);
    EXPECT_EQ(way.data<float>()[4 * kDim + d], code_of(1)[static_cast<size_t>(d)]);
    EXPECT_EQ(way.data<float>()[8 * kDim + d], code_of(2)[static_cast<size_t>(d)]);
  }
  EXPECT_THAT(post("export/strip.png", request.dump()).body, ::testing::StartsWith("\x89PNG"));
  EXPECT_THAT(post("export/morph.gif", request.dump()).body, ::testing::StartsWith("GIF89a"));
  EXPECT_EQ(post("interpolate", json{{"codes", {code_of(0)}}}.dump()).status, 400);
  EXPECT_EQ(post("interpolate", json{{"codes", {code_of(0), code_of(1)}}, {"path", "scenic"}}.dump()).status, 400);
}

TEST_F(EditingRoutes, SumsAreThoseOfTheCommandLineButReadNoFiles) {
  const auto sum = post("arithmetic", R"({"expression": "#0 - #1 + #2"})").json();
  for (size_t d = 0; d < static_cast<size_t>(kDim); ++d) {
    EXPECT_NEAR(sum.at("code").at(d).get<double>(), double{code_of(0)[d]} - code_of(1)[d] + code_of(2)[d], 1e-4);
  }
  EXPECT_EQ(sum.at("terms").size(), 3U);
  EXPECT_EQ(post("arithmetic", R"({"expression": "label:flat - label:upright"})").status, 200);
  for (const char* expression : {"/etc/passwd", "./x.png - #1", "ids=@/etc/passwd"}) {
    const Answer answer = post("arithmetic", json{{"expression", expression}}.dump());
    EXPECT_EQ(answer.status, 400) << expression;
    EXPECT_THAT(answer.body, HasSubstr("names no files")) << expression;
  }
  EXPECT_EQ(post("arithmetic", R"({"expression": "#0 +"})").status, 400);
  EXPECT_EQ(post("arithmetic", R"({"expression": "#300"})").status, 400);
}

TEST_F(EditingRoutes, AttributesAreFoundKeptAndForgotten) {
  const auto flat = post("attributes", R"({"name": "flat", "expression": "label=flat"})").json();
  EXPECT_EQ(flat.at("with"), kSamples / 3);
  EXPECT_EQ(flat.at("without"), kSamples - kSamples / 3);
  EXPECT_EQ(flat.at("vector").size(), static_cast<size_t>(kDim));
  EXPECT_GT(flat.at("auroc").get<double>(), 0.5);
  EXPECT_EQ(post("attributes", R"({"name": "first", "ids": [0, 1, 2], "method": "logistic"})").status, 200);
  EXPECT_EQ(get("attributes").json().size(), 2U);
  EXPECT_EQ(remove("attributes/first").status, 200);
  EXPECT_EQ(remove("attributes/first").status, 404);
  EXPECT_EQ(remove("attributes/flat").status, 200);
  for (const char* wrong : {R"({"name": "a b", "ids": [1]})", R"({"name": "x"})", R"({"name": "x", "ids": []})",
                            R"({"name": "x", "ids": [0, 300]})", R"({"name": "x", "expression": "ids=@/etc/passwd"})",
                            R"({"name": "x", "ids": [1], "expression": "label=flat"})"}) {
    EXPECT_EQ(post("attributes", wrong).status, 400) << wrong;
  }
  EXPECT_TRUE(get("attributes").json().empty());
}

TEST_F(EditingRoutes, ASelectionHasACentreAndAMean) {
  const auto selection = post("selection", R"({"ids": [0, 3, 4]})").json();
  EXPECT_EQ(selection.at("count"), 3);
  EXPECT_EQ(selection.at("classes"), json({{"flat", 2}, {"upright", 1}}));
  for (size_t d = 0; d < static_cast<size_t>(kDim); ++d) {
    const double mean = (double{code_of(0)[d]} + code_of(3)[d] + code_of(4)[d]) / 3.0;
    EXPECT_NEAR(selection.at("center").at(d).get<double>(), mean, 1e-5);
  }
  const Answer mean = post("selection/mean.png", R"({"ids": [0]})");
  EXPECT_EQ(mean.body, get("samples/0.png").body);  // of one sample, itself
  EXPECT_EQ(post("selection", R"({"ids": "all"})").status, 400);
}

TEST_F(EditingRoutes, SentSamplesAreScoredCleanedAndRebuilt) {
  const Tensor x = open_session()->samples().range(0, 2);
  const std::string body = npy_bytes(x), type = "application/octet-stream";
  const auto scores = post("score", body, type).json();
  EXPECT_EQ(scores.at("scores").size(), 2U);
  EXPECT_NEAR(scores.at("scores").at(0).get<double>(),
              get("samples/0/item").json().at("reconstruction_nats").get<double>(), 1e-3);
  EXPECT_GT(post("score?method=neg_elbo", body, type).json().at("scores").at(0).get<double>(), 0.0);
  EXPECT_EQ(post("score?method=taste", body, type).status, 400);
  EXPECT_EQ(post("reconstruct?as=npy", body, type).array().shape(), x.shape());
  EXPECT_EQ(post("denoise?as=npy", body, type).array().shape(), x.shape());
  EXPECT_THAT(post("predict", body, type).body, HasSubstr("knows no classes"));
  // Pixels are model values / 255.
  const Tensor pixels = x.clone();
  Tensor bytes = Tensor::empty(x.shape(), DType::u8);
  for (int64_t i = 0; i < x.numel(); ++i) {
    bytes.data<uint8_t>()[i] = static_cast<uint8_t>(std::lround(255.0 * pixels.data<float>()[i]));
  }
  const Tensor a = post("encode", body, type).array(), b = post("encode", npy_bytes(bytes), type).array();
  for (int64_t i = 0; i < a.numel(); ++i) EXPECT_NEAR(a.data<float>()[i], b.data<float>()[i], 1e-4);
  EXPECT_EQ(post("encode", npy_bytes(Tensor::zeros({2, 5})), type).status, 400);
  EXPECT_EQ(post("encode", npy_bytes(Tensor::full(x.shape(), std::nan(""))), type).status, 400);
}

TEST_F(EditingRoutes, AnomaliesAreRankedAndJudgedByLabels) {
  const auto odd = get("anomalies?method=reconstruction&count=5&anomalous=flat").json();
  ASSERT_EQ(odd.at("oddest").size(), 5U);
  EXPECT_GE(odd.at("oddest").at(0).at("score"), odd.at("oddest").at(1).at("score"));
  const auto& roc = odd.at("roc");
  EXPECT_EQ(roc.at("fpr").back(), 1.0);
  EXPECT_EQ(roc.at("tpr").back(), 1.0);
  EXPECT_THAT(odd.at("methods"), ::testing::Contains("combined"));
  EXPECT_EQ(get("anomalies?method=smell").status, 404);
  EXPECT_EQ(get("anomalies?anomalous=unknown").status, 400);
}

}  // namespace
}  // namespace latent::test
