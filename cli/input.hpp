#pragma once
// Reading what the user named: if the system refuses, the argument was wrong.

#include <cli/exit_status.hpp>

#include <latent/core/error.hpp>

#include <cerrno>
#include <utility>

namespace latent::cli {

/// What `read` returns. @throws UsageError in place of IoError: an input that cannot be read is an argument to be
/// corrected
template <class Read>
auto read_input(Read&& read) {
  try {
    return std::forward<Read>(read)();
  } catch (const IoError& error) {
    if (error.error_number() == ENOMEM) throw;  // the input is not to blame
    throw UsageError(error.what());
  }
}

}  // namespace latent::cli
