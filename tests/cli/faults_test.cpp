// Faults of the surroundings, injected into the real tool: streams that cannot be written, disks and limits that are
// full, signals, files that shrink, paths that lead nowhere.

#include "tool.hpp"

#include <latent/core/rng.hpp>
#include <latent/formats/npy.hpp>
#include <latent/formats/temporary.hpp>

#include <tests/support/sanitizers.hpp>

#include <gmock/gmock.h>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace latent::test {
namespace {

using testing::HasSubstr;
using Words = std::vector<std::string>;

constexpr const char* kTrain =
    "$LATENT train t.csv --arch mlp --hidden 16 --latent-dim 3 --threads 1 --label-column kind --epochs 2 ";
// A writing end of a pipe that nobody reads, as descriptor 4.
constexpr const char* kDeadPipe = "mkfifo pipe; exec 3<>pipe; exec 4>pipe; exec 3<&-; ";

class Faults : public ToolTest {
 protected:
  // Files that are not finished, or locks, anywhere below the folder.
  Words unfinished() const {
    Words found;
    for (const auto& entry : fs::recursive_directory_iterator(path("."))) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(".latent")) found.push_back(entry.path().string());
    }
    return found;
  }
  // A table whose first epoch takes longer than any test looks at it.
  void write_long_table() const { write_table("long.csv", 60'000); }
  Words train_long(const std::string& out, const Words& more = {}) const {
    Words words = train("long.csv", out, {"--label-column", "kind", "--epochs", "100000", "--batch", "1"});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

TEST_F(Faults, NoMessageEndsARun) {
  write_table("t.csv", 60);
  ASSERT_EQ(shell(std::string(kTrain) + "--out plain").status, 0);
  int run = 0;
  for (const std::string streams : {"2>&-", "2>/dev/full", "2>&4"}) {
    const std::string out = "run" + std::to_string(run++);
    const ToolResult result =
        shell("rm -f pipe; " + std::string(kDeadPipe) + kTrain + "--out " + out + " --json " + streams);
    EXPECT_EQ(result.status, 0) << streams;
    const nlohmann::json json = nlohmann::json::parse(result.out, nullptr, false);
    ASSERT_TRUE(json.is_object()) << streams << result.out;
    EXPECT_THAT(json.value("lost_messages", ""), HasSubstr("could not be written to standard error: ")) << streams;
    EXPECT_EQ(read(out + "/metrics.jsonl").empty(), false);
    ok({"evaluate", out});  // no message went into a file of the run
    ok({"encode", out, "-o", out + ".csv"});
    ok({"encode", "plain", "-o", "plain.csv"});
    EXPECT_EQ(read(out + ".csv"), read("plain.csv")) << streams;
  }
  const ToolResult as_text = shell(std::string(kTrain) + "--out text 2>/dev/full");
  EXPECT_THAT(as_text.out, HasSubstr("messages could not be written to standard error: No space left on device\n"));
  // Notes of other commands, and errors themselves.
  EXPECT_EQ(shell("$LATENT map plain --method umap --epochs 20 -o map.csv 2>/dev/full").status, 0);
  EXPECT_EQ(shell("$LATENT info nothing 2>/dev/full").status, 2);
  EXPECT_EQ(shell("$LATENT info nothing 2>&-").status, 2);
}

TEST_F(Faults, ResultsThatCannotBeWrittenAreAnError) {
  write_table("t.csv", 60);
  ok(train("t.csv", "run", {"--label-column", "kind", "--epochs", "1"}));
  const std::pair<const char*, const char*> streams[] = {
      {">&-", "Bad file descriptor"}, {">/dev/full", "No space left on device"}, {">&4", "Broken pipe"}};
  for (const auto& [stream, why] : streams) {
    for (const char* command : {"info run", "evaluate run --json", "--help", "encode run -o codes.npy"}) {
      const ToolResult result = shell("rm -f pipe; " + std::string(kDeadPipe) + "$LATENT " + command + " " + stream);
      EXPECT_EQ(result.status, 1) << command << stream;
      EXPECT_THAT(result.err, HasSubstr("latent: standard output: cannot write: " + std::string(why)))
          << command << stream;
    }
  }
}

TEST_F(Faults, OverwritingKeepsTheOldRunUntilTheNewOneIsThere) {
  write_table("t.csv", 60);
  write_long_table();
  ok(train("t.csv", "run", {"--label-column", "kind", "--epochs", "2"}));
  write("run/notes.txt", "mine");
  const std::vector<std::string> before = listing();
  const std::string model = read("run/model.safetensors"), checkpoint = read("run/checkpoint.safetensors");
  // No room for the first file.
  const ToolResult full = shell("ulimit -f 1; " + std::string(kTrain) + "--out run --overwrite");
  EXPECT_EQ(full.status, 1);
  EXPECT_THAT(full.err, HasSubstr("File too large"));
  EXPECT_EQ(listing(), before);
  // Killed in the first epoch.
  const pid_t process = start(train_long("run", {"--overwrite"}), path("err"));
  ASSERT_TRUE(waits_for([&] { return unfinished().size() >= 2; }));  // the lock, and the new run
  kill(process, SIGKILL);
  EXPECT_EQ(wait(process), 128 + SIGKILL);
  EXPECT_EQ(read("run/model.safetensors"), model);
  EXPECT_EQ(read("run/checkpoint.safetensors"), checkpoint);
  EXPECT_TRUE(fs::exists(path("run/loss.png")));
  ok({"evaluate", "run"});
  EXPECT_THAT(json({"resume", "run"}).at("epochs"), 2);
  EXPECT_EQ(unfinished(), Words{});
  // Diverged before there was anything.
  EXPECT_THAT(
      fails(1, train("t.csv", "run", {"--label-column", "kind", "--overwrite", "--lr", "1e30", "--optimizer", "sgd"}),
            "weights"),
      HasSubstr("the run that was there is kept"));
  EXPECT_EQ(read("run/model.safetensors"), model);
  // And at last.
  EXPECT_EQ(json(train("t.csv", "run", {"--label-column", "kind", "--epochs", "1", "--overwrite"})).at("epochs"), 1);
  EXPECT_NE(read("run/model.safetensors"), model);
  EXPECT_EQ(read("run/notes.txt"), "mine");
  EXPECT_EQ(unfinished(), Words{});
}

TEST_F(Faults, AFullDiskKeepsTheOldRun) {
  write_table("t.csv", 60);
  fs::create_directory(path("disk"));
  if (mount("none", path("disk").c_str(), "tmpfs", 0, "size=512k") != 0) GTEST_SKIP() << "may not mount a small disk";
  ok(train("t.csv", "disk/run", {"--label-column", "kind", "--epochs", "1"}));
  const std::string model = read("disk/run/model.safetensors");
  fails(1, train("t.csv", "disk/run", {"--label-column", "kind", "--overwrite", "--hidden", "4096"}), "weights");
  EXPECT_THAT(read("../err"), HasSubstr("No space left on device"));
  EXPECT_EQ(read("disk/run/model.safetensors"), model);
  EXPECT_EQ(unfinished(), Words{});
  ok({"evaluate", "disk/run"});
  fails(1, train("t.csv", "disk/new", {"--label-column", "kind", "--hidden", "4096"}), "weights");
  EXPECT_FALSE(fs::exists(path("disk/new")));
  EXPECT_EQ(umount(path("disk").c_str()), 0);
}

TEST_F(Faults, WhatADeadProcessLeftIsRemovedByTheNext) {
  write_table("t.csv", 60);
  write("run/.latent-999999-0.tmp", "torn");  // a kill at the first write leaves this, and the lock
  write("run/.latent-lock", "999999 elsewhere\n");
  write(".latent-999999-1.tmp/000000.png", "torn");
  EXPECT_EQ(json(train("t.csv", "run", {"--label-column", "kind", "--epochs", "1"})).at("epochs"), 1);
  const Temporary alive(path("codes.npy"), Temporary::Kind::file);  // of a process that lives: this one
  ok({"encode", "run", "-o", "codes.npy"});
  EXPECT_EQ(unfinished(), Words{(path(".") / alive.path().filename()).string()});
}

TEST_F(Faults, KilledAtTheFirstWrite) {
  write_table("t.csv", 60);
  if (shell("strace -e trace=none true").status != 0) GTEST_SKIP() << "strace is not there, or may not trace";
  for (const std::string when : {"1", "2", "3", "4"}) {
    const std::string run = "run" + when;
    const ToolResult killed =
        shell("strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:signal=KILL:when=" + when + " " + kTrain +
              "--out " + run);
    ASSERT_EQ(killed.status, 128 + SIGKILL) << killed.err;
    if (fs::exists(path(run + "/checkpoint.safetensors"))) {
      EXPECT_EQ(json({"resume", run}).at("epochs"), 2) << when;
    } else {
      EXPECT_EQ(json(train("t.csv", run, {"--label-column", "kind", "--epochs", "2"})).at("epochs"), 2) << when;
    }
    EXPECT_EQ(unfinished(), Words{}) << when;
  }
}

TEST_F(Faults, SignalsSaveATrainingAndLeaveNothingUnfinished) {
  write_long_table();
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) {
    const std::string run = "run" + std::to_string(signal);
    const pid_t process = start(train_long(run), path("err"));
    ASSERT_TRUE(waits_for([&] { return fs::exists(path(run + "/metrics.jsonl")); }));
    kill(process, signal);
    EXPECT_EQ(wait(process), 130) << signal;
    EXPECT_THAT(read("err"), HasSubstr("continue with: latent resume " + run));
    EXPECT_TRUE(fs::exists(path(run + "/checkpoint.safetensors")));
  }
  EXPECT_EQ(unfinished(), Words{});
  // The second one does not wait; what ends a process at once is no different.
  const pid_t process = start(train_long("at-once"), path("err"));
  ASSERT_TRUE(waits_for([&] { return fs::exists(path("at-once/metrics.jsonl")); }));
  kill(process, SIGUSR1);
  EXPECT_EQ(wait(process), 128 + SIGUSR1);
  EXPECT_EQ(unfinished(), Words{});
  // As under nohup.
  write_table("t.csv", 60);
  const pid_t deaf =
      start_shell("trap '' HUP; touch ready; exec " + std::string(kTrain) + "--epochs 300 --out deaf", path("err"));
  ASSERT_TRUE(waits_for([&] { return fs::exists(path("ready")); }));
  EXPECT_TRUE(waits_for([&] {
    kill(deaf, SIGHUP);
    return fs::exists(path("deaf/loss.png"));
  }));
  EXPECT_EQ(wait(deaf), 0);
}

TEST_F(Faults, SignalsLeaveNoPicturesBehind) {
  write_idx("images", 40);
  ok(train("images", "run", {"--epochs", "1"}));
  for (const int signal : {SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGQUIT}) {
    const pid_t process = start({"sample", "run", "-n", "200000", "-o", "pictures", "--threads", "1"}, path("err"));
    ASSERT_TRUE(waits_for([&] { return !unfinished().empty(); }));
    kill(process, signal);
    const int status = wait(process);
    EXPECT_EQ(status, signal == SIGUSR1 || signal == SIGQUIT ? 128 + signal : 130);
    // SIGQUIT and SIGUSR1 remove what they can while a picture is being written; what comes after, the next command
    // removes.
    if (status == 130) {
      EXPECT_EQ(unfinished(), Words{}) << signal;
    }
    for (const std::string& left : unfinished()) fs::remove_all(left);
    EXPECT_FALSE(fs::exists(path("pictures")));
  }
}

TEST_F(Faults, OneTrainingAtATime) {
  write_table("t.csv", 60);
  write_long_table();
  const pid_t process = start(train_long("run"), path("err"));
  ASSERT_TRUE(waits_for([&] { return fs::exists(path("run/metrics.jsonl")); }));
  const std::string owner = "run: process " + std::to_string(process) + " trains into it now";
  fails(2, train("t.csv", "run", {"--label-column", "kind", "--overwrite"}), owner);
  fails(2, train("t.csv", "run", {"--label-column", "kind"}), owner);
  fails(2, {"resume", "run"}, owner);
  ok({"evaluate", "run"});  // readers are let be
  ok({"encode", "run", "-o", "run/codes.csv"});
  kill(process, SIGKILL);
  wait(process);
  EXPECT_EQ(json({"resume", "run", "--epochs", "1"}).at("epochs"), 1);
  EXPECT_EQ(unfinished(), Words{});
}

TEST_F(Faults, AFileSystemWithoutLocks) {
  write_table("t.csv", 60);
  if (shell("strace -e trace=none true").status != 0) GTEST_SKIP() << "strace is not there, or may not trace";
  // LeakSanitizer, where it is compiled in, cannot look at a process that strace holds.
  const ToolResult result = shell(
      "export ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\"; "
      "strace -f -qq -o /dev/null -e trace=flock -e inject=flock:error=ENOLCK " +
      std::string(kTrain) + "--out run");
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("has no locks"));
  EXPECT_EQ(unfinished(), Words{});
}

TEST_F(Faults, DataThatShrinksIsAnError) {
  Rng rng(3);
  Tensor x = Tensor::empty({20'000, 40});
  rng.normal(x.span<float>());
  write_npy(path("x.npy"), x);
  const pid_t process = start(train("x.npy", "run", {"--epochs", "1000000"}), path("err"));
  ASSERT_TRUE(appears(path("err"), "epoch "));
  fs::resize_file(path("x.npy"), 5000);
  EXPECT_EQ(wait(process), 1);
  EXPECT_THAT(read("err"), HasSubstr("x.npy: another program shortened it from 3200128 to 5000 bytes"));
  ok({"sample", "run", "-n", "3", "-o", "s.npy"});  // the last checkpoint's model
  EXPECT_EQ(unfinished(), Words{});
}

TEST_F(Faults, MemoryThatRunsOutIsAnErrorOfStatusOne) {
#if defined(LATENT_ADDRESS_SANITIZER) || defined(LATENT_THREAD_SANITIZER)
  GTEST_SKIP() << "sanitizers need more address space than a limit allows";
#endif
  write_table("t.csv", 60);
  bool ran_out = false, done = false;
  for (int limit = 50'000; limit <= 250'000; limit += 8'000) {
    const std::string out = "run" + std::to_string(limit),
                      low = "ulimit -c 0; ulimit -v " + std::to_string(limit) + "; ";
    // Where not even this works, the program has not begun: the loader was refused memory, or died of it.
    if (shell(low + std::string(LATENT_TOOL) + " --version").status != 0) continue;
    const ToolResult result = shell(low + kTrain + "--out " + out);
    EXPECT_TRUE(result.status == 0 || result.status == 1) << limit << ": " << result.status << "\n" << result.err;
    if (result.status == 1) {
      EXPECT_THAT(result.err, testing::AnyOf(HasSubstr("emory"), HasSubstr("thread"))) << limit;
    }
    ran_out = ran_out || result.status == 1;
    done = done || result.status == 0;
  }
  EXPECT_TRUE(ran_out && done);
}

TEST_F(Faults, PathsThatLeadNowhere) {
  write_table("t.csv", 60);
  ok(train("t.csv", "run", {"--label-column", "kind", "--epochs", "1"}));
  const std::string long_name(300, 'x');
  fs::create_symlink("loop", path("loop"));
  fs::create_symlink("loop.npy", path("loop.npy"));
  const std::vector<std::string> before = listing();
  for (const auto& [name, why] : {std::pair(long_name, "File name too long"),
                                  std::pair(std::string("loop"), "Too many levels of symbolic links")}) {
    for (const Words& words :
         {train("t.csv", name, {"--label-column", "kind"}), train(name, "new"), Words{"info", name},
          Words{"evaluate", name}, Words{"evaluate", "run", name}, Words{"resume", name},
          Words{"encode", "run", "-o", name + ".npy"}, Words{"sample", "run", "-o", name + "/more.npy"},
          Words{"decode", "run", name, "-o", "x.npy"}, Words{"data", "info", name},
          Words{"edit", "run", "--item", "0", "--direction", "a", "--directions", name, "-o", "x.csv"}}) {
      EXPECT_THAT(fails(2, words, why), testing::Not(HasSubstr("filesystem"))) << words.front();
    }
  }
  EXPECT_EQ(listing(), before);
  const std::string run = path("run").string(), table = path("t.csv").string();
  for (const std::string& command :
       {"train " + table + " --out new", std::string("info run"), "encode " + run + " -o x.npy",
        std::string("train t.csv --out ") + run, std::string("resume run")}) {
    const ToolResult result = shell("mkdir gone; cd gone; rmdir ../gone; $LATENT " + command);
    EXPECT_EQ(result.status, 2) << command << "\n" << result.err;
    EXPECT_THAT(result.err, testing::Not(HasSubstr("filesystem"))) << command;
  }
  EXPECT_EQ(shell("mkdir gone; cd gone; rmdir ../gone; $LATENT encode " + run + " -o " + path("x.npy").string()).status,
            0);
}

TEST_F(Faults, FoldersThatMayNotBeLookedInto) {
  write_table("t.csv", 60);
  ok(train("t.csv", "locked/run", {"--label-column", "kind", "--epochs", "1"}));
  fs::permissions(path("locked"), fs::perms::owner_all);
  const std::string as_nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups $LATENT ";
  fs::permissions(path("..").lexically_normal(), fs::perms(0755));
  if (geteuid() != 0 || shell(as_nobody + "--version").status != 0) GTEST_SKIP() << "cannot become another user";
  for (const std::string command :
       {"info locked/run", "evaluate locked/run", "resume locked/run", "train locked/t.csv --out new",
        "train t.csv --out locked/new", "train t.csv --out locked/run --overwrite", "encode locked/run -o x.npy"}) {
    const ToolResult result = shell(as_nobody + command);
    EXPECT_EQ(result.status, 2) << command << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr("Permission denied")) << command;
    EXPECT_THAT(result.err, testing::Not(HasSubstr("filesystem"))) << command;
  }
}

}  // namespace
}  // namespace latent::test
