#pragma once
// Standard error and standard output: messages that may be lost but never end a run, results that must arrive.

#include <cstdint>
#include <string>
#include <string_view>

namespace latent::cli {

/// Makes the three standard streams what the rest of the program takes them for: one that was closed cannot become a
/// file that is opened later, a reader that went away and a limit on the size of files are errors of writing in place
/// of signals that end the process. Call it first.
void prepare_streams();

/// Writes `text` to standard error as it is. Never throws and never ends the program: what cannot be written (a full
/// disk, a terminal or a reader that is gone) is counted. Every message of this program goes through here.
void say(std::string_view text) noexcept;
/// say() for what is drawn over a moment later, such as a bar of progress: losing it is not counted.
void draw(std::string_view text) noexcept;

/// Messages that were lost so far, and why the last one was.
struct LostMessages {
  int64_t count = 0;
  int error_number = 0;
  /// "3 messages could not be written to standard error: No space left on device"; empty if none was lost.
  std::string text() const;
};
LostMessages lost_messages();
/// Says how many messages were lost since the last call, if standard error can be written again.
void tell_of_lost_messages();

/// Writes `text` to standard output: what the user asked for. @throws IoError
void print_result(std::string_view text);

}  // namespace latent::cli
