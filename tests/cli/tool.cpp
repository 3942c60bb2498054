#include "tool.hpp"

#include <latent/core/rng.hpp>
#include <latent/formats/file.hpp>
#include <latent/formats/npy.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>

namespace latent::test {

namespace {

std::string contents(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

// Starts a program in `folder` with its streams in files.
pid_t spawn(std::vector<std::string> words, const fs::path& folder, const fs::path& out, const fs::path& err) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t process = -1;
  EXPECT_EQ(posix_spawn(&process, argv[0], &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return process;
}

std::vector<std::string> tool(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {LATENT_TOOL};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

std::vector<std::string> bash(const std::string& script) {
  return {"/bin/bash", "-c", "LATENT='" LATENT_TOOL "'\n" + script};
}

void put_big_endian(std::string& bytes, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
}

}  // namespace

void ToolTest::SetUp() {
  std::string pattern = (fs::temp_directory_path() / "latent-cli-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  folder_ = fs::path(pattern) / "work";
  fs::create_directory(folder_);
}

void ToolTest::TearDown() { fs::remove_all(folder_.parent_path()); }

pid_t ToolTest::start(const std::vector<std::string>& arguments, const fs::path& err) const {
  return spawn(tool(arguments), folder_, folder_.parent_path() / "out", err);
}

pid_t ToolTest::start_shell(const std::string& script, const fs::path& err) const {
  return spawn(bash(script), folder_, folder_.parent_path() / "out", err);
}

int ToolTest::wait(pid_t process) {
  int status = 0;
  waitpid(process, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

ToolResult ToolTest::run(const std::vector<std::string>& arguments) const { return run_words(tool(arguments)); }

ToolResult ToolTest::shell(const std::string& script) const { return run_words(bash(script)); }

ToolResult ToolTest::run_words(const std::vector<std::string>& words) const {
  const fs::path out = folder_.parent_path() / "out", err = folder_.parent_path() / "err";
  ToolResult result;
  result.status = wait(spawn(words, folder_, out, err));
  result.out = contents(out);
  result.err = contents(err);
  return result;
}

std::string ToolTest::ok(const std::vector<std::string>& arguments) const {
  const ToolResult result = run(arguments);
  EXPECT_EQ(result.status, 0) << ::testing::PrintToString(arguments) << "\n" << result.err;
  return result.out;
}

nlohmann::json ToolTest::json(std::vector<std::string> arguments) const {
  arguments.emplace_back("--json");
  const std::string out = ok(arguments);
  nlohmann::json parsed = nlohmann::json::parse(out, nullptr, false);
  EXPECT_TRUE(parsed.is_object()) << out;
  return parsed;
}

std::string ToolTest::fails(int status, const std::vector<std::string>& arguments, const std::string& text) const {
  const ToolResult result = run(arguments);
  EXPECT_EQ(result.status, status) << ::testing::PrintToString(arguments) << "\n" << result.err;
  EXPECT_EQ(result.out, "");
  const std::string first_line = result.err.substr(0, result.err.find('\n'));
  EXPECT_TRUE(first_line.starts_with("latent: ")) << result.err;
  EXPECT_NE(first_line.find(text), std::string::npos) << "expected: " << text << "\ngot:      " << result.err;
  return result.err;
}

bool ToolTest::waits_for(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

bool ToolTest::appears(const fs::path& file, const std::string& text) {
  return waits_for([&] { return contents(file).find(text) != std::string::npos; });
}

std::vector<std::string> ToolTest::listing() const {
  std::vector<std::string> entries;
  std::error_code vanished;
  for (fs::recursive_directory_iterator it(folder_, vanished), end; !vanished && it != end; it.increment(vanished)) {
    const fs::directory_entry& entry = *it;
    std::error_code gone;  // since it was listed, or a link that leads nowhere
    const bool is_file = entry.is_regular_file(gone);
    const std::string size = is_file ? std::to_string(entry.file_size(gone)) : "folder";
    entries.push_back(entry.path().lexically_relative(folder_).string() + " " + size);
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

Tensor ToolTest::npy(const std::string& name) const { return read_npy(MappedFile::open(path(name))); }

Tensor ToolTest::npz(const std::string& name, const std::string& array) const {
  for (const auto& [key, tensor] : read_npz(MappedFile::open(path(name)))) {
    if (key == array) return tensor;
  }
  ADD_FAILURE() << name << " has no " << array;
  return {};
}

std::vector<std::string> ToolTest::texts_of(const std::string& npz, const std::string& array) const {
  for (const auto& [key, texts] : read_npz_arrays(MappedFile::open(path(npz))).texts) {
    if (key != array) continue;
    std::vector<std::string> all;
    for (int64_t i = 0; i < texts.numel(); ++i) all.push_back(texts[i]);
    return all;
  }
  ADD_FAILURE() << npz << " has no texts " << array;
  return {};
}

void ToolTest::write(const std::string& name, const std::string& bytes) const {
  fs::create_directories(path(name).parent_path());
  std::ofstream(path(name), std::ios::binary) << bytes;
}

std::string ToolTest::read(const std::string& name) const { return contents(path(name)); }

void ToolTest::write_idx(const std::string& folder, int count, int size, const std::string& part) const {
  std::string images, labels;
  put_big_endian(images, 0x803);
  for (const int n : {count, size, size}) put_big_endian(images, static_cast<uint32_t>(n));
  put_big_endian(labels, 0x801);
  put_big_endian(labels, static_cast<uint32_t>(count));
  for (int i = 0; i < count; ++i) {
    labels.push_back(static_cast<char>(i % 3));
    for (int row = 0; row < size; ++row) {
      for (int column = 0; column < size; ++column) {
        const int distance = std::abs((i % 2 == 0 ? row : column) - i % size);
        images.push_back(static_cast<char>(distance == 0 ? 250 : distance == 1 ? 100 + i % 50 : 0));
      }
    }
  }
  write(folder + "/" + part + "-images-idx3-ubyte", images);
  write(folder + "/" + part + "-labels-idx1-ubyte", labels);
}

void ToolTest::write_table(const std::string& name, int rows) const {
  Rng rng(7);
  std::vector<float> eps(2 * static_cast<size_t>(rows));
  rng.normal(std::span<float>(eps));
  std::string text = "a,b,c,kind\n";
  for (size_t i = 0; i < eps.size(); i += 2) {
    const float u = eps[i], v = eps[i + 1];
    text += std::to_string(100.0f + 20.0f * u) + "," + std::to_string(3.0f * u + 0.3f * v) + "," +
            std::to_string(v - 5.0f) + (u > 0 ? ",large\n" : ",small\n");
  }
  write(name, text);
}

std::vector<std::string> ToolTest::train(const std::string& data, const std::string& out,
                                         const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"train", data, "--out", out};
  for (const std::string& word : small()) arguments.push_back(word);
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace latent::test
