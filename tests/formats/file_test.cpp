#include <latent/formats/file.hpp>

#include "format_support.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <csignal>

namespace latent {
namespace {

using namespace test;
namespace fs = std::filesystem;

std::string packed(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

size_t files_in(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(MappedFile, ShowsTheBytesAndOutlivesTheName) {
  const TemporaryFolder folder;
  write_text(folder / "a", "hello");
  const auto file = MappedFile::open(folder / "a");
  fs::remove(folder / "a");
  file->advise_random();
  EXPECT_EQ(Bytes(file->bytes().begin(), file->bytes().end()), to_bytes("hello"));
  EXPECT_EQ(file->path(), (folder / "a").string());
}

TEST(MappedFile, EmptyFileHasNoBytes) {
  const TemporaryFolder folder;
  write_text(folder / "empty", "");
  const auto file = MappedFile::open(folder / "empty");
  file->advise_random();
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, RefusesWhatIsNoFile) {
  const TemporaryFolder folder;
  expect_data_error([&] { MappedFile::open(folder.path()); }, "a folder, not a file");
  expect_data_error([] { MappedFile::open("/dev/null"); }, "not a regular file");
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  expect_data_error([&] { MappedFile::open(folder / "pipe"); }, "not a regular file");
  try {
    MappedFile::open(folder / "missing");
    FAIL() << "opened a missing file";
  } catch (const IoError& error) {
    EXPECT_EQ(error.error_number(), ENOENT);
    EXPECT_THAT(error.what(), testing::HasSubstr("missing: cannot open: No such file"));
  }
}

TEST(Gunzip, UnpacksMembersAndPadding) {
  EXPECT_EQ(gunzip(to_bytes(packed("one")), "a"), to_bytes("one"));
  EXPECT_EQ(gunzip(to_bytes(packed("")), "a"), Bytes());
  EXPECT_EQ(gunzip(to_bytes(packed("one ") + packed("two")), "a"), to_bytes("one two"));
  EXPECT_EQ(gunzip(to_bytes(packed("one") + std::string(700, '\0')), "a"), to_bytes("one"));
  const std::string large(1'000'003, 'x');
  EXPECT_EQ(gunzip(to_bytes(packed(large)), "a"), to_bytes(large));
}

TEST(Gunzip, RefusesDamage) {
  const Bytes valid = to_bytes(packed("some text, some text, some text"));
  expect_truncations_refused(valid, [](auto bytes) { gunzip(bytes, "a"); });
  expect_damage_survived(valid, [](auto bytes) { gunzip(bytes, "a"); });
  Bytes wrong_sum = valid;
  wrong_sum[wrong_sum.size() - 6] ^= std::byte{1};
  expect_data_error([&] { gunzip(wrong_sum, "a"); }, "incorrect data check");
  const std::string trailing = packed("one") + "garbage";
  EXPECT_EQ(expect_data_error([&] { gunzip(to_bytes(trailing), "a"); }, "7 bytes after the end of the gzip data"),
            static_cast<int64_t>(trailing.size() - 7));
}

TEST(Gunzip, StopsAtTheLimit) {
  const Bytes bomb = to_bytes(packed(std::string(1'000'000, '\0')));
  ASSERT_LT(bomb.size(), 2000u);
  EXPECT_EQ(gunzip(bomb, "a", 1'000'000).size(), 1'000'000u);
  expect_data_error([&] { gunzip(bomb, "a", 999'999); }, "unpacks to more than the 999999 bytes allowed");
  Bytes many;
  for (int i = 0; i < 10; ++i) many.insert(many.end(), bomb.begin(), bomb.end());
  expect_data_error([&] { gunzip(many, "a", 5'000'000); }, "unpacks to more than the 5000000 bytes allowed");
  // The size in the trailer is only a claim.
  Bytes boaster = to_bytes(packed("small"));
  std::fill_n(boaster.end() - 4, 4, std::byte{0xff});
  expect_data_error([&] { gunzip(boaster, "a"); }, "incorrect length check");
}

TEST(Gunzip, TheHeadComesWithoutTheRest) {
  const std::string large(5'000'000, 'x');
  EXPECT_EQ(gunzip_head(to_bytes(packed("one")), "a", 100), to_bytes("one"));
  EXPECT_EQ(gunzip_head(to_bytes(packed(large)), "a", 100), to_bytes(large.substr(0, 100)));
  EXPECT_TRUE(gunzip_head(to_bytes(packed("")), "a", 100).empty());
  expect_data_error([] { gunzip_head(to_bytes("plain"), "a", 100); }, "not gzip data");
}

TEST(Gunzip, LimitsGrowWithTheFile) {
  EXPECT_LE(unpack_limit(1000), size_t{256} << 20);
  EXPECT_GE(unpack_limit(size_t{1} << 40), unpack_limit(1000));
  EXPECT_LE(unpack_limit(std::numeric_limits<size_t>::max()), default_unpack_limit());
  EXPECT_LE(unpack_limit(5'000'000), size_t{640'000'000}) << "less than 2 GB from any file below 5 MB";
}

TEST(Gunzip, DefaultLimitFitsTheMachine) {
  EXPECT_GT(default_unpack_limit(), size_t{1} << 26);
  EXPECT_LE(default_unpack_limit(), size_t{1} << 36);
}

TEST(ReplaceFile, WritesSmallAndLargePieces) {
  const TemporaryFolder folder;
  const std::string large(200'000, 'x');
  replace_file(folder / "a", [&](Sink& sink) {
    sink.write("begin ");
    sink.write(large);
    sink.write(" end");
  });
  EXPECT_EQ(read_text(folder / "a"), "begin " + large + " end");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(ReplaceFile, KeepsTheOldContentsWhenTheWriterThrows) {
  const TemporaryFolder folder;
  write_text(folder / "a", "old");
  const auto failing = [](Sink& sink) {
    sink.write(std::string(100'000, 'x'));
    throw std::runtime_error("changed my mind");
  };
  EXPECT_THROW(replace_file(folder / "a", failing), std::runtime_error);
  EXPECT_THROW(replace_file(folder / "new", failing), std::runtime_error);
  EXPECT_EQ(read_text(folder / "a"), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(ReplaceFile, OldContentsStayUntilTheEnd) {
  const TemporaryFolder folder;
  write_text(folder / "a", "old");
  replace_file(folder / "a", [&](Sink& sink) {
    sink.write(std::string(100'000, 'x'));
    EXPECT_EQ(read_text(folder / "a"), "old");
  });
  EXPECT_EQ(read_text(folder / "a").size(), 100'000u);
}

TEST(ReplaceFile, PermissionsAreThoseOfANormalFile) {
  const TemporaryFolder folder;
  const mode_t umask_before = umask(027);
  replace_file(folder / "new", [](Sink& sink) { sink.write("x"); });
  umask(umask_before);
  EXPECT_EQ(fs::status(folder / "new").permissions(), static_cast<fs::perms>(0640));
  fs::permissions(folder / "new", static_cast<fs::perms>(0604));
  replace_file(folder / "new", [](Sink& sink) { sink.write("y"); });
  EXPECT_EQ(fs::status(folder / "new").permissions(), static_cast<fs::perms>(0604));
}

TEST(ReplaceFile, RefusesAReadOnlyFile) {
  if (geteuid() == 0) GTEST_SKIP() << "the superuser may write everything";
  const TemporaryFolder folder;
  write_text(folder / "a", "old");
  fs::permissions(folder / "a", fs::perms::owner_read);
  EXPECT_THROW(replace_file(folder / "a", [](Sink& sink) { sink.write("new"); }), IoError);
  EXPECT_EQ(read_text(folder / "a"), "old");
}

TEST(ReplaceFile, FollowsSymbolicLinks) {
  const TemporaryFolder folder;
  write_text(folder / "target", "old");
  fs::create_symlink("target", folder / "link");
  replace_file(folder / "link", [](Sink& sink) { sink.write("new"); });
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_text(folder / "target"), "new");
}

TEST(ReplaceFile, WritesDevicesDirectly) {
  replace_file("/dev/null", [](Sink& sink) { sink.write("x"); });
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  try {
    replace_file("/dev/full", [](Sink& sink) { sink.write("x"); });
    FAIL() << "wrote to a full device";
  } catch (const IoError& error) {
    EXPECT_EQ(error.error_number(), ENOSPC);
    EXPECT_THAT(error.what(), testing::HasSubstr("/dev/full: cannot write: No space left on device"));
  }
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

// A limit on file sizes fails in the middle of a write, as a full disk does.
TEST(ReplaceFile, AFailingWriteLeavesTheOldContents) {
  const TemporaryFolder folder;
  write_text(folder / "a", "old");
  const auto handler_before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 100'000;
  setrlimit(RLIMIT_FSIZE, &small);
  int error_number = 0;
  try {
    replace_file(folder / "a", [](Sink& sink) { sink.write(std::string(150'000, 'x')); });
  } catch (const IoError& error) {
    error_number = error.error_number();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler_before);
  EXPECT_EQ(error_number, EFBIG);
  EXPECT_EQ(read_text(folder / "a"), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(ReplaceFile, NamesWhatTheSystemRefuses) {
  const TemporaryFolder folder;
  const auto error_of = [](const fs::path& path) {
    try {
      replace_file(path, [](Sink&) {});
    } catch (const IoError& error) {
      return error.error_number();
    }
    return 0;
  };
  EXPECT_EQ(error_of(folder.path()), EISDIR);
  EXPECT_EQ(error_of(folder / "missing" / "a"), ENOENT);
  write_text(folder / "file", "x");
  EXPECT_EQ(error_of(folder / "file" / "a"), ENOTDIR);
}

}  // namespace
}  // namespace latent
