// Sound files block by block: what is written comes back, and files that lie are noticed.

#include <latent/core/error.hpp>
#include <latent/formats/sound_stream.hpp>
#include <tests/support/temporary_folder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

namespace latent {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<float> ramp(size_t n) {
  std::vector<float> x(n);
  for (size_t i = 0; i < n; ++i) x[i] = std::sin(0.01f * static_cast<float>(i));
  return x;
}

TEST(SoundStream, WhatIsWrittenInBlocksComesBackInOthers) {
  const test::TemporaryFolder folder;
  const std::vector<float> x = ramp(2 * 1000);
  {
    SoundWriter writer(folder / "a.wav", 8000, 2);
    writer.write(std::span(x).first(6));
    writer.write(std::span(x).subspan(6));
    EXPECT_FALSE(fs::exists(folder / "a.wav"));
    writer.finish();
    EXPECT_EQ(writer.clipped(), 0);
  }
  SoundReader reader(folder / "a.wav");
  EXPECT_EQ(reader.rate(), 8000);
  EXPECT_EQ(reader.channels(), 2);
  std::vector<float> block(2 * 300), all;
  while (const int64_t count = reader.read(block)) all.insert(all.end(), block.begin(), block.begin() + 2 * count);
  ASSERT_EQ(all.size(), x.size());
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_NEAR(all[i], x[i], 0.5001f / 32768.0f + (x[i] > 0.9999f ? 1.0f / 32768.0f : 0.0f));
}

TEST(SoundStream, LoudValuesAreClippedAndCounted) {
  const test::TemporaryFolder folder;
  SoundWriter writer(folder / "a.wav", 8000, 1);
  writer.write(std::vector<float>{0.5f, 1.5f, -2.0f});
  EXPECT_EQ(writer.clipped(), 2);
}

TEST(SoundStream, UnfinishedFilesLeaveNothing) {
  const test::TemporaryFolder folder;
  { SoundWriter(folder / "a.wav", 8000, 1).write(ramp(10)); }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(SoundStream, WhatIsNoSoundIsRefused) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(SoundReader(folder / "missing.wav"), IoError);
  std::ofstream(folder / "text.wav") << "these are words\n";
  try {
    SoundReader reader(folder / "text.wav");
    ADD_FAILURE() << "nothing thrown";
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), HasSubstr("no sound file"));
  }
  EXPECT_THROW(SoundWriter(folder / "a.wav", 8000, 0), std::invalid_argument);
}

TEST(SoundStream, FilesThatWereCutOffAreReadAsFarAsTheyGo) {
  const test::TemporaryFolder folder;
  {
    SoundWriter writer(folder / "a.wav", 8000, 1);
    writer.write(ramp(1000));
    writer.finish();
  }
  fs::resize_file(folder / "a.wav", fs::file_size(folder / "a.wav") - 500);
  SoundReader reader(folder / "a.wav");
  std::vector<float> block(4000);
  EXPECT_EQ(reader.read(block), 750);
  EXPECT_EQ(reader.read(block), 0);
}

// A FLAC that a program wrote into a pipe does not say how long it is.
TEST(SoundStream, LengthsNeedNotBeKnown) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "a.flac";
  fs::copy_file(fs::path(LATENT_TEST_DATA) / "golden" / "formats" / "tone.flac", file);
  {
    std::fstream flac(file, std::ios::in | std::ios::out | std::ios::binary);
    flac.seekp(22);
    flac.write("\0\0\0\0", 4);
  }
  SoundReader reader(file);
  std::vector<float> block(4000);
  EXPECT_EQ(reader.read(block), 800);
}

}  // namespace
}  // namespace latent
