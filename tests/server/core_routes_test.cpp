// What the page asks first: info, codes, maps, samples, decoding.

#include "explorer_test.hpp"

#include <latent/formats/image.hpp>
#include <latent/formats/memory_files.hpp>

#include <gmock/gmock.h>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

class CoreRoutes : public ExplorerTest {};

Tensor picture(const Answer& answer) {
  return read_image(std::as_bytes(std::span(answer.body.data(), answer.body.size())), "the answer");
}

TEST_F(CoreRoutes, InfoSaysWhatThereIs) {
  const auto info = get("info").json();
  EXPECT_EQ(info.at("run").at("latent_dim"), kDim);
  EXPECT_EQ(info.at("run").at("data_shape"), nlohmann::json({1, kSize, kSize}));
  EXPECT_EQ(info.at("data").at("samples"), kSamples);
  EXPECT_THAT(info.at("data").at("classes"), ::testing::UnorderedElementsAre("flat", "upright", "slanted"));
  EXPECT_EQ(info.at("look").at("type"), "image");
  EXPECT_THAT(info.at("maps"), ::testing::Contains("umap"));
  EXPECT_THAT(info.at("capabilities"), ::testing::Contains("encode"));
}

TEST_F(CoreRoutes, CodesAreThoseOfTheEncoderAndLabelsThoseOfTheData) {
  const Tensor codes = get("codes").array();
  ASSERT_EQ(codes.shape(), (Shape{kSamples, kDim}));
  const Tensor some = get("codes?ids=5,0").array();
  EXPECT_EQ(some.data<float>()[0], codes.data<float>()[5 * kDim]);
  EXPECT_EQ(some.data<float>()[kDim], codes.data<float>()[0]);
  const Tensor x = open_session()->samples().range(5, 6);
  const Tensor again = post("encode", npy_bytes(x), "application/octet-stream").array();
  for (int64_t d = 0; d < kDim; ++d) EXPECT_NEAR(again.data<float>()[d], some.data<float>()[d], 1e-4);
  const Tensor labels = get("labels").array();
  EXPECT_EQ(labels.dtype(), DType::i64);
  EXPECT_EQ(get("info").json().at("data").at("classes").at(static_cast<size_t>(labels.data<int64_t>()[4])), "upright");
  EXPECT_EQ(get("codes?ids=300").status, 400);
  EXPECT_EQ(get("codes?ids=1,x").status, 400);
}

TEST_F(CoreRoutes, CodesAreSentFromWhereTheyLie) {
  const server::Response response = explorer().answer({.method = "GET", .path = "/api/v1/codes"});
  const std::string bytes = npy_bytes(open_session()->codes());
  EXPECT_EQ(response.whole_body(), bytes);
  EXPECT_LT(response.body.size(), 256U);  // the head; the codes are not copied
  const Answer answer = get("codes");
  EXPECT_EQ(answer.body, bytes);
  EXPECT_EQ(answer.headers.find("Content-Length")->second, std::to_string(bytes.size()));
  EXPECT_EQ(answer.headers.count("Content-Type"), 1U);
  EXPECT_EQ(answer.type, "application/octet-stream");
  const auto head = client().Head("/api/v1/codes");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->get_header_value("Content-Length"), std::to_string(bytes.size()));
  EXPECT_TRUE(head->body.empty());
}

TEST_F(CoreRoutes, CodesAreKeptBesideTheRun) {
  EXPECT_TRUE(open_session()->codes_were_kept());
  std::filesystem::path kept;
  for (const auto& file : std::filesystem::directory_iterator(run_path() / "explore")) kept = file.path();
  ASSERT_THAT(kept.string(), HasSubstr("codes-"));
  std::filesystem::resize_file(kept, std::filesystem::file_size(kept) / 2);  // damaged: computed again
  EXPECT_FALSE(open_session()->codes_were_kept());
  EXPECT_TRUE(open_session()->codes_were_kept());
}

TEST_F(CoreRoutes, APlaneOfPcaIsReadBackwardsExactly) {
  const int64_t id = finished_map({{"method", "pca"}});
  const std::string map = "maps/" + std::to_string(id);
  const Answer answer = get(map + "/positions");
  const Tensor places = answer.array();
  ASSERT_EQ(places.shape(), (Shape{kSamples, 2}));
  EXPECT_EQ(answer.headers.find("X-Map-Version")->second, "1");
  EXPECT_GT(get(map).json().at("explained").get<double>(), 0.3);
  // The centre of the map is the mean code.
  const auto code = get(map + "/code?x=0&y=0").json().at("code");
  const Tensor codes = get("codes").array();
  for (int64_t d = 0; d < kDim; ++d) {
    double mean = 0.0;
    for (int64_t n = 0; n < kSamples; ++n) mean += codes.data<float>()[n * kDim + d] / double{kSamples};
    EXPECT_NEAR(code.at(static_cast<size_t>(d)).get<double>(), mean, 1e-4);
  }
  const Tensor decoded = picture(get(map + "/decode?x=0.5&y=-0.5"));
  EXPECT_EQ(decoded.shape(), (Shape{1, kSize, kSize}));
  EXPECT_EQ(get(map + "/decode?x=0.5").status, 400);
  EXPECT_EQ(get(map + "/decode?x=nan&y=0").status, 400);
  EXPECT_EQ(get(map + "/decode?x=1e39&y=0").status, 400);
}

TEST_F(CoreRoutes, MapsThatTakeStepsAreWatchedAndTheSameAreNotMadeAgain) {
  const nlohmann::json request = {{"method", "umap"}, {"seed", 3}, {"options", {{"neighbors", 10}, {"epochs", 60}}}};
  const int64_t id = finished_map(request);
  EXPECT_TRUE(post("maps", request.dump()).json().at("cached").get<bool>());
  const std::string map = "maps/" + std::to_string(id);
  EXPECT_EQ(get(map).json().at("steps"), 60);
  EXPECT_THAT(get(map + "/events").body, HasSubstr("event: done"));
  // At the place of a sample lies its code.
  const Tensor places = get(map + "/positions").array(), codes = get("codes").array();
  const auto code = get("maps/" + std::to_string(id) + "/code?x=" + std::to_string(places.data<float>()[0]) +
                        "&y=" + std::to_string(places.data<float>()[1]))
                        .json()
                        .at("code");
  for (int64_t d = 0; d < kDim; ++d) EXPECT_NEAR(code.at(static_cast<size_t>(d)), codes.data<float>()[d], 0.2);
}

TEST_F(CoreRoutes, AMapIsStopped) {
  const auto begun = post("maps", R"({"method": "tsne", "options": {"epochs": 100000}})").json();
  const std::string map = "maps/" + std::to_string(begun.at("id").get<int64_t>());
  std::string seen;
  client().Get("/api/v1/" + map + "/events", [&](const char* data, size_t size) {
    seen.append(data, size);
    return seen.find("\"steps\":100000") == std::string::npos;
  });
  EXPECT_THAT(seen, HasSubstr("\"steps\":100000"));
  EXPECT_EQ(remove(map).status, 200);
  for (int i = 0; i < 200 && get(map).json().at("state") != "stopped"; ++i) usleep(20'000);
  EXPECT_EQ(get(map).json().at("state"), "stopped");
  EXPECT_EQ(get(map + "/positions").array().dim(0), kSamples);  // as far as it came
}

TEST_F(CoreRoutes, TheCodesThemselvesAreAMap) {
  const int64_t id = finished_map({{"method", "codes"}, {"options", {{"dimensions", {2, 0}}}}});
  const Tensor places = get("maps/" + std::to_string(id) + "/positions").array(), codes = get("codes").array();
  EXPECT_EQ(places.data<float>()[0], codes.data<float>()[2]);
  const auto code = get("maps/" + std::to_string(id) + "/code?x=1.5&y=-2").json().at("code");
  EXPECT_EQ(code.at(2), 1.5);
  EXPECT_EQ(code.at(0), -2.0);
}

TEST_F(CoreRoutes, WrongMapsAreRefusedInOneLine) {
  for (const char* request :
       {"{\"method\": \"lle\"}", "{\"method\": \"umap\", \"options\": {\"perplexity\": 5}}", "{\"dims\": 4}",
        "{\"method\": \"umap\", \"options\": {\"neighbors\": 1e9}}", "{\"method\": 3}", "[1]", "{", "{\"seed\": -1}",
        "{\"method\": \"codes\", \"options\": {\"dimensions\": [0, 3]}}"}) {
    const Answer answer = post("maps", request);
    EXPECT_EQ(answer.status, 400) << request;
    EXPECT_THAT(answer.json().at("error").get<std::string>(), ::testing::Not(HasSubstr("\n"))) << request;
  }
  EXPECT_EQ(get("maps/999").status, 404);
  EXPECT_EQ(get("maps/x/positions").status, 404);
}

TEST_F(CoreRoutes, SamplesAndWhatTheModelMakesOfThem) {
  const auto sample = get("samples/4").json();
  EXPECT_EQ(sample.at("class"), "upright");
  const Tensor x = open_session()->samples().range(4, 5);
  const Tensor shown = picture(get("samples/4.png"));
  for (int64_t i = 0; i < kSize * kSize; ++i) {
    EXPECT_EQ(shown.data<uint8_t>()[i], static_cast<uint8_t>(std::lround(255.0 * x.data<float>()[i])));
  }
  const auto item = get("samples/4/item?k=5").json();
  EXPECT_EQ(item.at("code").size(), static_cast<size_t>(kDim));
  EXPECT_EQ(item.at("neighbors").size(), 5U);
  for (const auto& near : item.at("neighbors")) EXPECT_NE(near.at("id"), 4);
  EXPECT_GT(item.at("reconstruction_nats").get<double>(), 0.0);
  double kl = 0.0;
  for (const auto& one : item.at("kl_per_dim")) kl += one.get<double>();
  EXPECT_NEAR(kl, item.at("kl_nats").get<double>(), 1e-3);
  for (const char* name : {"reconstruction.png", "difference.png", "cleaned.png"}) {
    EXPECT_EQ(picture(get(std::string("samples/4/") + name)).dim(1), kSize) << name;
  }
  EXPECT_EQ(get("samples/300").status, 404);
  EXPECT_EQ(get("samples/-1").status, 404);
  EXPECT_EQ(get("samples/4/../../x").status, 404);
}

TEST_F(CoreRoutes, ThumbnailsLieRowByRow) {
  const Tensor atlas = picture(get("thumbnails?from=3&count=5&size=8"));
  ASSERT_EQ(atlas.shape(), (Shape{1, 16, 24}));  // 3 columns, 2 rows
  for (int64_t i = 0; i < 5; ++i) {
    const Tensor one = picture(get("samples/" + std::to_string(3 + i) + ".png"));
    for (int64_t y = 0; y < kSize; ++y) {
      for (int64_t x = 0; x < kSize; ++x) {
        EXPECT_EQ(atlas.data<uint8_t>()[(i / 3 * 8 + y) * 24 + i % 3 * 8 + x], one.data<uint8_t>()[y * kSize + x]) << i;
      }
    }
  }
  EXPECT_EQ(picture(get("thumbnails?count=4&size=20")).shape(), (Shape{1, 40, 40}));
  EXPECT_EQ(get("thumbnails?count=5000").status, 400);
  EXPECT_EQ(get("thumbnails?count=4096&size=256").status, 200);  // no more than there are: 300
}

TEST_F(CoreRoutes, CodesAreDecodedAsPictureArrayOrNumbers) {
  const std::string body = R"({"codes": [[0, 0, 0], [1, -1, 0.5]]})";
  const Tensor array = post("decode?as=npy", body).array();
  EXPECT_EQ(array.shape(), (Shape{2, 1, kSize, kSize}));
  EXPECT_EQ(picture(post("decode?as=png&columns=2", body)).shape(), (Shape{1, kSize, 2 * kSize}));
  const Tensor pixels = post("decode?as=pixels", body).array();  // what the PNG shows, without its packing
  ASSERT_EQ(pixels.dtype(), DType::u8);
  ASSERT_EQ(pixels.shape(), array.shape());
  for (int64_t i = 0; i < pixels.numel(); ++i) {
    EXPECT_NEAR(pixels.data<uint8_t>()[i], 255.0F * array.data<float>()[i], 0.501F);
  }
  const auto rows = post("decode?as=json", body).json().at("values");
  EXPECT_NEAR(rows.at(1).at(7).get<double>(), array.data<float>()[kSize * kSize + 7], 1e-6);
  const Tensor z = Tensor::from(std::vector<float>{0, 0, 0, 1, -1, 0.5F}, {2, kDim});
  const Tensor same = post("decode?as=npy", npy_bytes(z), "application/octet-stream").array();
  for (int64_t i = 0; i < array.numel(); ++i) EXPECT_EQ(same.data<float>()[i], array.data<float>()[i]);
  for (const char* wrong : {"{\"codes\": []}", "{\"codes\": [[1, 2]]}", "{\"codes\": [[1, 2, 1e99]]}", "{}", "x", "",
                            "{\"codes\": [[1, 2, \"3\"]]}", "\x93NUMPY"}) {
    EXPECT_EQ(post("decode", wrong).status, 400) << wrong;
  }
}

TEST_F(CoreRoutes, APictureOfAnySizeIsEncoded) {
  const Tensor large = Tensor::full({3, 40, 20}, 200.0, DType::u8);
  EXPECT_EQ(post("encode", png_bytes(large), "image/png").array().shape(), (Shape{1, kDim}));
  EXPECT_EQ(post("encode", png_bytes(large).substr(0, 60), "image/png").status, 400);
}

TEST_F(CoreRoutes, ColoursAreOneForEachSample) {
  const auto list = get("colors").json();
  EXPECT_EQ(list.at(0).at("id"), "label");
  for (const auto& one : list) {
    const Answer answer = get("colors/" + one.at("id").get<std::string>());
    ASSERT_EQ(answer.status, 200) << one << answer.body;
    EXPECT_EQ(answer.array().shape(), (Shape{kSamples})) << one;
  }
  EXPECT_EQ(get("colors/dim:3").status, 404);
  EXPECT_EQ(get("colors/label/x").status, 404);
}

TEST_F(CoreRoutes, DimensionsAndSearch) {
  const auto dimensions = get("dimensions").json();
  ASSERT_EQ(dimensions.size(), static_cast<size_t>(kDim));
  EXPECT_GE(dimensions.at(0).at("kl"), dimensions.at(1).at("kl"));
  EXPECT_LT(dimensions.at(0).at("low"), dimensions.at(0).at("high"));
  EXPECT_EQ(get("search?q=slant&limit=4").json().size(), 4U);
  EXPECT_EQ(get("search?q=17").json().at(0).at("id"), 17);
  EXPECT_TRUE(get("search?q=nothing").json().empty());
}

}  // namespace
}  // namespace latent::test
