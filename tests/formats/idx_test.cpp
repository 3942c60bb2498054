#include <latent/formats/idx.hpp>

#include "format_support.hpp"

#include <zlib.h>

namespace latent {
namespace {

using namespace test;

template <class T>
Bytes idx_of(uint8_t type, const std::vector<uint32_t>& sizes, const std::vector<T>& values) {
  Bytes bytes = {std::byte{0}, std::byte{0}, std::byte{type}, static_cast<std::byte>(sizes.size())};
  for (const uint32_t size : sizes) append_big(bytes, size);
  for (const T value : values) append_big(bytes, value);
  return bytes;
}

std::string_view text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void write_packed(const std::filesystem::path& path, const Bytes& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())), static_cast<int>(bytes.size()));
  EXPECT_EQ(gzclose(file), Z_OK);
}

TEST(Idx, ReadsEveryType) {
  const Tensor u8 = read_idx(idx_of<uint8_t>(8, {2, 1, 3}, {0, 1, 2, 253, 254, 255}), "a");
  EXPECT_EQ(u8.dtype(), DType::u8);
  EXPECT_EQ(u8.shape(), Shape({2, 1, 3}));
  EXPECT_EQ(u8.to_vector(), (std::vector<double>{0, 1, 2, 253, 254, 255}));

  const auto expect = [](const Bytes& bytes, DType dtype, const std::vector<double>& values) {
    const Tensor array = read_idx(bytes, "a");
    EXPECT_EQ(array.dtype(), dtype);
    EXPECT_EQ(array.to_vector(), values);
  };
  expect(idx_of<int8_t>(9, {2}, {-128, 127}), DType::i32, {-128, 127});
  expect(idx_of<int16_t>(11, {2}, {-32768, 258}), DType::i32, {-32768, 258});
  expect(idx_of<int32_t>(12, {2}, {-70000, 1}), DType::i32, {-70000, 1});
  expect(idx_of<float>(13, {2}, {1.5f, -2.5f}), DType::f32, {1.5, -2.5});
  expect(idx_of<double>(14, {1}, {1e-300}), DType::f64, {1e-300});
  expect(idx_of<uint8_t>(8, {0, 28, 28}, {}), DType::u8, {});
}

TEST(Idx, LooksIntoTheMappedFile) {
  const TemporaryFolder folder;
  const Bytes bytes = idx_of<uint8_t>(8, {3}, {7, 8, 9});
  write_text(folder / "a", text_of(bytes));
  const auto file = MappedFile::open(folder / "a");
  const Tensor array = read_idx(file);
  EXPECT_EQ(array.raw(), file->bytes().data() + 8);
  EXPECT_EQ(array.to_vector(), (std::vector<double>{7, 8, 9}));
}

TEST(Idx, UnpacksGzip) {
  const TemporaryFolder folder;
  write_packed(folder / "a.gz", idx_of<uint8_t>(8, {3}, {7, 8, 9}));
  EXPECT_EQ(read_idx(MappedFile::open(folder / "a.gz")).to_vector(), (std::vector<double>{7, 8, 9}));
  EXPECT_EQ(read_idx(read_bytes(folder / "a.gz"), "a").to_vector(), (std::vector<double>{7, 8, 9}));
  expect_truncations_refused(read_bytes(folder / "a.gz"), [](auto bytes) { read_idx(bytes, "a"); });
}

TEST(Idx, RefusesLiesAndDamage) {
  const Bytes valid = idx_of<uint8_t>(8, {2, 2}, {1, 2, 3, 4});
  expect_truncations_refused(valid, [](auto bytes) { read_idx(bytes, "a"); });
  expect_damage_survived(valid, [](auto bytes) { read_idx(bytes, "a"); });

  const auto refuse = [](const Bytes& bytes, std::string_view reason) {
    return expect_data_error([&] { read_idx(bytes, "a"); }, reason);
  };
  EXPECT_EQ(refuse(idx_of<uint8_t>(8, {2, 2}, {1, 2, 3}), "truncated: (2, 2) elements of 1 bytes need 4 bytes, but 3"),
            15);
  EXPECT_EQ(refuse(idx_of<uint8_t>(8, {2, 2}, {1, 2, 3, 4, 5}), "bytes after the end of the data"), 16);
  refuse(idx_of<double>(14, {0xffffffff, 0xffffffff, 0xffffffff}, {1}), "sizes beyond any file");
  refuse(idx_of<double>(14, {0xffffffff, 0x7fffffff}, {1}), "sizes beyond any file");
  refuse(idx_of<uint8_t>(10, {1}, {1}), "not an IDX file: it begins with 00 00 0a 01");
  refuse(idx_of<uint8_t>(8, {}, {1}), "not an IDX file");
  refuse(idx_of<uint8_t>(8, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1}), "not an IDX file");
  refuse(to_bytes("PNG, say"), "not an IDX file");
  refuse(Bytes(), "not an IDX file: too short");
}

TEST(Idx, IsRecognisedByItsFirstBytes) {
  EXPECT_TRUE(is_idx(idx_of<uint8_t>(8, {1}, {1})));
  EXPECT_FALSE(is_idx(to_bytes("\x93NUMPY")));
  EXPECT_FALSE(is_idx(Bytes(3)));
  EXPECT_FALSE(is_idx(Bytes(100)));
}

}  // namespace
}  // namespace latent
