#pragma once
// What a command says, put together once for people and for --json.

#include <cli/command.hpp>
#include <cli/output.hpp>

#include <optional>
#include <string>

namespace latent::cli {

class Report {
 public:
  Json json = Json::object();  ///< what --json says alone is put here
  Table table;                 ///< what people see alone

  /// A line for people alone.
  Report& row(std::string_view name, std::string value);
  /// For both: `value` under `key`, and the text as a line that is called like the key, with blanks for its "_".
  Report& both(const std::string& key, Json value, std::string text);
  /// both() of a number; without one it is null, and there is no line. @param format  "{:.4f} nats"
  Report& figure(const std::string& key, const std::optional<double>& value, const char* format);
  /// A complete line below the others, for people.
  Report& line(std::string_view text);
  /// What a picture leaves out, "" where it is nothing: "shown" for both, null in --json then.
  Report& shown(const std::string& what);

  Result result(int status = kDone) const { return {json, table.str() + lines_, status}; }

 private:
  std::string lines_;
};

/// The number, or null for one that JSON does not have (NaN, infinity) or that is not there.
Json number_or_null(const std::optional<double>& value);
/// The text, or null where it is empty.
Json text_or_null(const std::string& text);

}  // namespace latent::cli
