#pragma once
// Runs the real tool, as a user would, and looks at what it prints, returns and leaves behind.

#include <latent/core/tensor.hpp>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace latent::test {

namespace fs = std::filesystem;

struct ToolResult {
  int status = -1;  ///< exit status, or 128 + signal
  std::string out, err;
};

/// Each test works in a folder of its own, which is gone at its end.
class ToolTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Runs `latent ARGUMENTS` in the folder and waits.
  ToolResult run(const std::vector<std::string>& arguments) const;
  /// Expects status 0; returns standard output.
  std::string ok(const std::vector<std::string>& arguments) const;
  /// Expects status 0 and exactly one JSON object on standard output.
  nlohmann::json json(std::vector<std::string> arguments) const;
  /// Expects `status`, nothing on standard output, and a first line "latent: ..." that contains `text`. Returns all of
  /// standard error.
  std::string fails(int status, const std::vector<std::string>& arguments, const std::string& text) const;

  /// Starts the tool; its standard error goes to `err`. @return the process
  pid_t start(const std::vector<std::string>& arguments, const fs::path& err) const;
  /// Runs a script of bash in the folder and waits; `$LATENT` in it is the tool.
  ToolResult shell(const std::string& script) const;
  /// Starts such a script; its standard error goes to `err`. @return the process
  pid_t start_shell(const std::string& script, const fs::path& err) const;
  /// Waits for a process. @return exit status, or 128 + signal
  static int wait(pid_t process);
  /// Waits until the condition holds, or 60 seconds.
  static bool waits_for(const std::function<bool()>& holds);
  /// Waits until the file contains `text`, or 60 seconds.
  static bool appears(const fs::path& file, const std::string& text);

  fs::path path(const std::string& name) const { return folder_ / name; }
  /// Every file and folder below the test's folder, sorted, and their sizes: to see that nothing was written.
  std::vector<std::string> listing() const;

  /// The array of a file.npy.
  Tensor npy(const std::string& name) const;
  /// One array of a file.npz; a failure if it is not there.
  Tensor npz(const std::string& name, const std::string& array) const;
  /// One array of texts of a file.npz, in C order; a failure if it is not there.
  std::vector<std::string> texts_of(const std::string& npz, const std::string& array) const;

  void write(const std::string& name, const std::string& bytes) const;
  std::string read(const std::string& name) const;
  /// `count` grey images (size, size) of moving bars, IDX, with labels beside them, as MNIST has them.
  /// @param part  "train", or "t10k" for the test part
  void write_idx(const std::string& folder, int count, int size = 8, const std::string& part = "train") const;
  /// A table with three dependent columns and a class: a,b,c,kind.
  void write_table(const std::string& name, int rows) const;

  /// Options that make training take a moment only.
  static std::vector<std::string> small() {
    return {"--arch", "mlp", "--hidden", "16", "--latent-dim", "3", "--threads", "1"};
  }
  /// `latent train DATA --out OUT` with small() and `more`.
  static std::vector<std::string> train(const std::string& data, const std::string& out,
                                        const std::vector<std::string>& more = {});

 private:
  ToolResult run_words(const std::vector<std::string>& words) const;

  fs::path folder_;
};

}  // namespace latent::test
