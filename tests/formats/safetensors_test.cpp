#include <latent/formats/safetensors.hpp>

#include "format_support.hpp"

namespace latent {
namespace {

using namespace test;

Bytes file_with(std::string_view json, size_t data_bytes) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += static_cast<char>(static_cast<uint64_t>(json.size()) >> (8 * i));
  return to_bytes(text + std::string(json) + std::string(data_bytes, '\1'));
}

int64_t refuse(std::string_view json, size_t data_bytes, std::string_view reason) {
  return expect_data_error([&] { read_safetensors(file_with(json, data_bytes), "a.safetensors"); }, reason);
}

TEST(Safetensors, HoldsWhatTheGoldenFileHolds) {
  const Safetensors file = read_safetensors(golden_path("plain.safetensors"));
  ASSERT_EQ(file.tensors.size(), 2u);
  EXPECT_EQ(file.metadata, (std::map<std::string, std::string>{{"format", "pt"}}));
  EXPECT_EQ(file.at("weight").dtype(), DType::f32);
  EXPECT_EQ(file.at("weight").shape(), Shape({2, 3}));
  EXPECT_EQ(file.at("weight").to_vector(), counting(6));
  EXPECT_EQ(file.at("half").dtype(), DType::bf16);
  EXPECT_EQ(file.at("half").to_vector(), (std::vector<double>{1, -2}));
  EXPECT_EQ(file.path, golden_path("plain.safetensors").string());
  expect_data_error([&] { file.at("wieght"); }, "no tensor 'wieght' among 2; the nearest is 'weight'");
}

TEST(Safetensors, HeaderAloneTellsShapesAndPlaces) {
  const SafetensorsHeader header = read_safetensors_header(golden("plain.safetensors"), "a");
  ASSERT_EQ(header.entries.size(), 2u);
  EXPECT_EQ(header.entries[0].name, "weight");
  EXPECT_EQ(header.entries[1].name, "half");
  EXPECT_EQ(header.entries[1].begin, 24);
  EXPECT_EQ(header.entries[1].end, 28);
  EXPECT_EQ(header.data_offset % 8, 0);
}

TEST(Safetensors, RoundTrip) {
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, Tensor>> tensors = {
      {"bytes", Tensor::from(std::vector<uint8_t>{1, 2, 3}, {3})},
      {"encoder.0.weight", Tensor::from(std::vector<float>{1.5f, -2.5f, 3, 4}, {2, 2})},
      {"count", Tensor::from(std::vector<int64_t>{int64_t{1} << 50}, {})},
      {"half", Tensor::full({3}, -1.0, DType::bf16)},
      {"none", Tensor::zeros({0, 7}, DType::i32)},
      {"encoder.0.bias", Tensor::from(std::vector<double>{1e-300}, {1})},
      {"steps", Tensor::from(std::vector<int32_t>{-1, 1}, {2})}};
  const std::map<std::string, std::string> metadata = {{"config", R"({"beta": 4.0, "text": "\u00e9\n"})"},
                                                       {"", "\xc3\xa9"}};
  write_safetensors(folder / "a", tensors, metadata);

  const Safetensors file = read_safetensors(folder / "a");
  EXPECT_EQ(file.metadata, metadata);
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(file.at(name).dtype(), tensor.dtype()) << name;
    EXPECT_EQ(file.at(name).shape(), tensor.shape()) << name;
    EXPECT_EQ(file.at(name).to_vector(), tensor.to_vector()) << name;
  }
}

TEST(Safetensors, DataIsAligned) {
  const TemporaryFolder folder;
  for (int metadata_bytes = 0; metadata_bytes < 70; metadata_bytes += 7) {
    write_safetensors(folder / "a", {{"u8", Tensor::zeros({3}, DType::u8)}, {"f64", Tensor::zeros({1}, DType::f64)}},
                      {{"padding", std::string(static_cast<size_t>(metadata_bytes), 'x')}});
    const auto header = read_safetensors_header(read_bytes(folder / "a"), "a");
    EXPECT_EQ(header.data_offset % 64, 0);
    EXPECT_EQ(header.entries[0].name, "f64");
  }
}

TEST(Safetensors, SameTypeKeepsTheOrder) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {{"z", Tensor::zeros({1})}, {"a", Tensor::zeros({2})}, {"m", Tensor::zeros({1})}},
                    {});
  const Safetensors file = read_safetensors(folder / "a");
  EXPECT_EQ(file.tensors[0].first, "z");
  EXPECT_EQ(file.tensors[1].first, "a");
  EXPECT_EQ(file.tensors[2].first, "m");
}

TEST(Safetensors, RepairsTextsThatAreNotUtf8) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {}, {{"path", "caf\xe9"}});
  EXPECT_EQ(read_safetensors(folder / "a").metadata.at("path"), "caf\xef\xbf\xbd");
}

TEST(Safetensors, RefusesToWriteANameTwice) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_safetensors(folder / "a", {{"x", Tensor::zeros({1})}, {"x", Tensor::zeros({1})}}, {}),
               std::invalid_argument);
  EXPECT_THROW(write_safetensors(folder / "a", {{"__metadata__", Tensor::zeros({1})}}, {}), std::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

TEST(Safetensors, RefusesDataThatDoesNotFit) {
  const std::string a = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  EXPECT_EQ(refuse(a + "}", 7, "truncated"), 8 + 54 + 7);
  EXPECT_EQ(refuse(a + "}", 9, "bytes after the end of the data"), 8 + 54 + 8);
  refuse(a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})", 8, "tensor 'b' overlaps the one before it");
  refuse(a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":[9,13]}})", 13, "tensor 'b' leaves a gap after");
  refuse(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2, "leaves a gap");
  refuse(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8, "data_offsets [0, 8] do not fit the shape");
  refuse(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})", 8, "do not fit the shape");
  refuse(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1, "data_offsets is not [begin, end]");
  refuse(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})", 1, "data_offsets is not [begin, end]");
  refuse(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}})", 1, "unexpected a number");
}

TEST(Safetensors, RefusesHeadersOfOtherForms) {
  refuse(R"({"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}})", 2, "type 'F16' is not supported");
  refuse(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[0],"data_offsets":[1,1]}})",
         1, "tensor 'a': the name appears twice");
  refuse(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1, "key 'dtype' appears twice");
  refuse(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}})", 1, "unexpected key 'x'");
  refuse(R"({"a":{"dtype":"U8","shape":[1]}})", 1, "dtype, shape or data_offsets is missing");
  refuse(R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1, "unexpected a negative number");
  refuse(R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1, "unexpected a number that is not");
  refuse(R"({"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,1]}})", 1,
         "unexpected a number that is not");
  refuse(R"({"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}})", 1,
         "unexpected a number of 2^63");
  refuse(R"({"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})", 1, "more than 8 dimensions");
  refuse(R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", 1, "unexpected a list");
  refuse(R"({"a":{"dtype":{},"shape":[1],"data_offsets":[0,1]}})", 1, "unexpected an object");
  refuse(R"({"a":1})", 0, "unexpected a number");
  refuse(R"({"a":null})", 0, "unexpected null");
  refuse(R"({"__metadata__":{"k":1}})", 0, "metadata: unexpected a number");
  refuse(R"({"__metadata__":{"k":{}}})", 0, "metadata: unexpected an object");
  refuse(R"({"__metadata__":{"k":"v","k":"w"}})", 0, "key 'k' appears twice");
  refuse(R"([])", 0, "no '{'");
  refuse(R"( {})", 0, "no '{'");
  EXPECT_EQ(refuse(R"({"a")", 0, "the header is not valid JSON"), 8 + 4);
  EXPECT_EQ(refuse(R"({}x)", 0, "the header is not valid JSON"), 8 + 2);
  refuse("{\"\xff\":1}", 0, "the header is not valid JSON");
  refuse("{" + std::string(100'000, '['), 0, "the header is not valid JSON");
  refuse("{\"a\":" + std::string(100'000, '['), 0, "unexpected a list");
  expect_data_error([] { read_safetensors(to_bytes("\xff\xff\xff\xff\xff\xff\xff\x7f{}"), "a"); },
                    "its first eight bytes are not the length of a header");
  const std::string a_hundred("\x64\0\0\0\0\0\0\0{}", 10);
  expect_data_error([&] { read_safetensors(to_bytes(a_hundred), "a"); }, "but 2 are left");
  expect_data_error([] { read_safetensors(Bytes(), "a"); }, "not a safetensors file");
  expect_data_error([] { read_safetensors(to_bytes("a,b,c\n1,2,3\n"), "a"); },
                    "its first eight bytes are not the length of a header");
}

TEST(Safetensors, RefusesTruncationAndSurvivesDamage) {
  const Bytes valid = golden("plain.safetensors");
  expect_truncations_refused(valid, [](auto bytes) { read_safetensors(bytes, "a"); });
  expect_damage_survived(valid, [](auto bytes) { read_safetensors(bytes, "a"); });
}

}  // namespace
}  // namespace latent
