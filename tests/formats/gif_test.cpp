#include <latent/formats/image.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <fstream>

#include <unistd.h>

namespace latent {
namespace {

// A plain reader for what write_gif() writes: one global palette, full frames, LZW.
class GifReader {
 public:
  explicit GifReader(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    EXPECT_EQ(std::string(bytes_.begin(), bytes_.begin() + 6), "GIF89a");
    width = word(6);
    height = word(8);
    colors_ = size_t{1} << ((bytes_[10] & 7) + 1);
    at_ = 13 + 3 * colors_;
    while (bytes_.at(at_) != 0x3b) read_block();
    EXPECT_EQ(at_ + 1, bytes_.size());
  }

  int width = 0, height = 0, hundredths = 0;
  bool repeats_for_ever = false;
  std::vector<Tensor> frames;  // (3, H, W)

 private:
  int word(size_t at) const { return bytes_.at(at) | bytes_.at(at + 1) << 8; }

  std::vector<uint8_t> sub_blocks() {
    std::vector<uint8_t> data;
    while (bytes_.at(at_) != 0) {
      const size_t size = bytes_[at_];
      for (size_t i = 1; i <= size; ++i) data.push_back(bytes_.at(at_ + i));
      at_ += size + 1;
    }
    ++at_;
    return data;
  }

  void read_block() {
    if (bytes_[at_] == 0x21) {
      const int label = bytes_[at_ + 1];
      at_ += 2;
      const std::vector<uint8_t> data = sub_blocks();
      if (label == 0xf9) hundredths = data[1] | data[2] << 8;
      if (label == 0xff) {
        repeats_for_ever =
            std::string(data.begin(), data.begin() + 11) == "NETSCAPE2.0" && data[12] == 0 && data[13] == 0;
      }
      return;
    }
    ASSERT_EQ(bytes_[at_], 0x2c);
    EXPECT_EQ(word(at_ + 5), width);
    EXPECT_EQ(word(at_ + 7), height);
    const int code_bits = bytes_[at_ + 10];
    at_ += 11;
    add_frame(unpack(sub_blocks(), code_bits));
  }

  static std::vector<uint8_t> unpack(const std::vector<uint8_t>& data, int color_bits) {
    const size_t clear = size_t{1} << color_bits;
    std::vector<std::vector<uint8_t>> table;
    std::vector<uint8_t> out, previous;
    size_t position = 0;
    int bits = color_bits + 1;
    for (;;) {
      size_t code = 0;
      for (int i = 0; i < bits; ++i, ++position)
        code |= static_cast<size_t>(data.at(position / 8) >> (position % 8) & 1) << i;
      if (code == clear + 1) break;
      if (code == clear) {
        table.clear();
        for (size_t i = 0; i < clear + 2; ++i) table.push_back({static_cast<uint8_t>(i)});
        bits = color_bits + 1;
        previous.clear();
        continue;
      }
      if (!previous.empty() && table.size() < 4096) {
        std::vector<uint8_t> entry = previous;
        entry.push_back(code < table.size() ? table[code][0] : previous[0]);
        table.push_back(entry);
        if (table.size() == size_t{1} << bits && bits < 12) ++bits;
      }
      previous = table.at(code);
      out.insert(out.end(), previous.begin(), previous.end());
    }
    return out;
  }

  void add_frame(const std::vector<uint8_t>& indices) {
    const size_t pixels = static_cast<size_t>(width) * static_cast<size_t>(height);
    ASSERT_EQ(indices.size(), pixels);
    Tensor frame = Tensor::empty({3, height, width}, DType::u8);
    for (size_t i = 0; i < pixels; ++i) {
      ASSERT_LT(indices[i], colors_);
      for (size_t c = 0; c < 3; ++c) frame.data<uint8_t>()[c * pixels + i] = bytes_[13 + 3 * indices[i] + c];
    }
    frames.push_back(frame);
  }

  std::vector<uint8_t> bytes_;
  size_t colors_ = 0, at_ = 0;
};

class GifTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() / fmt::format("latent-gif-{}-{}", info->name(), ::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  GifReader round_trip(const std::vector<Tensor>& frames, int milliseconds = 80) {
    write_gif(folder_ / "a.gif", frames, milliseconds);
    return GifReader(folder_ / "a.gif");
  }
  std::filesystem::path folder_;
};

// Pixels that repeat little: the table of strings fills up and is begun anew.
Tensor noise(int64_t C, int64_t H, int64_t W, uint32_t seed, uint32_t levels) {
  Tensor image = Tensor::empty({C, H, W}, DType::u8);
  for (uint8_t& value : image.span<uint8_t>()) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<uint8_t>((seed >> 16) % levels * (256 / levels));
  }
  return image;
}

TEST_F(GifTest, GreyFramesComeBackExactly) {
  const int64_t sizes[][2] = {{1, 1}, {3, 5}, {64, 64}, {1, 255}, {200, 170}};
  for (const auto& size : sizes) {
    for (const uint32_t levels : {1u, 2u, 256u}) {
      const std::vector<Tensor> frames = {noise(1, size[0], size[1], 1, levels), noise(1, size[0], size[1], 2, levels)};
      const GifReader gif = round_trip(frames);
      ASSERT_EQ(gif.frames.size(), 2u);
      for (size_t f = 0; f < 2; ++f) {
        EXPECT_EQ(gif.frames[f].rows(0, 1).to_vector(), frames[f].to_vector())
            << size[0] << " x " << size[1] << ", " << levels;
      }
    }
  }
}

TEST_F(GifTest, FewColoursComeBackExactly) {
  for (const uint32_t levels : {1u, 2u, 4u}) {  // up to 64 colours
    const std::vector<Tensor> frames = {noise(3, 40, 60, 5, levels), noise(3, 40, 60, 6, levels),
                                        noise(3, 40, 60, 7, levels)};
    const GifReader gif = round_trip(frames);
    ASSERT_EQ(gif.frames.size(), 3u);
    for (size_t f = 0; f < 3; ++f) EXPECT_EQ(gif.frames[f].to_vector(), frames[f].to_vector()) << levels;
  }
}

TEST_F(GifTest, ManyColoursAreCloseToTheirNearest) {
  Tensor image = Tensor::empty({3, 64, 64}, DType::u8);  // red by column, green by row, blue by diagonal
  for (int64_t i = 0; i < 4096; ++i) {
    image.data<uint8_t>()[i] = static_cast<uint8_t>(i % 64 * 4);
    image.data<uint8_t>()[4096 + i] = static_cast<uint8_t>(i / 64 * 4);
    image.data<uint8_t>()[8192 + i] = static_cast<uint8_t>((i % 64 + i / 64) * 2);
  }
  const GifReader gif = round_trip({image});
  double squares = 0;
  for (int64_t i = 0; i < image.numel(); ++i) {
    const double difference = image.data<uint8_t>()[i] - gif.frames.at(0).data<uint8_t>()[i];
    squares += difference * difference;
  }
  // 256 equal squares over a plane of 256 x 256 are 16 wide: 16 / sqrt(12) = 4.6 in red and green, less in blue.
  constexpr double kLargestError = 6.0;
  EXPECT_LT(std::sqrt(squares / static_cast<double>(image.numel())), kLargestError);
}

TEST_F(GifTest, RepeatsForEverAtTheGivenPace) {
  const GifReader gif = round_trip({noise(1, 4, 4, 1, 256)}, 125);
  EXPECT_TRUE(gif.repeats_for_ever);
  EXPECT_EQ(gif.hundredths, 13);
}

TEST_F(GifTest, WrongCalls) {
  const Tensor frame = noise(1, 4, 4, 1, 256);
  EXPECT_THROW(write_gif(folder_ / "a.gif", {}), std::invalid_argument);
  EXPECT_THROW(write_gif(folder_ / "a.gif", {frame, noise(1, 4, 5, 1, 256)}), std::invalid_argument);
  EXPECT_THROW(write_gif(folder_ / "a.gif", {frame, noise(3, 4, 4, 1, 256)}), std::invalid_argument);
  EXPECT_THROW(write_gif(folder_ / "a.gif", {Tensor::zeros({1, 4, 4})}), std::invalid_argument);
  EXPECT_THROW(write_gif(folder_ / "a.gif", {frame}, -1), std::invalid_argument);
  EXPECT_THROW(write_gif(folder_ / "a.gif", {Tensor::zeros({1, 1, 65536}, DType::u8)}), std::invalid_argument);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace latent
