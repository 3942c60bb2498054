#pragma once
// What a command declares: its positional arguments and options, bound to variables. The parser behind it (CLI11) is
// known to arguments.cpp alone: its header takes longer to compile than any command.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own
class App;
class Option;
}  // namespace CLI

namespace latent::cli {

/// Looks at the text of a value before it is converted. @return what is wrong with it; empty if nothing is
using Check = std::function<std::string(const std::string&)>;

/// One positional argument or option; owned by its Arguments. Each function returns the option itself.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option* required();
  /// What the help shows in place of the value: "FILE".
  Option* type_name(const std::string& name);
  /// The heading of the help below which it stands.
  Option* group(const std::string& name);
  Option* description(const std::string& text);
  /// Shows the variable's value in the help, as it is now.
  Option* show_default();
  Option* check(const Check& check);
  Option* needs(Option* other);
  Option* excludes(Option* other);
  /// May be given several times, with one value each; the variable is a vector.
  Option* repeatable();

 private:
  CLI::Option* option_;
};

/// The arguments of one command. Variables must outlive it; of an option that is given twice the last one counts.
class Arguments {
 public:
  /// @param usage    as the help shows it: "latent train"
  /// @param example  a command line
  Arguments(const std::string& usage, const std::string& description, const std::string& example);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  /// @param names  "NAME" for a positional argument, "-o,--output" for an option
  /// An empty text is refused. T is std::string, double, float, int64_t, uint64_t, int, a std::optional of one of them,
  /// or a vector of strings.
  template <class T>
  Option* add_option(const std::string& names, T& variable, const std::string& description);
  Option* add_flag(const std::string& name, bool& variable, const std::string& description);
  /// One that was added. @param name  "--seed"
  Option* get_option(const std::string& name);

  /// How often parse() met it.
  size_t count(const std::string& name) const;

  /// "--output", "-o", ...: of all options.
  std::vector<std::string> option_names() const;
  std::string help() const;

  enum class Outcome : uint8_t { parsed, help, bad_value, extra };
  struct Parsed {
    Outcome outcome;
    std::string message;                  ///< what is said of a bad value: one line
    std::vector<std::string> unexpected;  ///< words that could not be placed
  };
  /// Sets the variables from the words of a command line.
  Parsed parse(std::vector<std::string> words);

 private:
  Option* own(CLI::Option* option);

  std::unique_ptr<CLI::App> app_;
  std::vector<std::unique_ptr<Option>> options_;
};

}  // namespace latent::cli
