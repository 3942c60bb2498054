#pragma once
// What the tests of latent/data/ share: a folder of their own, and writers of small files.

#include <latent/core/rng.hpp>
#include <latent/data/dataset.hpp>
#include <latent/formats/image.hpp>
#include <latent/formats/npy.hpp>

#include <tests/support/message_of.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace latent::data::testing {

/// A new folder, removed with all it holds at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static std::atomic<int> count{0};
    path_ =
        std::filesystem::temp_directory_path() / fmt::format("latent_data_test_{}_{}", getpid(), count.fetch_add(1));
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  /// The path of a file in it; the folders above the file are made.
  std::string file(const std::string& name) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    return (path_ / name).string();
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline std::string write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

/// An IDX file of bytes: 0 0 8 NDIM, sizes as big-endian words, values.
inline std::string write_idx(const std::string& path, const std::vector<int64_t>& sizes,
                             const std::vector<uint8_t>& values) {
  std::string bytes{0, 0, 8, static_cast<char>(sizes.size())};
  for (const int64_t size : sizes) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  }
  bytes.append(values.begin(), values.end());
  return write_text(path, bytes);
}

/// The text in gzip's format, without compression (RFC 1952, one stored block of at most 65,535 bytes).
inline std::string gzip(const std::string& text) {
  uint32_t crc = ~0u;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xedb88320u : 0u);
  }
  crc = ~crc;
  const auto size = static_cast<uint32_t>(text.size());
  std::string bytes("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01", 11);
  const auto append = [&](uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i));
  };
  append(size, 2), append(~size, 2);
  bytes += text;
  append(crc, 4), append(size, 4);
  return bytes;
}

inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// 0, 1, 2 ... as bytes that wrap around.
inline std::vector<uint8_t> counting_bytes(int64_t n) {
  std::vector<uint8_t> values(static_cast<size_t>(n));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint8_t>(i);
  return values;
}

inline Tensor image_of(int64_t channels, int64_t height, int64_t width, uint8_t value) {
  return Tensor::full({channels, height, width}, value, DType::u8);
}

inline std::vector<float> sample(const Dataset& data, int64_t index) {
  std::vector<float> values(static_cast<size_t>(data.sample_shape().numel()));
  data.gather(std::vector<int64_t>{index}, values);
  return values;
}

}  // namespace latent::data::testing
