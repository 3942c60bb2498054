#include <cli/strip_command.hpp>

#include <fmt/core.h>

#include <limits>

namespace latent::cli {

void StripCommand::declare_strips(Arguments& arguments, const std::string& picture) {
  out_.declare(
      arguments,
      fmt::format(".png ({}), .gif, .npy, .npz (with the codes), .csv (tables), .wav (sound) or a folder", picture));
}

void StripCommand::declare_steps(Arguments& arguments, const std::string& description) {
  constexpr int64_t kMostSteps = 1000;
  arguments.add_option("--steps", steps_, description)
      ->type_name("N")
      ->check(whole_number(2, kMostSteps))
      ->show_default();
}

Option* StripCommand::declare_items(Arguments& arguments, const std::string& names, std::string& text,
                                    const std::string& description, const char* type) {
  return arguments.add_option(names, text, description)
      ->type_name(type)
      ->check(whole_number_list(0, std::numeric_limits<int64_t>::max()));
}

std::string StripCommand::write(const Run& run, const Strips& strips, const ResultFile& file) {
  return write_stoppable(file, [&](const auto* stop) { return write_strips(run, strips, file, stop); });
}

}  // namespace latent::cli
