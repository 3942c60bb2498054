#include <cli/parse.hpp>

#include <cli/command.hpp>
#include <cli/messages.hpp>
#include <cli/output.hpp>

#include <latent/core/names.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace latent::cli {

namespace {

std::string overview() {
  std::string text = "latent " LATENT_VERSION
                     ": learn, measure and explore latent spaces\n\n"
                     "Usage: latent COMMAND [arguments] [options]\n\nCommands:\n";
  for (const CommandEntry& entry : commands()) text += fmt::format("  {:<12} {}\n", entry.name, entry.description);
  text +=
      "\nOptions of every command:\n"
      "  --help       its arguments, options and an example\n"
      "  --json       print the result as one JSON object\n"
      "\n  latent --version prints the version. Begin with:  latent train fashion-mnist --out runs/first\n";
  return text;
}

struct Choice {
  const CommandEntry* entry;
  size_t words;  // of the command's name
};

// The command that the first words name. "data info" is two words.
Choice choose_command(const std::vector<std::string>& arguments) {
  for (const CommandEntry& entry : commands()) {
    if (entry.name == arguments[0]) return {&entry, 1};
    if (arguments.size() > 1 && entry.name == arguments[0] + " " + arguments[1]) return {&entry, 2};
  }
  std::string typed = arguments[0];
  std::vector<std::string_view> names;
  bool is_first_of_two = false;
  for (const CommandEntry& entry : commands()) {
    names.push_back(entry.name);
    is_first_of_two = is_first_of_two || entry.name.substr(0, entry.name.find(' ')) == arguments[0];
  }
  if (is_first_of_two && arguments.size() > 1) typed += " " + arguments[1];
  unknown_name("command", typed, names);
}

// What could not be placed: an unknown option (with the nearest one that exists), or one argument too many.
UsageError extras_error(const Arguments& declared, const Arguments::Parsed& parsed, std::string_view command) {
  const std::string help = fmt::format("see: latent {} --help", command);
  for (const std::string& extra : parsed.unexpected) {
    if (extra.size() < 2 || extra[0] != '-') continue;
    const std::string typed = extra.substr(0, extra.find('='));
    const std::vector<std::string> names = declared.option_names();
    const std::vector<std::string_view> valid(names.begin(), names.end());
    const std::string_view nearest = nearest_name(typed, valid);
    return UsageError(fmt::format("{}: unknown option '{}'{}", command, typed,
                                  nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)),
                      help);
  }
  return UsageError(fmt::format("{}: one argument too many: '{}'", command,
                                parsed.unexpected.empty() ? "" : parsed.unexpected.back()),
                    help);
}

// Unknown options are looked for first: with one of them in the line, other complaints are usually its consequence.
void refuse(const Arguments& declared, const Arguments::Parsed& parsed, std::string_view command) {
  if (parsed.outcome == Arguments::Outcome::parsed || parsed.outcome == Arguments::Outcome::help) return;
  const auto is_option = [](const std::string& word) { return word.size() > 1 && word[0] == '-'; };
  if (parsed.outcome == Arguments::Outcome::extra || std::ranges::any_of(parsed.unexpected, is_option))
    throw extras_error(declared, parsed, command);
  throw UsageError(fmt::format("{}: {}", command, parsed.message), fmt::format("see: latent {} --help", command));
}

}  // namespace

bool needs_threads(const std::vector<std::string>& arguments) {
  // Where there are two words, the first decides: all that begin alike compute, or look.
  const auto is_named = [&](const CommandEntry& entry) {
    return !arguments.empty() && entry.name.substr(0, entry.name.find(' ')) == arguments[0];
  };
  const auto found = std::find_if(commands().begin(), commands().end(), is_named);
  return found != commands().end() && found->work == Work::computes;
}

int run_tool(const std::vector<std::string>& arguments) {
  if (arguments.empty()) throw UsageError("which command?", overview());
  if (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
    print_result(overview());
    return kDone;
  }
  if (arguments[0] == "--version") {
    print_result("latent " LATENT_VERSION "\n");
    return kDone;
  }
  const Choice choice = choose_command(arguments);
  const CommandEntry& entry = *choice.entry;
  Arguments declared(fmt::format("latent {}", entry.name), std::string(entry.description), std::string(entry.example));
  bool as_json = false;
  const std::unique_ptr<Command> command = entry.make();
  command->declare(declared);
  declared.add_flag("--json", as_json, "print the result as one JSON object");
  const Arguments::Parsed parsed =
      declared.parse({arguments.begin() + static_cast<std::ptrdiff_t>(choice.words), arguments.end()});
  refuse(declared, parsed, entry.name);
  if (parsed.outcome == Arguments::Outcome::help) {
    print_result(declared.help());
    return kDone;
  }
  Result result = command->run();
  if (const std::string lost = lost_messages().text(); !lost.empty()) {
    result.json["lost_messages"] = lost;
    result.text += lost + "\n";
  }
  // Names of files may hold bytes that are no UTF-8.
  const auto json_text = [&] { return result.json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; };
  if (!result.json.is_null()) print_result(as_json ? json_text() : result.text);
  return result.status;
}

}  // namespace latent::cli
