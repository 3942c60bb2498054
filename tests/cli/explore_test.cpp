// latent explore and latent train --explore, from start to Ctrl-C.

#include "tool.hpp"

#include <gmock/gmock.h>

#include <signal.h>

#include <regex>

namespace latent::test {
namespace {

using ::testing::HasSubstr;

class ExploreTool : public ToolTest {
 protected:
  std::string address_in(const std::string& file) const {
    EXPECT_TRUE(appears(path(file), "exploring at ")) << read(file);
    std::smatch found;
    const std::string text = read(file);
    return std::regex_search(text, found, std::regex("http://[^ ;]+")) ? found.str() : "";
  }
  std::string get(const std::string& address) const {
    return shell("exec 3<>/dev/tcp/127.0.0.1/" + std::regex_replace(address, std::regex(".*:([0-9]+)/.*"), "$1") +
                 "; printf 'GET /api/v1/info HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3; "
                 "cat <&3")
        .out;
  }
};

TEST_F(ExploreTool, AnswersUntilItIsInterrupted) {
  write_idx("bars", 60);
  ok(train("bars", "run", {"--epochs", "1"}));
  for (const int signal : {SIGINT, SIGTERM}) {
    const pid_t process = start({"explore", "run", "--port", "0"}, path("err"));
    EXPECT_THAT(get(address_in("err")), HasSubstr("\"samples\":60"));
    kill(process, signal);
    EXPECT_EQ(wait(process), 0);
    fs::remove(path("err"));
  }
}

TEST_F(ExploreTool, WrongArgumentsAreRefusedInOneLine) {
  write_idx("bars", 60);
  ok(train("bars", "run", {"--epochs", "1"}));
  fails(2, {"explore", "nowhere"}, "nowhere");
  fails(2, {"explore", "run", "nowhere"}, "nowhere");
  fails(2, {"explore", "run", "--port", "70000"}, "--port");
  fails(2, {"explore", "run", "--host", "not-a-host", "--port", "0"}, "nobody may listen at not-a-host");
  fails(2, {"train", "bars", "--out", "other", "--port", "0"}, "--explore");
}

TEST_F(ExploreTool, ATrainingIsWatchedAndItsModelExplored) {
  write_idx("bars", 60);
  std::vector<std::string> arguments = train("bars", "run", {"--epochs", "2", "--explore", "--port", "0"});
  const pid_t process = start(arguments, path("err"));
  const std::string address = address_in("err");
  EXPECT_TRUE(appears(path("err"), "can be explored at")) << read("err");
  const std::string info = get(address);
  EXPECT_THAT(info, HasSubstr("\"samples\":60"));
  EXPECT_THAT(info, HasSubstr("\"training\""));
  kill(process, SIGINT);
  EXPECT_EQ(wait(process), 0);
}

}  // namespace
}  // namespace latent::test
