#pragma once
// What an error says.

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace latent {

/// The message of what `call` throws, which must be an Error.
template <class Error = std::invalid_argument, class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another exception: " << error.what();
    return {};
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace latent
