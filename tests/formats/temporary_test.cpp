// Unfinished files: their names, their end, and who removes them.

#include <latent/core/error.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/temporary.hpp>

#include <tests/support/temporary_folder.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

namespace latent {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

int64_t count(const fs::path& directory) {
  return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
}

TEST(Temporary, IsGoneUnlessItIsMoved) {
  const TemporaryFolder folder;
  for (const Temporary::Kind kind : {Temporary::Kind::file, Temporary::Kind::folder}) {
    const fs::path target = folder / "target";
    {
      const Temporary made(target, kind);
      EXPECT_TRUE(is_temporary_name(made.path().filename().string()));
      EXPECT_EQ(count(folder.path()), 1);
      if (kind == Temporary::Kind::folder) {
        fs::create_directories(made.path() / "a" / "b");
        std::ofstream(made.path() / "a" / "b" / "c") << "text";
      }
    }
    EXPECT_EQ(count(folder.path()), 0);
    for (int i = 0; i < 2; ++i) {  // the second one replaces the first
      Temporary made(target, kind);
      if (kind == Temporary::Kind::folder) std::ofstream(made.path() / std::to_string(i)) << "text";
      made.move_to_target();
    }
    EXPECT_EQ(count(folder.path()), 1);
    if (kind == Temporary::Kind::folder) {
      EXPECT_TRUE(fs::exists(target / "1") && !fs::exists(target / "0"));
    }
    fs::remove_all(target);
  }
  EXPECT_THROW(Temporary(folder / "nothing" / "target", Temporary::Kind::file), IoError);
}

TEST(Temporary, TheAbandonedAreRemovedAndNoOthers) {
  const TemporaryFolder folder;
  const auto touch = [&](const std::string& name) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << "text";
  };
  touch(".latent-12-0.tmp");
  touch(".latent-12-1.tmp/000000.png");
  touch(".latent-1a2b3c.tmp");  // as older versions called them
  for (const char* kept : {".latent-lock", ".latent-.tmp", "latent-12-0.tmp", ".latent-12-0.tmp.png"}) touch(kept);
  fs::create_symlink("latent-12-0.tmp", folder / ".latent-12-2.tmp");
  const Temporary alive(folder / "target", Temporary::Kind::file), also(folder / "other", Temporary::Kind::folder);
  remove_abandoned(folder.path());
  EXPECT_EQ(count(folder.path()), 4 + 1 + 2);
  EXPECT_TRUE(fs::exists(alive.path()) && fs::exists(also.path()));
  EXPECT_FALSE(fs::exists(folder / ".latent-12-0.tmp") || fs::exists(folder / ".latent-12-1.tmp") ||
               fs::exists(folder / ".latent-1a2b3c.tmp"));
  remove_abandoned(folder / "nothing");
}

TEST(Temporary, WhatASignalRemoves) {
  const TemporaryFolder folder;
  Temporary file(folder / "file", Temporary::Kind::file), tree(folder / "tree", Temporary::Kind::folder);
  Temporary done(folder / "done", Temporary::Kind::file);
  done.move_to_target();
  fs::create_directory(tree.path() / "class");
  for (int i = 0; i < 300; ++i) std::ofstream(tree.path() / "class" / std::to_string(i)) << "text";
  remove_on_signal();
  EXPECT_EQ(count(folder.path()), 1);
  EXPECT_TRUE(fs::exists(folder / "done"));
}

TEST(MapGuard, AShortenedFileIsAnErrorInPlaceOfASignal) {
  const TemporaryFolder folder;
  const auto before = std::signal(SIGBUS, SIG_DFL);
  survive_shortened_files();
  constexpr size_t kBytes = size_t{1} << 20;
  std::ofstream(folder / "data", std::ios::binary) << std::string(kBytes, 'x');
  const auto file = MappedFile::open(folder / "data");
  file->check_whole();
  fs::resize_file(folder / "data", 10'000);
  size_t seen = 0;
  for (const std::byte b : file->bytes()) seen += b == std::byte{'x'} ? 1 : 0;
  EXPECT_EQ(seen, 10'000u);
  EXPECT_THROW(file->check_whole(), DataError);
  fs::resize_file(folder / "data", kBytes + 1);  // growing is no harm, but the bytes are not what they were
  std::signal(SIGBUS, before);
}

}  // namespace
}  // namespace latent
