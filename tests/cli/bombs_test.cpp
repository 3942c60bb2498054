// Small files that claim to be large: refused by one line, or read with little memory. What a process took is asked of
// the system; no time is looked at.

#include "tool.hpp"

#include <latent/formats/image.hpp>

#include <gmock/gmock.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdio>
#include <functional>

#include <jpeglib.h>
#include <zlib.h>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kMostKilobytes = 2'000'000;  // 2 GB
constexpr uint64_t kClaimed = uint64_t{4} << 30;

// Deflate data of `head`, then `unit` again and again up to 4 GiB. Each repetition is a stretch of the stream that ends
// at a byte and looks back at nothing, so that it is packed once.
std::string endless(int window_bits, const std::string& head, const std::string& unit) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  const auto packed = [&](const std::string& text) {
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FULL_FLUSH), Z_OK);
    out.resize(out.size() - stream.avail_out);
    return out;
  };
  std::string block;
  while (block.size() < (size_t{1} << 20)) block += unit;
  std::string bytes = packed(head);
  const std::string repeated = packed(block);
  for (uint64_t size = head.size(); size < kClaimed; size += block.size()) bytes += repeated;
  deflateEnd(&stream);
  return bytes;
}
std::string endless_gzip(const std::string& head, const std::string& unit) {
  constexpr int kGzip = 16 + MAX_WBITS;
  return endless(kGzip, head, unit);
}

std::string npy_header(const std::string& shape) {
  std::string dict = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + shape + "), }";
  dict.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00", 8) + std::string("\x76\x00", 2) + dict + "\n";
}

std::string little(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}
std::string big(uint32_t value) {
  std::string text;
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(value >> shift);
  return text;
}

// An archive whose one member claims 4 GiB, as zip64 says it.
std::string npz_bomb() {
  const std::string name = "x.npy", data = endless(-MAX_WBITS, npy_header("4194304, 1024"), std::string(1024, '\0'));
  const std::string sizes = little(kClaimed + 128, 8) + little(data.size(), 8);
  const std::string none = little(0xffffffffu, 4);
  const std::string common = little(20, 2) + little(0, 2) + little(8, 2) + little(0, 4) + little(0, 4);
  const std::string extra = little(1, 2) + little(16, 2) + sizes;
  std::string zip =
      "PK\x03\x04" + common + none + none + little(name.size(), 2) + little(extra.size(), 2) + name + extra;
  zip += data;
  const size_t directory = zip.size();
  zip += "PK\x01\x02" + little(45, 2) + common + none + none + little(name.size(), 2) + little(extra.size(), 2) +
         little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(0, 4) + name + extra;
  const size_t directory_bytes = zip.size() - directory;
  zip += "PK\x05\x06" + little(0, 2) + little(0, 2) + little(1, 2) + little(1, 2) + little(directory_bytes, 4) +
         little(directory, 4) + little(0, 2);
  return zip;
}

std::string png_bomb() {
  const auto chunk = [](const std::string& type, const std::string& body) {
    const std::string checked = type + body;
    const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size());
    return big(static_cast<uint32_t>(body.size())) + checked + big(static_cast<uint32_t>(crc));
  };
  const std::string header = big(16384) + big(16384) + std::string("\x08\x02\x00\x00\x00", 5);
  const std::string data = endless(MAX_WBITS, std::string(1, '\0'), std::string(1024, '\0'));
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("IDAT", data) + chunk("IEND", "");
}

void write_large_jpeg(const fs::path& path) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  jpeg_stdio_dest(&jpeg, file);
  jpeg.image_width = jpeg.image_height = 16384;
  jpeg.input_components = 3;
  jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  std::vector<JSAMPLE> row(size_t{3} * 16384, 77);
  JSAMPROW rows[1] = {row.data()};
  while (jpeg.next_scanline < jpeg.image_height) jpeg_write_scanlines(&jpeg, rows, 1);
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::fclose(file);
}

class Bombs : public ToolTest {
 protected:
  struct Outcome {
    int status = -1;
    std::string err;
    int64_t kilobytes = 0;
  };
  Outcome info(const std::string& name) const {
    EXPECT_LT(fs::file_size(path(name)), 5'000'000u) << name;
    const fs::path err = path("err");
    const pid_t process = start({"data", "info", name}, err);
    int status = 0;
    struct rusage usage {};
    EXPECT_EQ(wait4(process, &status, 0, &usage), process);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read("err"), usage.ru_maxrss};
  }
  void expect_refused(const std::string& name, const std::string& text) const {
    const Outcome outcome = info(name);
    EXPECT_EQ(outcome.status, 2) << name << ": " << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(text)) << name;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_LT(outcome.kilobytes, kMostKilobytes) << name;
  }
};

TEST_F(Bombs, HeadersOfPackedArraysAreLookedAtFirst) {
  write("x.npy.gz", endless_gzip(npy_header("4194304, 1024"), std::string(1024, '\0')));
  expect_refused("x.npy.gz", "the values that the header promises take 4.29 GB");
  write("x.idx.gz", endless_gzip(std::string("\0\0\x08\x03", 4) + big(4194304) + big(32) + big(32), "\x40"));
  expect_refused("x.idx.gz", "the values that the header promises take 4.29 GB");
  write("x.npz", npz_bomb());
  expect_refused("x.npz", "unpacks to 4294967424 bytes");
}

TEST_F(Bombs, TextAndPixelsGrowOnlySoFar) {
  write("x.csv.gz", endless_gzip("a,b\n", "0,0\n"));
  expect_refused("x.csv.gz", "unpacks to more than");
  write("lines.csv.gz", endless_gzip("a,b\n1,2\n", "\n"));
  expect_refused("lines.csv.gz", "unpacks to more than");
  write("zeros.gz", endless_gzip("", std::string(1024, '\0')));  // might be a batch of CIFAR
  expect_refused("zeros.gz", "unpacks to more than");
}

TEST_F(Bombs, WhatIsNoDataIsNotUnpacked) {
  write("junk.gz", endless_gzip("\x01\x02\x03", "\xff"));
  expect_refused("junk.gz", "holds no form of data");
}

TEST_F(Bombs, LargePicturesInSmallFiles) {
  write("x.png", png_bomb());
  expect_refused("x.png", "too many for a file of");
  write_large_jpeg(path("x.jpg"));
  expect_refused("x.jpg", "too many for a file of");
}

TEST_F(Bombs, TablesTakeAFewTimesTheirArray) {
  std::string wide = "1";
  for (int i = 1; i < 1'000'000; ++i) wide += ",1";
  write("wide.csv", wide + "\n" + wide + "\n");
  std::string tall;
  for (int i = 0; i < 1'000'000; ++i) tall += "1,2\n";
  write("tall.csv", tall);
  for (const char* name : {"wide.csv", "tall.csv"}) {
    const Outcome outcome = info(name);
    EXPECT_EQ(outcome.status, 0) << name << ": " << outcome.err;
    EXPECT_LT(outcome.kilobytes, kMostKilobytes) << name;
  }
  EXPECT_LT(info("tall.csv").kilobytes, 400'000) << "for an array of 16 MB";
}

}  // namespace
}  // namespace latent::test
