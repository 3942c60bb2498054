#pragma once
// From the words of a command line to a result.

#include <string>
#include <vector>

namespace latent::cli {

/// Whether the words name a command that computes in several threads.
bool needs_threads(const std::vector<std::string>& arguments);

/// Runs the tool. @param arguments  the words after the program's name
/// @return the exit status; results were printed to standard output
/// @throws UsageError and the library's exceptions, which main() turns into one line and a status
int run_tool(const std::vector<std::string>& arguments);

}  // namespace latent::cli
