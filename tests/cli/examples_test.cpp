// The examples that the help and the pages of models show.

#include "tool.hpp"

#include <latent/data/dataset.hpp>

#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <sstream>

namespace latent::test {
namespace {

// A set of the name that the examples use: small pictures, but more of them than fit into one picture.
class Examples : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    write_idx("sets/fashion-mnist", 64, 4);
    write_idx("sets/fashion-mnist", 4200, 4, "t10k");
    setenv("LATENT_DATASETS", path("sets").c_str(), /*overwrite=*/1);
  }
  void TearDown() override {
    unsetenv("LATENT_DATASETS");
    ToolTest::TearDown();
  }

  // The words behind "latent" of the example below a command's help.
  std::vector<std::string> example_of(std::vector<std::string> command) const {
    command.push_back("--help");
    const std::string help = ok(command), heading = "Example:\n  latent ";
    const size_t begin = help.find(heading);
    EXPECT_NE(begin, std::string::npos) << help;
    const std::string line = help.substr(begin + heading.size());
    std::stringstream stream(line.substr(0, line.find('\n')));
    std::vector<std::string> words;
    for (std::string word; stream >> std::quoted(word);) words.push_back(word);
    return words;
  }
};

TEST_F(Examples, WorkOneAfterTheOther) {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"train"},
                                                  {"resume"},
                                                  {"evaluate"},
                                                  {"encode"},
                                                  {"decode"},
                                                  {"reconstruct"},
                                                  {"sample"},
                                                  {"interpolate"},
                                                  {"denoise"},
                                                  {"traverse"},
                                                  {"directions"},
                                                  {"edit"},
                                                  {"arithmetic"},
                                                  {"augment"},
                                                  {"probe"},
                                                  {"cluster"},
                                                  {"compress"},
                                                  {"decompress"},
                                                  {"info"},
                                                  {"data", "info"}}) {
    ok(example_of(command));
  }
  EXPECT_TRUE(fs::exists(path("more/T-shirt_top/000000.png")));  // a class whose name would be two folders
}

// "DATA" stands for the reader's own; everything else must be there to be typed.
TEST(ModelPages, TrainOnDataThatIsThere) {
  int commands = 0;
  for (const fs::directory_entry& page : fs::directory_iterator(fs::path(LATENT_SOURCE_DIR) / "docs/models")) {
    std::ifstream stream(page.path());
    const std::string command = "    latent train ";
    for (std::string line; std::getline(stream, line);) {
      if (!line.starts_with(command)) continue;
      ++commands;
      const std::string data = line.substr(command.size(), line.find(' ', command.size()) - command.size());
      EXPECT_TRUE(data == "DATA" || data::is_known_set(data)) << page.path() << ": " << line;
    }
  }
  EXPECT_GE(commands, 5);
}

}  // namespace
}  // namespace latent::test
