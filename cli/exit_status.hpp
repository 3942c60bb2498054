#pragma once
// What the tool answers to the shell, and the errors that decide it.

#include <latent/core/error.hpp>

#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace latent::cli {

enum ExitStatus : int {
  kDone = 0,
  kFailed = 1,        ///< something went wrong while working: no space, no memory, training diverged
  kUsage = 2,         ///< wrong arguments or unusable input (UsageError and others); nothing was written
  kInterrupted = 130  ///< Ctrl-C, with the state saved or nothing written
};

/// Something that went wrong after files were written (status 1), whatever kind of error it was.
class Failed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What `work` returns. @throws Failed in place of what would say that nothing was written; `kept` says what was
template <class Work>
auto after_writing(std::string_view kept, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    throw Failed("out of memory; " + std::string(kept));
  } catch (const std::logic_error& error) {  // std::invalid_argument is one
    throw Failed(std::string(error.what()) + "; " + std::string(kept));
  } catch (const std::runtime_error& error) {
    throw Failed(std::string(error.what()) + "; " + std::string(kept));
  }
}

}  // namespace latent::cli
