#pragma once
// What every command of the tool is.

#include <cli/arguments.hpp>
#include <cli/exit_status.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace latent::cli {

/// JSON whose keys stay in the order in which they are meant to be read.
using Json = nlohmann::ordered_json;

/// What a command found out: one JSON object for --json, the same as text for people; null and empty where standard
/// output is taken by the command itself.
struct Result {
  Json json = Json::object();
  std::string text;  ///< complete lines
  int status = kDone;
};

/// One verb of the tool. Made when the verb was typed, used once.
class Command {
 public:
  virtual ~Command() = default;
  /// Declares positional arguments and options, bound to members.
  virtual void declare(Arguments& arguments) = 0;
  /// Does the work. Everything that can be wrong with arguments and input is found before anything is written.
  virtual Result run() = 0;
};

/// Whether a command computes, or only looks into files and must answer at once.
enum class Work : uint8_t { computes, looks };

struct CommandEntry {
  std::string_view name;         ///< "train", or two words: "data info"
  std::string_view description;  ///< one line
  std::string_view example;      ///< a command line that works, shown below the help
  std::unique_ptr<Command> (*make)();
  Work work = Work::computes;
};

/// All commands, in the order of the overview. A new one is a file with its make function and a line in commands.cpp.
std::span<const CommandEntry> commands();

std::unique_ptr<Command> make_train();
std::unique_ptr<Command> make_resume();
std::unique_ptr<Command> make_evaluate();
std::unique_ptr<Command> make_predict();
std::unique_ptr<Command> make_encode();
std::unique_ptr<Command> make_decode();
std::unique_ptr<Command> make_reconstruct();
std::unique_ptr<Command> make_prior();
std::unique_ptr<Command> make_sample();
std::unique_ptr<Command> make_interpolate();
std::unique_ptr<Command> make_denoise();
std::unique_ptr<Command> make_stream();
std::unique_ptr<Command> make_map();
std::unique_ptr<Command> make_probe();
std::unique_ptr<Command> make_cluster();
std::unique_ptr<Command> make_neighbors();
std::unique_ptr<Command> make_traverse();
std::unique_ptr<Command> make_directions();
std::unique_ptr<Command> make_edit();
std::unique_ptr<Command> make_arithmetic();
std::unique_ptr<Command> make_augment();
std::unique_ptr<Command> make_compress();
std::unique_ptr<Command> make_decompress();
std::unique_ptr<Command> make_anomalies();
std::unique_ptr<Command> make_explore();
std::unique_ptr<Command> make_info();
std::unique_ptr<Command> make_data_info();
std::unique_ptr<Command> make_words_train();
std::unique_ptr<Command> make_words_continue();
std::unique_ptr<Command> make_words_nearest();
std::unique_ptr<Command> make_words_analogy();
std::unique_ptr<Command> make_words_odd();
std::unique_ptr<Command> make_words_evaluate();
std::unique_ptr<Command> make_words_convert();

}  // namespace latent::cli
