#include <cli/commands/explore_options.hpp>

#include <cli/messages.hpp>
#include <cli/options.hpp>
#include <cli/output.hpp>

#include <server/http/guards.hpp>

#include <fmt/core.h>

#include <array>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>

extern char** environ;

namespace latent::cli {

namespace {

// Starts the browser that the system has for pages, and does not wait for it.
void open_in_browser(const std::string& address) {
  std::string program = "xdg-open", argument = address;
  const std::array<char*, 3> arguments = {program.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0);  // O_WRONLY
  pid_t process = 0;
  const int error = posix_spawnp(&process, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return warn("no browser was found to open (xdg-open); open the address yourself");
  std::thread([process] { waitpid(process, nullptr, 0); }).detach();
}

}  // namespace

void ServingOptions::declare(Arguments& arguments, Option* needs) {
  constexpr int64_t kLargestPort = 65535;
  Option* const port = arguments.add_option("--port", port_, "where the page is; 0 takes any that is free")
                           ->type_name("N")
                           ->check(whole_number(0, kLargestPort))
                           ->show_default();
  Option* const host =
      arguments
          .add_option(
              "--host", host_,
              "the address of this machine to listen at; with another one than 127.0.0.1, whoever has the token "
              "that is printed may look from other machines")
          ->type_name("ADDRESS")
          ->show_default();
  Option* const open = arguments.add_flag("--open", open_, "open the page in a browser");
  if (needs == nullptr) return;
  for (Option* option : {port, host, open}) option->needs(needs)->group("Explorer");
}

server::ExplorerOptions ServingOptions::options() const {
  server::ExplorerOptions options{.host = host_, .port = port_};
  if (!server::is_loopback(host_)) options.token = server::new_token();
  return options;
}

void ServingOptions::announce(const server::Explorer& explorer) const {
  const std::string address = explorer.address();
  note(fmt::format("exploring at {}; Ctrl-C ends it", address));
  if (!server::is_loopback(host_)) {
    warn("whoever has this address may look at the data and the model, and what is sent is not encrypted");
  }
  if (open_) open_in_browser(address);
}

}  // namespace latent::cli
