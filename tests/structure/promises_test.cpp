// What docs/reliability.md promises is held by tests: each one it names exists, and every fuzz target is built and has
// seeds.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = LATENT_SOURCE_DIR;

std::string text_of(const fs::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What the first group of a pattern matches, in order.
std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.push_back(it->str(1));
  return found;
}

// "Suite.Name" of each test of the sources.
std::set<std::string> names_of_tests() {
  const std::regex test(R"(\bTEST(?:_F|_P)?\((\w+), (\w+)\))");
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kRoot / "tests")) {
    if (!entry.path().string().ends_with("_test.cpp")) continue;
    const std::string text = text_of(entry.path());
    for (std::sregex_iterator it(text.begin(), text.end(), test), end; it != end; ++it) {
      names.insert(it->str(1) + "." + it->str(2));
    }
  }
  return names;
}

TEST(Promises, NameTestsThatExist) {
  const std::set<std::string> tests = names_of_tests();
  const std::vector<std::string> named =
      all_matches(text_of(kRoot / "docs/reliability.md"), R"(`([A-Z]\w+\.(?!md`)[\w*]+)`)");
  EXPECT_GT(named.size(), 30U);
  for (const std::string& name : named) {
    const bool is_suite = name.ends_with(".*");
    const std::string start = is_suite ? name.substr(0, name.size() - 1) : name;
    EXPECT_TRUE(std::any_of(tests.begin(), tests.end(), [&](const std::string& test) {
      return is_suite ? test.starts_with(start) : test == start;
    })) << name;
  }
}

TEST(Promises, FuzzTargetsAreBuiltAndHaveSeeds) {
  const fs::path folder = kRoot / "tests/fuzz";
  const std::vector<std::string> built =
      all_matches(text_of(folder / "CMakeLists.txt"), R"(latent_add_fuzzer\((\w+)\))");
  EXPECT_GT(built.size(), 10U);
  for (const std::string& name : built) EXPECT_FALSE(fs::is_empty(folder / "corpus" / name)) << name;
  const std::string ending = "_fuzzer.cpp";
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename().string();
    if (!file.ends_with(ending)) continue;
    EXPECT_EQ(std::count(built.begin(), built.end(), file.substr(0, file.size() - ending.size())), 1) << file;
  }
}

}  // namespace
