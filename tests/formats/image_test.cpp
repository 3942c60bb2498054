#include <latent/formats/image.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>

#include <unistd.h>

namespace latent {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kGolden = std::filesystem::path(LATENT_TEST_DATA) / "golden" / "images";

// Decoders of other versions may round otherwise in the last bit or two of the inverse cosine transform and upsampling.
constexpr int kJpegTolerance = 3;

std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

Tensor raw_image(const std::string& name, const Shape& shape) {
  const std::vector<std::byte> bytes = bytes_of(kGolden / name);
  return Tensor::from(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), shape);
}

// The sample at (x, y) of channel c that tests/golden/images.py writes.
int sample(int64_t x, int64_t y, int64_t c, int depth) {
  return static_cast<int>((x * 3701 + y * 1117 + c * 5303) % (1 << depth));
}

template <class F>
Tensor make_image(int64_t C, int64_t H, int64_t W, F value) {
  Tensor image = Tensor::empty({C, H, W}, DType::u8);
  auto* out = image.data<uint8_t>();
  for (int64_t c = 0; c < C; ++c) {
    for (int64_t y = 0; y < H; ++y) {
      for (int64_t x = 0; x < W; ++x) *out++ = static_cast<uint8_t>(value(x, y, c));
    }
  }
  return image;
}

Tensor noise(int64_t C, int64_t H, int64_t W) {
  return make_image(C, H, W, [](int64_t x, int64_t y, int64_t c) { return sample(x, y, c, 8); });
}

int largest_difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) {
    ADD_FAILURE() << a.shape().str() << " and " << b.shape().str();
    return 256;
  }
  int largest = 0;
  for (int64_t i = 0; i < a.numel(); ++i)
    largest = std::max(largest, std::abs(a.data<uint8_t>()[i] - b.data<uint8_t>()[i]));
  return largest;
}

// Every file begins like this in both forms, plain and interlaced.
void expect_png(const std::string& name, const Tensor& expected) {
  for (const char* suffix : {"", "_interlaced"}) {
    const std::string file = name + suffix + ".png";
    const std::vector<std::byte> bytes = bytes_of(kGolden / file);
    EXPECT_EQ(largest_difference(read_image(bytes, file), expected), 0) << file;
    const ImageInfo info = read_image_info(bytes, file);
    EXPECT_EQ(Shape({info.channels, info.height, info.width}), expected.shape()) << file;
  }
}

std::string error_of(const std::vector<std::byte>& bytes) {
  try {
    read_image(bytes, "picture");
  } catch (const DataError& e) {
    EXPECT_EQ(e.path(), "picture");
    return e.what();
  }
  ADD_FAILURE() << "no DataError";
  return "";
}

// A folder of its own that goes away with the test.
class ImageFile : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() / fmt::format("latent-image-{}-{}", info->name(), ::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST(ImageFormatTest, ByFirstBytes) {
  EXPECT_EQ(image_format(bytes_of(kGolden / "grey_8.png")), ImageFormat::png);
  EXPECT_EQ(image_format(bytes_of(kGolden / "grey.jpg")), ImageFormat::jpeg);
  EXPECT_EQ(image_format({}), std::nullopt);
  EXPECT_THAT(error_of({}), HasSubstr("empty"));
  EXPECT_THAT(error_of(std::vector<std::byte>(100)), HasSubstr("not a picture"));
}

TEST(PngTest, GreyOfEveryDepth) {
  for (const int depth : {1, 2, 4, 8, 16}) {
    const int64_t largest = (1 << depth) - 1;
    expect_png(fmt::format("grey_{}", depth), make_image(1, 5, 7, [&](int64_t x, int64_t y, int64_t c) {
                 return (sample(x, y, c, depth) * int64_t{255} + largest / 2) / largest;
               }));
  }
}

int eight_bits(int64_t x, int64_t y, int64_t c, int depth) {
  return depth == 8 ? sample(x, y, c, 8) : (sample(x, y, c, 16) * 255 + 32767) / 65535;
}

TEST(PngTest, ColourAndTransparency) {
  for (const int depth : {8, 16}) {
    expect_png(fmt::format("rgb_{}", depth),
               make_image(3, 5, 7, [&](int64_t x, int64_t y, int64_t c) { return eight_bits(x, y, c, depth); }));
    const auto over_black = [&](int64_t x, int64_t y, int64_t c, int64_t alpha_channel) {
      return (eight_bits(x, y, c, depth) * eight_bits(x, y, alpha_channel, depth) + 127) / 255;
    };
    expect_png(fmt::format("grey_alpha_{}", depth),
               make_image(1, 5, 7, [&](int64_t x, int64_t y, int64_t c) { return over_black(x, y, c, 1); }));
    expect_png(fmt::format("rgb_alpha_{}", depth),
               make_image(3, 5, 7, [&](int64_t x, int64_t y, int64_t c) { return over_black(x, y, c, 3); }));
  }
}

TEST(PngTest, PalettesBecomeColourOrGrey) {
  for (const int depth : {1, 2, 4, 8}) {
    expect_png(fmt::format("palette_{}", depth), make_image(3, 5, 7, [&](int64_t x, int64_t y, int64_t c) {
                 const int factors[3] = {29, 71, 113};
                 return sample(x, y, 0, depth) * factors[c] % 256;
               }));
    expect_png(fmt::format("palette_grey_{}", depth),
               make_image(1, 5, 7, [&](int64_t x, int64_t y, int64_t) { return sample(x, y, 0, depth) * 29 % 256; }));
  }
}

TEST(PngTest, TransparentEntriesAreBlendedOverBlack) {
  expect_png("palette_transparent", make_image(3, 5, 7, [](int64_t x, int64_t y, int64_t c) {
               const int alpha[4] = {0, 50, 100, 255}, color[3] = {200, 100, 50};
               return (color[c] * alpha[sample(x, y, 0, 2)] + 127) / 255;
             }));
  expect_png("grey_transparent", make_image(1, 5, 7, [](int64_t x, int64_t y, int64_t) {
               return sample(x, y, 0, 8) == sample(2, 3, 0, 8) ? 0 : sample(x, y, 0, 8);
             }));
  expect_png("rgb_transparent", make_image(3, 5, 7, [](int64_t x, int64_t y, int64_t c) {
               bool transparent = true;
               for (int64_t k = 0; k < 3; ++k) transparent = transparent && sample(x, y, k, 8) == sample(2, 3, k, 8);
               return transparent ? 0 : sample(x, y, c, 8);
             }));
}

TEST(PngTest, EveryTruncationIsOneClearError) {
  for (const char* name : {"rgb_8.png", "palette_4_interlaced.png", "grey_16.png"}) {
    const std::vector<std::byte> whole = bytes_of(kGolden / name);
    for (size_t size = 8; size < whole.size(); ++size) {
      const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_THAT(error_of(part), HasSubstr("truncated PNG")) << name << " cut to " << size;
    }
  }
}

TEST(PngTest, EveryChangedByteOfAChunkIsNoticed) {
  const std::vector<std::byte> whole = bytes_of(kGolden / "rgb_8.png");
  for (size_t i = 8; i < whole.size(); ++i) {
    std::vector<std::byte> damaged = whole;
    damaged[i] ^= std::byte{0x10};
    EXPECT_THROW(read_image(damaged, "picture"), DataError) << "byte " << i;
  }
}

TEST(PngTest, TheOffsetIsThatOfTheBadChunk) {
  std::vector<std::byte> bytes = bytes_of(kGolden / "rgb_8.png");
  bytes.back() ^= std::byte{1};
  EXPECT_EQ(error_of(bytes),
            fmt::format("picture: at byte {}: damaged PNG: wrong checksum of chunk IEND", bytes.size() - 12));
}

// A header with right checksum and the given sizes in front of 12 bytes of data.
std::vector<std::byte> png_claiming(uint32_t width, uint32_t height);

TEST(PngTest, SizesThatLieAreRefusedBeforeMemoryIsAskedFor) {
  EXPECT_THAT(error_of(png_claiming(1u << 31, 1u << 31)), HasSubstr("more than the limit of 268435456"));
  EXPECT_THAT(error_of(png_claiming(1u << 20, 1u << 9)), HasSubstr("more than the limit of 268435456"));
  EXPECT_THAT(error_of(png_claiming(1u << 14, 1u << 14)), HasSubstr("too many for"));
  EXPECT_THAT(error_of(png_claiming(0, 5)), HasSubstr("5 x 0 (height x width)"));
}

uint32_t checksum(std::string_view text) {
  uint32_t crc = ~0u;
  for (const char c : text) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

std::string big_endian(uint32_t value) {
  std::string text;
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(value >> shift & 255u);
  return text;
}

std::string chunk(const std::string& type, const std::string& body) {
  return big_endian(static_cast<uint32_t>(body.size())) + type + body + big_endian(checksum(type + body));
}

std::vector<std::byte> to_bytes(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {bytes.begin(), bytes.end()};
}

const std::string kPngSignature = "\x89PNG\r\n\x1a\n";

std::vector<std::byte> png_claiming(uint32_t width, uint32_t height) {
  const std::string header = big_endian(width) + big_endian(height) + std::string("\x08\x02\x00\x00\x00", 5);
  return to_bytes(kPngSignature + chunk("IHDR", header) + chunk("IDAT", std::string(12, 'x')) + chunk("IEND", ""));
}

TEST(PngTest, ContainersThatMakeNoSenseAreRefused) {
  const std::string size = big_endian(1) + big_endian(1);
  const std::string grey = chunk("IHDR", size + std::string("\x08\x00\x00\x00\x00", 5));
  EXPECT_THAT(error_of(to_bytes(kPngSignature + chunk("IEND", ""))), HasSubstr("first chunk is not a header"));
  EXPECT_THAT(error_of(to_bytes(kPngSignature + chunk("IHDR", size + std::string("\x08\x05\x00\x00\x00", 5)))),
              HasSubstr("unknown colour type 5"));
  EXPECT_THAT(error_of(to_bytes(kPngSignature + grey + chunk("ABCD", "") + chunk("IEND", ""))),
              HasSubstr("unexpected chunk ABCD"));
  EXPECT_THAT(error_of(to_bytes(kPngSignature + grey + chunk("IEND", ""))), HasSubstr("damaged PNG"));
  EXPECT_THAT(error_of(to_bytes(kPngSignature + grey + chunk("IDAT", "not deflate") + chunk("IEND", ""))),
              HasSubstr("damaged PNG"));
  const std::string palette = chunk("IHDR", size + std::string("\x08\x03\x00\x00\x00", 5));
  EXPECT_THAT(error_of(to_bytes(kPngSignature + palette + chunk("IDAT", "x") + chunk("IEND", ""))),
              HasSubstr("damaged PNG"));
  EXPECT_THROW(read_image_info(to_bytes(kPngSignature + palette + chunk("IEND", "")), "picture"), DataError);
}

TEST_F(ImageFile, PngComesBackAsItWas) {
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{3, 1, 1}, Shape{1, 17, 5}, Shape{3, 9, 31}}) {
    const Tensor image = noise(shape[0], shape[1], shape[2]);
    write_png(folder_ / "picture.png", image);
    EXPECT_EQ(largest_difference(read_image(bytes_of(folder_ / "picture.png"), "picture"), image), 0) << shape.str();
  }
}

TEST_F(ImageFile, WritingRefusesWhatIsNoPicture) {
  EXPECT_THROW(write_png(folder_ / "a.png", Tensor::zeros({2, 4, 4}, DType::u8)), std::invalid_argument);
  EXPECT_THROW(write_png(folder_ / "a.png", Tensor::zeros({4, 4}, DType::u8)), std::invalid_argument);
  EXPECT_THROW(write_png(folder_ / "a.png", Tensor::zeros({1, 4, 4}, DType::f32)), std::invalid_argument);
  EXPECT_THROW(write_png(folder_ / "a.png", Tensor::zeros({1, 0, 4}, DType::u8)), std::invalid_argument);
  EXPECT_THROW(write_png(folder_ / "no" / "a.png", Tensor::zeros({1, 4, 4}, DType::u8)), IoError);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST(JpegTest, DecodesAsTheReferenceDoes) {
  for (const std::string name : {"grey", "color_444", "color_420", "progressive"}) {
    const std::vector<std::byte> bytes = bytes_of(kGolden / (name + ".jpg"));
    const Shape shape = {name == "grey" ? 1 : 3, 13, 19};
    EXPECT_LE(largest_difference(read_image(bytes, name), raw_image(name + ".bin", shape)), kJpegTolerance) << name;
    const ImageInfo info = read_image_info(bytes, name);
    EXPECT_EQ(Shape({info.channels, info.height, info.width}), shape) << name;
  }
}

TEST(JpegTest, EveryTruncationIsADataError) {
  for (const char* name : {"grey.jpg", "color_420.jpg", "progressive.jpg"}) {
    const std::vector<std::byte> whole = bytes_of(kGolden / name);
    for (size_t size = 3; size < whole.size(); ++size) {
      const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_THAT(error_of(part), HasSubstr("truncated JPEG")) << name << " cut to " << size;
    }
  }
}

TEST(JpegTest, DamageNeverCrashes) {
  const std::vector<std::byte> whole = bytes_of(kGolden / "progressive.jpg");
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const auto change : {std::byte{0x01}, std::byte{0x80}, std::byte{0xff}}) {
      std::vector<std::byte> damaged = whole;
      damaged[i] ^= change;
      try {
        read_image(damaged, "picture");  // a changed coefficient is still a picture
      } catch (const DataError&) {
      }
    }
  }
}

// The place of the two-byte marker 0xff, `code`.
size_t marker(const std::vector<std::byte>& bytes, int code) {
  for (size_t i = 0; i + 1 < bytes.size(); ++i) {
    if (bytes[i] == std::byte{0xff} && bytes[i + 1] == static_cast<std::byte>(code)) return i;
  }
  ADD_FAILURE() << "no such marker";
  return 0;
}

TEST(JpegTest, RefusesWhatItCannotShow) {
  EXPECT_THAT(error_of(bytes_of(kGolden / "cmyk.jpg")), HasSubstr("CMYK"));
  EXPECT_THROW(read_image_info(bytes_of(kGolden / "cmyk.jpg"), "picture"), DataError);
  std::vector<std::byte> arithmetic = bytes_of(kGolden / "grey.jpg");
  arithmetic[marker(arithmetic, 0xc0) + 1] = std::byte{0xc9};
  EXPECT_THAT(error_of(arithmetic), HasSubstr("arithmetic coding"));
}

TEST(JpegTest, SizesThatLieAreRefusedBeforeMemoryIsAskedFor) {
  std::vector<std::byte> bytes = bytes_of(kGolden / "progressive.jpg");
  const size_t size = marker(bytes, 0xc2) + 5;  // after marker, length and precision: height and width
  for (size_t i = size; i < size + 4; ++i) bytes[i] = std::byte{0x3f};
  EXPECT_THAT(error_of(bytes), HasSubstr("too many for"));
  for (size_t i = size; i < size + 4; ++i) bytes[i] = std::byte{0xf0};
  EXPECT_THAT(error_of(bytes), HasSubstr("more than the limit of 268435456"));
}

TEST(ResizeTest, AsPilToTheBit) {
  const Tensor image = noise(3, 13, 10);
  const std::pair<int64_t, int64_t> sizes[] = {{5, 4}, {26, 30}, {13, 3}, {2, 10}, {1, 1}, {7, 23}};
  for (const auto& [height, width] : sizes) {
    const Tensor expected = raw_image(fmt::format("resized_{}x{}.bin", height, width), {3, height, width});
    EXPECT_EQ(largest_difference(resize_image(image, height, width), expected), 0) << height << " x " << width;
  }
}

TEST(ResizeTest, ConstantsStayAndTheSameSizeIsTheSameImage) {
  const Tensor flat = Tensor::full({3, 11, 6}, 255, DType::u8);
  EXPECT_EQ(largest_difference(resize_image(flat, 29, 4), Tensor::full({3, 29, 4}, 255, DType::u8)), 0);
  EXPECT_TRUE(resize_image(flat, 11, 6).same_as(flat));
  EXPECT_THROW(resize_image(flat, 0, 4), std::invalid_argument);
  EXPECT_THROW(resize_image(Tensor::zeros({3, 4}, DType::u8), 2, 2), std::invalid_argument);
}

TEST(GrayscaleTest, LumaOfBt601) {
  EXPECT_EQ(largest_difference(to_grayscale(noise(3, 13, 10)), raw_image("luma.bin", {1, 13, 10})), 0);
  const Tensor colors = Tensor::from(std::vector<uint8_t>{255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255}, {3, 1, 4});
  EXPECT_THAT(to_grayscale(colors).to_vector(), ::testing::ElementsAre(76, 150, 29, 255));
  const Tensor grey = noise(1, 2, 2);
  EXPECT_TRUE(to_grayscale(grey).same_as(grey));
}

}  // namespace
}  // namespace latent
