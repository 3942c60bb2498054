// Pictures of all formats, as PIL sees them: tests/golden/images.py wrote them.

#include <latent/formats/image.hpp>

#include "format_support.hpp"

#include <malloc.h>

namespace latent {
namespace {

using test::Bytes;

Bytes picture(const std::string& name) {
  return test::read_bytes(std::filesystem::path(LATENT_TEST_DATA) / "golden" / "images" / name);
}

// (H, W, C) pixels of a .bin file, which stores (C, H, W).
Tensor expected(const std::string& name, const Shape& shape) {
  const Bytes bytes = picture(name + ".bin");
  return Tensor::from(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()), shape);
}

void expect_equal(const Tensor& image, const Tensor& wanted, int tolerance, const std::string& name) {
  ASSERT_EQ(image.shape(), wanted.shape()) << name;
  ASSERT_EQ(image.dtype(), DType::u8) << name;
  int largest = 0;
  for (int64_t i = 0; i < image.numel(); ++i) {
    largest = std::max(largest, std::abs(image.data<uint8_t>()[i] - wanted.data<uint8_t>()[i]));
  }
  EXPECT_LE(largest, tolerance) << name;
}

const Shape kColour{3, 13, 19}, kGrey{1, 13, 19};

TEST(ImageFormats, WebpTiffAndBmpAsPilSeesThem) {
  struct Case {
    const char *file = nullptr, *pixels = nullptr;
    Shape shape;
    int tolerance = 0;
  };
  const Case cases[] = {{"lossless.webp", "color", kColour},
                        {"lossy.webp", "lossy", kColour, 2},  // decoders may upsample colours otherwise
                        {"rgb_lzw.tiff", "color", kColour},
                        {"grey_deflate.tiff", "grey_plain", kGrey},
                        {"palette.tiff", "palette_tiff", kColour},
                        {"bits.tiff", "bits", kGrey},
                        {"white_is_zero.tiff", "grey_plain", kGrey},
                        {"rgb.bmp", "color", kColour},
                        {"grey.bmp", "grey_plain", kGrey},
                        {"palette.bmp", "palette_bmp", kColour},
                        {"bits.bmp", "bits", kGrey}};
  for (const Case& one : cases) {
    const Bytes bytes = picture(one.file);
    const ImageInfo info = read_image_info(bytes, one.file);
    EXPECT_EQ(Shape({info.channels, info.height, info.width}), one.shape) << one.file;
    EXPECT_EQ(info.bits, 8) << one.file;
    EXPECT_FALSE(info.transparent) << one.file;
    expect_equal(read_image(bytes, one.file), expected(one.pixels, one.shape), one.tolerance, one.file);
  }
}

TEST(ImageFormats, TransparencyIsLaidOnTheBackground) {
  const Tensor rgba = expected("alpha", {4, 13, 19});
  constexpr int64_t kPixels = int64_t{13} * 19;
  for (const char* file : {"alpha.webp", "alpha.tiff", "alpha.bmp"}) {
    const Bytes bytes = picture(file);
    EXPECT_TRUE(read_image_info(bytes, file).transparent) << file;
    for (const int background : {0, 255, 100}) {
      Tensor wanted = Tensor::empty(kColour, DType::u8);
      for (int64_t i = 0; i < wanted.numel(); ++i) {
        const int value = rgba.data<uint8_t>()[i], alpha = rgba.data<uint8_t>()[3 * kPixels + i % kPixels];
        wanted.data<uint8_t>()[i] = static_cast<uint8_t>((value * alpha + background * (255 - alpha) + 127) / 255);
      }
      const ImageReading reading{.background = static_cast<uint8_t>(background)};
      expect_equal(read_image(bytes, file, reading), wanted, 0, file);
    }
    const std::optional<Visible> visible = visible_part(bytes, file);
    ASSERT_TRUE(visible) << file;
    EXPECT_GT(visible->share, 0.0) << file;
    EXPECT_LT(visible->share, 1.0) << file;
  }
  EXPECT_FALSE(visible_part(picture("rgb.bmp"), "rgb.bmp"));
}

TEST(ImageFormats, EveryOrientationIsFollowed) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string name = fmt::format("turned_{}.jpg", orientation);
    const bool turned = orientation >= 5;
    const Shape shape = turned ? Shape{3, 9, 6} : Shape{3, 6, 9};
    const Bytes bytes = picture(name);
    const ImageInfo info = read_image_info(bytes, name);
    EXPECT_EQ(Shape({3, info.height, info.width}), shape) << name;
    EXPECT_EQ(info.turned, turned) << name;
    constexpr int kJpegTolerance = 3;
    expect_equal(read_image(bytes, name), expected(fmt::format("turned_{}", orientation), shape), kJpegTolerance, name);
    const ImageReading as_stored{.follow_orientation = false};
    expect_equal(read_image(bytes, name, as_stored), expected("turned_1", {3, 6, 9}), kJpegTolerance, name);
  }
  for (const char* name : {"turned_6.png", "turned_6.webp", "turned_6.tiff"}) {
    expect_equal(read_image(picture(name), name), expected("turned_exact_6", {3, 9, 6}), 0, name);
  }
}

TEST(ImageFormats, SixteenBitsKeepTheirLevels) {
  const Bytes raw = picture("sixteen.bin");
  for (const char* name : {"grey_16.tiff", "tiles_16.tiff"}) {
    const Bytes bytes = picture(name);
    EXPECT_EQ(read_image_info(bytes, name).bits, 16) << name;
    const Tensor levels = read_image(bytes, name, {.keep_16_bits = true});
    ASSERT_EQ(levels.shape(), kGrey) << name;
    ASSERT_EQ(levels.dtype(), DType::f32) << name;
    const Tensor eight = read_image(bytes, name);
    for (int64_t i = 0; i < levels.numel(); ++i) {
      const int level = std::to_integer<int>(raw[static_cast<size_t>(2 * i)]) +
                        256 * std::to_integer<int>(raw[static_cast<size_t>(2 * i + 1)]);
      ASSERT_EQ(std::lround(levels.data<float>()[i] * 65535.0F), level) << name << " " << i;
      ASSERT_EQ(eight.data<uint8_t>()[i], (level * 255 + 32767) / 65535) << name << " " << i;
    }
  }
  const Tensor png = read_image(picture("grey_16.png"), "grey_16.png", {.keep_16_bits = true});
  EXPECT_EQ(std::lround(png.data<float>()[7 + 2] * 65535.0F), (2 * 3701 + 1 * 1117) % 65536) << "row 1, column 2";
  const Tensor interlaced = read_image(picture("grey_16_interlaced.png"), "p", {.keep_16_bits = true});
  EXPECT_TRUE(std::equal(png.data<float>(), png.data<float>() + png.numel(), interlaced.data<float>()));
  EXPECT_EQ(read_image(picture("grey_8.png"), "p", {.keep_16_bits = true}).dtype(), DType::u8) << "has none to keep";
}

TEST(ImageFormats, WhatIsNotReadIsSaid) {
  test::expect_data_error([] { read_image(picture("float.tiff"), "p"); }, "32 bits a sample (floats)");
}

// AddressSanitizer has an allocator of its own, which counts nothing here and reports what was lost at the end.
TEST(ImageFormats, PicturesThatAreRefusedLeaveNoMemoryBehind) {
  const Bytes refused = picture("float.tiff");
  Bytes damaged = picture("rgb_lzw.tiff");
  damaged.resize(20);
  const auto refuse = [&] {
    EXPECT_THROW(read_image(refused, "p"), DataError);
    EXPECT_THROW(read_image_info(damaged, "p"), DataError);
  };
  refuse();  // what libraries keep for later
  const size_t before = mallinfo2().uordblks;
  constexpr size_t kTimes = 200, kLeastLeak = 16;
  for (size_t i = 0; i < kTimes; ++i) refuse();
  EXPECT_LT(mallinfo2().uordblks, before + kTimes * kLeastLeak);
}

TEST(ImageFormats, TruncatedAndDamagedPicturesAreRefusedOrRead) {
  for (const char* name : {"lossless.webp", "alpha.webp", "rgb_lzw.tiff", "tiles_16.tiff", "palette.tiff", "bits.tiff",
                           "rgb.bmp", "palette.bmp", "alpha.bmp"}) {
    const Bytes whole = picture(name);
    const auto read = [](std::span<const std::byte> bytes) {
      static_cast<void>(read_image_info(bytes, "p"));
      static_cast<void>(read_image(bytes, "p"));
    };
    for (size_t size = 0; size < whole.size(); size += 7) {
      const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      try {
        read(part);
      } catch (const DataError&) {
      }
    }
    test::expect_damage_survived(whole, read);
  }
}

TEST(FitImage, CropsPadsOrStretches) {
  // Columns 0, 10, 20, 30, 40, 50 of two rows.
  Tensor wide = Tensor::empty({1, 2, 6}, DType::u8);
  for (int64_t i = 0; i < 12; ++i) wide.data<uint8_t>()[i] = static_cast<uint8_t>(i % 6 * 10);
  const auto values = [](const Tensor& image) {
    return std::vector<int>(image.data<uint8_t>(), image.data<uint8_t>() + image.numel());
  };
  EXPECT_EQ(values(fit_image(wide, 2, 2, Fit::crop)), (std::vector<int>{20, 30, 20, 30}));
  EXPECT_EQ(values(fit_image(wide, 2, 2, Fit::stretch)), values(resize_image(wide, 2, 2)));
  const Tensor padded = fit_image(wide, 6, 6, Fit::pad, 200);
  EXPECT_EQ(padded.shape(), Shape({1, 6, 6}));
  EXPECT_EQ(padded.data<uint8_t>()[0], 200);
  EXPECT_EQ(padded.data<uint8_t>()[2 * 6 + 3], 30);
  EXPECT_EQ(padded.data<uint8_t>()[5 * 6 + 5], 200);
  EXPECT_EQ(cropped_size(100, 100, 32, 32), std::pair(int64_t{100}, int64_t{100}));
  EXPECT_EQ(cropped_size(101, 100, 64, 64), std::pair(int64_t{100}, int64_t{100}));
  EXPECT_EQ(cropped_size(24, 32, 24, 32), std::pair(int64_t{24}, int64_t{32}));
  EXPECT_EQ(fit_from("pad"), Fit::pad);
  EXPECT_THROW(static_cast<void>(fit_from("squash")), std::invalid_argument);
}

}  // namespace
}  // namespace latent
