// latent: learn, measure and explore latent spaces. Each command has a file of its own in commands/.

#include <cli/exit_status.hpp>
#include <cli/output.hpp>
#include <cli/parse.hpp>
#include <cli/wait_policy.hpp>

#include <latent/core/error.hpp>
#include <latent/training/trainer.hpp>

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

namespace {

using namespace latent;
using namespace latent::cli;

int report(int status, std::string_view what, std::string_view advice = {}) {
  note(what);
  if (!advice.empty()) fmt::print(stderr, "{}{}", advice, advice.back() == '\n' ? "" : "\n");
  return status;
}

int run_reporting_errors(const std::vector<std::string>& arguments) {
  try {
    const int status = run_tool(arguments);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      return report(kFailed, fmt::format("standard output: {}", std::strerror(errno)));
    return status;
  } catch (const UsageError& error) {
    return report(kUsage, error.what(), error.advice());
  } catch (const Interrupted& error) {
    return report(kInterrupted, error.what());
  } catch (const std::invalid_argument& error) {
    return report(kUsage, error.what());
  } catch (const DataError& error) {
    return report(kUsage, error.what());
  } catch (const TrainingDiverged& error) {
    return report(kFailed, error.what());
  } catch (const std::bad_alloc&) {
    return report(kFailed, "out of memory", "A smaller --batch, smaller --size or fewer --threads need less of it.");
  } catch (const std::exception& error) {
    return report(kFailed, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (needs_threads(arguments)) let_waiting_threads_sleep(argv);
  return run_reporting_errors(arguments);
}
