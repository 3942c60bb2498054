// What the environment does to threads must change neither figures nor whether training ends.

#include "tool.hpp"

#include <latent/core/threads.hpp>

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <thread>

namespace latent::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// One variable of the environment, for the programs that are started while it lives.
class Variable {
 public:
  Variable(const std::string& name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name.c_str())) before_ = old;
    setenv(name.c_str(), value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      setenv(name_.c_str(), before_->c_str(), 1);
    } else {
      unsetenv(name_.c_str());
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
  std::optional<std::string> before_;
};

// One processor, for the programs that are started while it lives.
class OneProcessor {
 public:
  OneProcessor() {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &before_)) {
        CPU_SET(cpu, &one);
        break;
      }
    }
    sched_setaffinity(0, sizeof one, &one);
  }
  ~OneProcessor() { sched_setaffinity(0, sizeof before_, &before_); }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  cpu_set_t before_{};
};

const std::vector<std::pair<std::string, std::string>> kSettings = {
    {"OMP_THREAD_LIMIT", "1"},     {"OMP_DYNAMIC", "true"},   {"OMP_MAX_ACTIVE_LEVELS", "0"}, {"OMP_NUM_THREADS", "1"},
    {"OMP_NUM_THREADS", "128"},    {"OMP_NUM_THREADS", "0"},  {"OMP_NUM_THREADS", "many"},    {"OMP_NESTED", "true"},
    {"OMP_NUM_THREADS", "100000"}, {"OMP_PROC_BIND", "true"},
};

class ThreadsTool : public ToolTest {
 protected:
  // Runs the tool, and kills it when it hangs: a barrier waits for ever for a thread that never comes.
  void ends(const std::vector<std::string>& arguments, const std::string& what) const {
    constexpr auto kPatience = std::chrono::seconds(120);  // for what takes a second
    const pid_t process = start(arguments, path("err.txt"));
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    int status = 0;
    while (waitpid(process, &status, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) {
        kill(process, SIGKILL);
        waitpid(process, &status, 0);
        FAIL() << what << ": hangs";
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << what << "\n" << read("err.txt");
  }

  // Codes of all samples, and the ELBO, under the present environment.
  struct Figures {
    std::vector<double> codes;
    double elbo = 0.0;
  };
  Figures figures(const std::string& what) const {
    ends({"encode", "run", "images", "--split", "all", "-o", "codes.npy"}, what);
    Figures result{.codes = npy("codes.npy").to_vector()};
    ends({"evaluate", "run", "images", "--split", "all", "--json"}, what);
    const auto parsed = nlohmann::json::parse(read("../out"), nullptr, false);
    EXPECT_TRUE(parsed.is_object()) << what;
    if (parsed.is_object()) result.elbo = parsed.at("elbo").get<double>();
    return result;
  }

  void expect_as(const Figures& expected, const std::string& what) const {
    constexpr double kRounding = 1e-4;  // of sums in another order
    const Figures got = figures(what);
    ASSERT_EQ(got.codes.size(), expected.codes.size()) << what;
    double worst = 0.0;
    for (size_t i = 0; i < got.codes.size(); ++i) worst = std::max(worst, std::abs(got.codes[i] - expected.codes[i]));
    EXPECT_LT(worst, kRounding) << what << ": codes";
    EXPECT_NEAR(got.elbo, expected.elbo, kRounding * std::abs(expected.elbo)) << what;
  }
};

TEST_F(ThreadsTool, FiguresDoNotDependOnTheEnvironment) {
  write_idx("images", 600, 12);
  ok({"train", "images", "--out", "run", "--arch", "conv", "--channels", "4,8", "--latent-dim", "3", "--epochs", "1"});
  const Figures plain = figures("plain");
  for (const auto& [name, value] : kSettings) {
    const Variable set(name, value);
    expect_as(plain, name + "=" + value);
  }
  const OneProcessor alone;
  expect_as(plain, "one processor");
}

TEST_F(ThreadsTool, TrainingEndsInEveryEnvironment) {
  write_idx("images", 256, 12);
  const std::vector<std::string> train = {"train",  "images",   "--out",      "run",   "--overwrite",
                                          "--arch", "conv",     "--channels", "4,8",   "--latent-dim",
                                          "3",      "--epochs", "2",          "--json"};
  const auto loss = [&](const std::string& what) {
    ends(train, what);
    const auto parsed = nlohmann::json::parse(read("../out"), nullptr, false);
    EXPECT_TRUE(parsed.is_object()) << what;
    return parsed.is_object() ? parsed.at("train").at("elbo").get<double>() : std::nan("");
  };
  const double plain = loss("plain");
  constexpr double kSameTraining = 1e-2;  // rounding, grown through the steps of two epochs
  for (const auto& [name, value] : kSettings) {
    const Variable set(name, value);
    EXPECT_NEAR(loss(name + "=" + value), plain, kSameTraining * std::abs(plain)) << name << "=" << value;
  }
  const OneProcessor alone;
  EXPECT_NEAR(loss("one processor"), plain, kSameTraining * std::abs(plain));
}

// bf16 would leave nothing of the differences that a critic's penalty is made of.
TEST_F(ThreadsTool, WhatHasACriticIsTrainedInSinglePrecision) {
  const Variable set("LATENT_AUTO_PRECISION", "bf16");
  for (const std::string preset : {"gan-conv", "vae-gan"}) {
    std::vector<std::string> train = {"train",    "shapes:40", "--preset", preset, "--channels", "4,8",
                                      "--hidden", "8",         "--epochs", "1",    "--out",      preset};
    EXPECT_EQ(json(train).at("precision"), "f32") << preset;
    train.insert(train.end(), {"--overwrite", "--precision", "bf16"});
    fails(2, train, "hides what the critic's penalty is made of");
  }
}

TEST_F(ThreadsTool, ThePrecisionIsSaidAndFiguresCanBeHadInIt) {
  write_idx("images", 200);
  for (const std::string precision : {"f32", "bf16"}) {
    const Variable set("LATENT_AUTO_PRECISION", precision);
    const ToolResult trained = run({"train", "images", "--out", precision, "--arch", "mlp", "--hidden", "16",
                                    "--latent-dim", "3", "--epochs", "1", "--json"});
    ASSERT_EQ(trained.status, 0) << trained.err;
    EXPECT_THAT(trained.err, HasSubstr(", " + precision)) << "the line about the model names it";
    const auto summary = nlohmann::json::parse(trained.out);
    EXPECT_EQ(summary.at("precision"), precision);
    // The same figures from another command, on any processor and whatever auto means there.
    const auto same = json({"evaluate", precision, "--precision", precision});
    EXPECT_EQ(same.at("precision"), precision);
    const double expected = summary.at("validation").at("elbo").get<double>();
    EXPECT_NEAR(same.at("elbo").get<double>(), expected, 1e-5 * std::abs(expected));
    EXPECT_THAT(same.at("protocol").get<std::string>(), Not(HasSubstr("own figures")));
  }
  EXPECT_THAT(run({"train", "images", "--out", "again", "--epochs", "1", "--precision", "bf16"}).err,
              testing::AnyOf(HasSubstr(", bf16\n"), HasSubstr(", bf16 (this processor has no units for it")));
  // Figures that are not to be compared with the run's say so.
  const std::string protocol = json({"evaluate", "bf16"}).at("protocol");
  EXPECT_THAT(protocol, HasSubstr("computed in f32 (the run's own figures were computed in bf16: --precision bf16"));
  EXPECT_THAT(json({"evaluate", "f32"}).at("protocol").get<std::string>(), Not(HasSubstr("computed in")));
  const Variable wrong("LATENT_AUTO_PRECISION", "f16");
  fails(2, {"train", "images", "--out", "x"}, "LATENT_AUTO_PRECISION");
}

TEST_F(ThreadsTool, TheNumberOfThreadsIsRecordedAndAnotherOneIsSaid) {
  write_idx("images", 200);
  const std::vector<std::string> short_run = {"--arch", "mlp", "--hidden", "16", "--latent-dim", "3", "--epochs", "1"};
  const auto begin = [&](const std::string& out, std::vector<std::string> more) {
    std::vector<std::string> arguments = {"train", "images", "--out", out};
    arguments.insert(arguments.end(), short_run.begin(), short_run.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    ok(arguments);
    return json({"info", out}).at("info").at("run").at("threads").get<int>();
  };
  const auto resume = [&](const std::string& out, std::vector<std::string> more) {
    std::vector<std::string> arguments = {"resume", out, "--epochs", "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ToolResult result = run(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.err;
  };
  EXPECT_EQ(begin("all", {}), num_threads());
  EXPECT_EQ(begin("one", {"--threads", "1"}), 1);
  {
    const Variable set("OMP_NUM_THREADS", "1");
    EXPECT_EQ(begin("environment", {}), 1);
  }
  EXPECT_THAT(resume("one", {}), Not(HasSubstr("thread")));
  EXPECT_THAT(resume("environment", {}), Not(HasSubstr("thread"))) << "continued with one, as it was begun";
  if (num_threads() < 2) GTEST_SKIP() << "another number needs another processor";
  const Variable set("OMP_THREAD_LIMIT", "1");
  EXPECT_THAT(resume("all", {}), HasSubstr(fmt::format("begun with {} threads, continued with 1:", num_threads())));
}

TEST_F(ThreadsTool, ThreadsAskedForWhenResumingAreSaidToBeOthers) {
  if (num_threads() < 2) GTEST_SKIP() << "another number needs another processor";
  write_idx("images", 200);
  ok(train("images", "run", {"--epochs", "1"}));  // --threads 1
  const ToolResult resumed = run({"resume", "run", "--epochs", "2", "--threads", "2"});
  EXPECT_EQ(resumed.status, 0);
  EXPECT_THAT(resumed.err,
              HasSubstr("begun with 1 thread, continued with 2: the weights will differ in the last bits"));
}

}  // namespace
}  // namespace latent::test
