// What docs/http-api.md shows works, and names every route.

#include "explorer_test.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>

namespace latent::test {
namespace {

class Documentation : public ExplorerTest {};

std::string page_text() {
  std::ifstream stream(std::filesystem::path(LATENT_SOURCE_DIR) / "docs/http-api.md");
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The commands of curl in its blocks, in order; those that ask another server are left out.
std::vector<std::string> commands() {
  std::vector<std::string> found;
  std::stringstream lines(page_text());
  bool is_block = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) is_block = !is_block;
    if (is_block && line.starts_with("curl ") && line.find("$API") != std::string::npos) found.push_back(line);
  }
  return found;
}

TEST_F(Documentation, CommandsWork) {
  if (std::system("command -v curl >/dev/null") != 0) GTEST_SKIP() << "no curl here";
  const std::filesystem::path folder = run_path() / "curl";
  std::filesystem::create_directories(folder);
  const std::vector<std::string> all = commands();
  EXPECT_GT(all.size(), 6U);
  for (const std::string& command : all) {
    const std::string script = "cd '" + folder.string() +
                               "' && API=http://127.0.0.1:" + std::to_string(explorer().port()) + "/api/v1 && " +
                               command + " --fail > out 2> err";
    EXPECT_EQ(std::system(("bash -c " + ("'" + std::regex_replace(script, std::regex("'"), "'\\''") + "'")).c_str()), 0)
        << command;
  }
  std::filesystem::remove_all(folder);
}

TEST_F(Documentation, NamesEveryRoute) {
  const std::string text = page_text();
  for (const std::string& route : explorer().routes()) {
    std::string name = route.substr(route.find(' ') + 1);
    name = std::regex_replace(name, std::regex("^maps/:id"), "maps/ID");
    name = std::regex_replace(name, std::regex("^samples/:id"), "samples/I");
    name = std::regex_replace(name, std::regex("^colors/:id\\*"), "colors/ID");
    name = std::regex_replace(name, std::regex(":name"), "NAME");
    const size_t slash = name.rfind('/');
    const bool is_known =
        text.find(name) != std::string::npos ||
        (slash != std::string::npos && text.find("`" + name.substr(slash + 1) + "`") != std::string::npos);
    EXPECT_TRUE(is_known) << route;
  }
}

}  // namespace
}  // namespace latent::test
