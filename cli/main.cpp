// latent: learn, measure and explore latent spaces. Each command has a file of its own in commands/.

#include <cli/exit_status.hpp>
#include <cli/interrupt.hpp>
#include <cli/messages.hpp>
#include <cli/output.hpp>
#include <cli/parse.hpp>
#include <cli/wait_policy.hpp>

#include <latent/core/error.hpp>
#include <latent/core/interrupted.hpp>
#include <latent/formats/temporary.hpp>

#include <fmt/core.h>

#include <exception>
#include <filesystem>
#include <new>
#include <unistd.h>

namespace {

using namespace latent;
using namespace latent::cli;

int report(int status, std::string_view what, std::string_view advice = {}) {
  note(what);
  if (!advice.empty()) say(fmt::format("{}{}", advice, advice.back() == '\n' ? "" : "\n"));
  return status;
}

// "PATH: WHY", without the words of the library that asked.
std::string text_of(const std::filesystem::filesystem_error& error) {
  const std::string path = error.path1().empty() ? "the working directory" : error.path1().string();
  return fmt::format("{}: {}", path, error.code().message());
}

int run_reporting_errors(const std::vector<std::string>& arguments) {
  try {
    return run_tool(arguments);
  } catch (const UsageError& error) {
    return report(kUsage, error.what(), error.advice());
  } catch (const Interrupted& error) {
    return report(kInterrupted, error.what());
  } catch (const std::invalid_argument& error) {
    return report(kUsage, error.what());
  } catch (const DataError& error) {
    return report(kUsage, error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    return report(kUsage, text_of(error));
  } catch (const std::bad_alloc&) {
    return report(kFailed, "out of memory", "A smaller --batch, smaller --size or fewer --threads need less of it.");
  } catch (const std::exception& error) {
    return report(kFailed, error.what());
  }
}

// Where an error cannot be caught: inside a parallel loop, or while another one is on its way.
[[noreturn]] void on_terminate() {
  try {
    if (const std::exception_ptr error = std::current_exception()) std::rethrow_exception(error);
    say("latent: stopped by an error of its own\n");
  } catch (const std::bad_alloc&) {
    say("latent: out of memory\n");
  } catch (const std::exception& error) {
    say("latent: ");
    say(error.what());
    say("\n");
  } catch (...) {
    say("latent: stopped by an error of its own\n");
  }
  remove_on_signal();
  _exit(kFailed);
}

}  // namespace

int main(int argc, char** argv) {
  prepare_streams();
  std::set_terminate(&on_terminate);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (needs_threads(arguments)) let_waiting_threads_sleep(argv);
  handle_signals();
  const int status = run_reporting_errors(arguments);
  tell_of_lost_messages();
  return status;
}
