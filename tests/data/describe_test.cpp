#include <latent/core/detail/json_value.hpp>
#include <latent/data/describe.hpp>

#include "tests/data/files.hpp"

namespace latent::data {
namespace {

using namespace testing;
using nlohmann::json;

TEST(Describe, Images) {
  const TemporaryFolder folder;
  write_idx(folder.file("train-images-idx3-ubyte"), {3, 2, 2}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 51});
  write_idx(folder.file("train-labels-idx1-ubyte"), {3}, {1, 0, 1});
  write_idx(folder.file("t10k-images-idx3-ubyte"), {1, 2, 2}, {9, 9, 9, 9});
  const json d = *describe(open(folder.path()));
  EXPECT_EQ(d["format"], "idx");
  EXPECT_EQ(d["kind"], "images");
  EXPECT_EQ(d["parts"], json({{"train", 3}, {"test", 1}}));
  EXPECT_EQ(d["sample_shape"], json({1, 2, 2}));
  EXPECT_EQ(d["stored_type"], "u8");
  EXPECT_EQ(d["bytes"], 16);
  EXPECT_EQ(d["mapped"], true);
  EXPECT_EQ(d["standardised"], false);
  EXPECT_EQ(d["value_range"]["min"], 0.0);
  EXPECT_FLOAT_EQ(d["value_range"]["max"].get<float>(), 0.2f);
  EXPECT_EQ(d["classes"],
            json::parse(R"([{"name": "0", "train": 1, "test": 0}, {"name": "1", "train": 2, "test": 0}])"));
  EXPECT_FALSE(d.contains("columns"));
  EXPECT_FALSE(d.contains("factors"));
}

TEST(Describe, Tables) {
  const TemporaryFolder folder;
  const std::string path = write_text(folder.file("t.csv"), "a,b\n1,5\n2,\n6,9\n");
  const json d = *describe(open(path, {.missing = OpenOptions::Missing::impute}));
  EXPECT_EQ(d["name"], path);
  EXPECT_EQ(d["standardised"], true);
  EXPECT_EQ(d["parts"], json({{"train", 3}}));
  EXPECT_EQ(d["columns"], json::parse(R"([{"name": "a", "min": 1.0, "mean": 3.0, "max": 6.0, "missing": 0},
                                           {"name": "b", "min": 5.0, "mean": 7.0, "max": 9.0, "missing": 1}])"));
  EXPECT_FALSE(d.contains("classes"));
}

TEST(Describe, GeneratedSets) {
  const json d = *describe(open("shapes:3000"));
  ASSERT_EQ(d["factors"].size(), 5u);
  EXPECT_EQ(d["factors"][1], json({{"name", "scale"}, {"min", 0.5}, {"max", 1.0}, {"levels", 6}}));
  EXPECT_EQ(d["classes"].size(), 3u);
}

}  // namespace
}  // namespace latent::data
