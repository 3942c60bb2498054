// A new run takes the place of an old one: all of it or nothing, wherever a kill comes.

#include <tests/support/temporary_folder.hpp>

#include <latent/core/error.hpp>
#include <latent/training/run_files.hpp>
#include <latent/training/run_lock.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

namespace latent {
namespace {

namespace fs = std::filesystem;
using test::read_text;
using test::TemporaryFolder;

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }
void write_run(const fs::path& directory, const std::string& text) {
  fs::create_directories(directory);
  const RunFiles files{directory};
  for (const fs::path& file : {files.model(), files.checkpoint(), files.metrics()}) write(file, text);
}
void expect_run(const fs::path& directory, const std::string& text) {
  const RunFiles files{directory};
  for (const fs::path& file : {files.model(), files.checkpoint(), files.metrics()})
    EXPECT_EQ(read_text(file), text) << file;
}
int64_t count(const fs::path& directory) {
  return std::distance(fs::directory_iterator(directory), fs::directory_iterator());
}

TEST(RunReplacement, TakesThePlaceAtOnceOrNotAtAll) {
  const TemporaryFolder folder;
  const fs::path run = folder.path() / "run";
  write_run(run, "old");
  write(run / "loss.png", "old");
  write(run / "notes.txt", "mine");
  {
    const RunReplacement given_up(run);
    write_run(given_up.directory(), "new");
  }
  expect_run(run, "old");
  EXPECT_EQ(count(run), 5);
  fs::permissions(RunFiles{run}.model(), fs::perms::owner_read | fs::perms::owner_write);
  RunReplacement replacement(run);
  write_run(replacement.directory(), "new");
  expect_run(run, "old");
  replacement.commit();
  expect_run(run, "new");
  EXPECT_FALSE(fs::exists(run / "loss.png"));
  EXPECT_EQ(read_text(run / "notes.txt"), "mine");
  EXPECT_EQ(count(run), 4);
  EXPECT_EQ(fs::status(RunFiles{run}.model()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(RunReplacement, AKilledCommitIsCompleted) {
  // After each of its steps: so many of the files are in their place already.
  for (int moved = 0; moved <= 3; ++moved) {
    const TemporaryFolder folder;
    const fs::path run = folder.path() / "run", next = run / ".latent-next";
    write_run(run, "old");
    write_run(next, "new");
    const RunFiles from{next}, to{run};
    if (moved > 0) fs::rename(from.checkpoint(), to.checkpoint());
    if (moved > 1) fs::rename(from.metrics(), to.metrics());
    if (moved > 2) fs::rename(from.model(), to.model());
    RunReplacement::complete(run);
    expect_run(run, "new");
    EXPECT_EQ(count(run), 3);
    RunReplacement::complete(run);  // nothing to do
    expect_run(run, "new");
  }
}

TEST(RunLock, KeepsOthersOutUntilItEnds) {
  const TemporaryFolder folder;
  {
    const RunLock lock(folder.path());
    EXPECT_TRUE(lock.is_held());
    EXPECT_EQ(RunLock::owner(folder.path()), "process " + std::to_string(getpid()));
    EXPECT_THROW(RunLock(folder.path()), RunBusy);
  }
  EXPECT_EQ(count(folder.path()), 0);
  EXPECT_EQ(RunLock::owner(folder.path()), "");
  write(folder.path() / RunLock::kFileName, "left by a kill");
  EXPECT_EQ(RunLock::owner(folder.path()), "");
  EXPECT_TRUE(RunLock(folder.path()).is_held());
  EXPECT_THROW(RunLock(folder.path() / "nothing"), IoError);
}

}  // namespace
}  // namespace latent
