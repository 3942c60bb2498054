#include <cli/arguments.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace latent::cli {

Option* Option::required() {
  option_->required();
  return this;
}

Option* Option::type_name(const std::string& name) {
  option_->type_name(name);
  return this;
}

Option* Option::group(const std::string& name) {
  option_->group(name);
  return this;
}

Option* Option::description(const std::string& text) {
  option_->description(text);
  return this;
}

Option* Option::show_default() {
  option_->capture_default_str();
  return this;
}

Option* Option::check(const Check& check) {
  option_->check(check);
  return this;
}

Option* Option::needs(Option* other) {
  option_->needs(other->option_);
  return this;
}

Option* Option::excludes(Option* other) {
  option_->excludes(other->option_);
  return this;
}

Option* Option::repeatable() {
  option_->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
  return this;
}

Arguments::Arguments(const std::string& usage, const std::string& description, const std::string& example)
    : app_(std::make_unique<CLI::App>(description, usage)) {
  app_->footer("Example:\n  " + example);
  app_->set_help_flag("-h,--help", "print this help");
  app_->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

Arguments::~Arguments() = default;

Option* Arguments::own(CLI::Option* option) { return options_.emplace_back(std::make_unique<Option>(option)).get(); }

template <class T>
Option* Arguments::add_option(const std::string& names, T& variable, const std::string& description) {
  Option* option = own(app_->add_option(names, variable, description));
  // An empty text is what an unset variable of a shell leaves; it would pass for an option that was not given.
  return option->check([](const std::string& text) { return text.empty() ? "expected a value, got none ('')" : ""; });
}

template Option* Arguments::add_option(const std::string&, std::string&, const std::string&);
template Option* Arguments::add_option(const std::string&, double&, const std::string&);
template Option* Arguments::add_option(const std::string&, float&, const std::string&);
template Option* Arguments::add_option(const std::string&, int&, const std::string&);
template Option* Arguments::add_option(const std::string&, int64_t&, const std::string&);
template Option* Arguments::add_option(const std::string&, uint64_t&, const std::string&);
template Option* Arguments::add_option(const std::string&, std::vector<std::string>&, const std::string&);
template Option* Arguments::add_option(const std::string&, std::optional<std::string>&, const std::string&);
template Option* Arguments::add_option(const std::string&, std::optional<double>&, const std::string&);
template Option* Arguments::add_option(const std::string&, std::optional<float>&, const std::string&);
template Option* Arguments::add_option(const std::string&, std::optional<int>&, const std::string&);
template Option* Arguments::add_option(const std::string&, std::optional<int64_t>&, const std::string&);
template Option* Arguments::add_option(const std::string&, std::optional<uint64_t>&, const std::string&);

Option* Arguments::add_flag(const std::string& name, bool& variable, const std::string& description) {
  return own(app_->add_flag(name, variable, description));
}

Option* Arguments::get_option(const std::string& name) { return own(app_->get_option(name)); }

size_t Arguments::count(const std::string& name) const { return app_->count(name); }

std::vector<std::string> Arguments::option_names() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : std::as_const(*app_).get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::string Arguments::help() const { return app_->help(); }

Arguments::Parsed Arguments::parse(std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app_->parse(words);
  } catch (const CLI::CallForHelp&) {
    return {Outcome::help, {}, {}};
  } catch (const CLI::ExtrasError& error) {
    return {Outcome::extra, error.what(), app_->remaining()};
  } catch (const CLI::ParseError& error) {
    return {Outcome::bad_value, error.what(), app_->remaining()};
  }
  return {Outcome::parsed, {}, {}};
}

}  // namespace latent::cli
