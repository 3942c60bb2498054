#include <cli/train_flags.hpp>

#include <cli/options.hpp>

#include <cmath>
#include <limits>

namespace latent::cli {

namespace {

Check check_of(const OptionField& field) {
  const OptionDescription& option = field.description;
  const auto whole = [](double bound, int64_t without) {
    return std::isfinite(bound) ? static_cast<int64_t>(bound) : without;
  };
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  if (std::holds_alternative<std::vector<int64_t>*>(field.value)) {
    return whole_number_list(whole(option.low, 0), whole(option.high, kMost));
  }
  if (std::holds_alternative<std::optional<int64_t>*>(field.value)) {
    return whole_number(whole(option.low, 0), whole(option.high, kMost));
  }
  return number(option.low, option.low_is_open ? Bound::open : Bound::closed, option.high,
                option.high_is_open ? Bound::open : Bound::closed);
}

}  // namespace

void declare_save_every(Arguments& arguments, double& seconds) {
  arguments
      .add_option(
          "--save-every", seconds,
          "save at the end of an epoch when so much time has passed; 0: each epoch. What a kill loses is at most "
          "twice that or one epoch")
      ->type_name("SECONDS")
      ->check(number(0.0, Bound::closed))
      ->show_default()
      ->group("Training");
}

void TrainFlags::declare(Arguments& arguments) {
  fields_ = fields_of(options_);
  lists_.resize(fields_.size());
  for (size_t i = 0; i < fields_.size(); ++i) {
    const OptionDescription& described = fields_[i].description;
    const auto add = [&](auto& variable) {
      Option* option = arguments.add_option("--" + described.name, variable, described.help);
      option->type_name(described.type)->group(described.group);
      return option;
    };
    if (auto* text = std::get_if<std::string*>(&fields_[i].value)) {
      add(**text);
    } else if (auto* whole = std::get_if<std::optional<int64_t>*>(&fields_[i].value)) {
      add(**whole)->check(check_of(fields_[i]));
    } else if (auto* number = std::get_if<std::optional<double>*>(&fields_[i].value)) {
      add(**number)->check(check_of(fields_[i]));
    } else {
      add(lists_[i])->check(check_of(fields_[i]));
    }
  }
}

TrainOptions TrainFlags::options() const {
  TrainOptions options = options_;
  const std::vector<OptionField> fields = fields_of(options);
  for (size_t i = 0; i < lists_.size(); ++i) {
    if (!lists_[i].empty()) *std::get<std::vector<int64_t>*>(fields[i].value) = parse_list(lists_[i]);
  }
  if (!options.augment.empty()) options.augment = parse_augmentation(options.augment).str();
  if (!options.corrupt.empty()) options.corrupt = parse_corruption(options.corrupt).str();
  return options;
}

}  // namespace latent::cli
