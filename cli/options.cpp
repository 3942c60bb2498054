#include <cli/options.hpp>

#include <cli/exit_status.hpp>
#include <cli/output.hpp>

#include <latent/core/threads.hpp>
#include <latent/formats/csv.hpp>

#include <fmt/core.h>

namespace latent::cli {

namespace {

// "0.5", "fixed" or "dynamic".
void set_binarize(data::ReadOverrides& open, const std::string& how) {
  if (how.find_first_of("0123456789.") == std::string::npos) {
    open.drawn_bits = data::drawn_bits_from(how);
    return;
  }
  if (const std::string problem = number(0.0, Bound::closed, 1.0)(how); !problem.empty()) {
    throw UsageError(fmt::format("--binarize {}: {}, or fixed, or dynamic", how, problem));
  }
  open.binarize = std::stod(how);
}

}  // namespace

void declare_threads(Arguments& arguments, ComputeOptions& compute) {
  compute.precision = "f32";
  arguments.add_option("--threads", compute.threads, "threads to compute with (default: all processors allowed)")
      ->type_name("N")
      ->check(whole_number(1, std::numeric_limits<int>::max()))
      ->group("Computing");
}

void ComputeOptions::declare(Arguments& arguments, const std::string& default_precision) {
  declare_threads(arguments, *this);
  precision = default_precision;
  arguments
      .add_option("--precision", precision, "auto (bf16 where the processor has matrix units for it), f32 or bf16")
      ->type_name("NAME")
      ->show_default()
      ->group("Computing");
}

void ComputeOptions::apply() const {
  if (!threads) return;
  if (*threads > available_threads()) {
    throw UsageError(
        fmt::format("--threads: {} asked for, but this process may use {}", *threads, available_threads()));
  }
  set_num_threads(*threads);
  // The environment may promise threads that it does not give (OMP_MAX_ACTIVE_LEVELS=0).
  if (num_threads() < *threads) {
    warn(fmt::format("--threads: {} asked for, but OpenMP gives {}: see the variables OMP_* of the environment",
                     *threads, num_threads()));
  }
}

void DataOptions::declare(Arguments& arguments) {
  arguments.add_option("--size", size, "resize images, for example 28x28 (height x width)")
      ->type_name("HxW")
      ->group("Data");
  arguments
      .add_option("--fit", fit,
                  "how images of other proportions come to --size: crop (around the centre; default), pad or stretch")
      ->type_name("HOW")
      ->group("Data");
  arguments
      .add_option("--background", background,
                  "what transparent pixels of pictures are laid on: white or black (default: white, or black for light "
                  "pictures)")
      ->type_name("COLOUR")
      ->check(one_of({"white", "black"}))
      ->group("Data");
  arguments.add_flag("--grayscale", grayscale, "convert images to one channel")->group("Data");
  arguments
      .add_option(
          "--binarize", binarize,
          "make every value 0 or 1: 1 above a threshold (0.5), or drawn with the value as its probability, once "
          "(fixed) or anew in each epoch of training (dynamic)")
      ->type_name("HOW")
      ->group("Data");
  arguments
      .add_option("--label-column", label_column, "column of a table that holds the class, by name or number (from 0)")
      ->type_name("COLUMN")
      ->group("Data");
  arguments.add_option("--drop", drop, "columns of a table to leave out, by name or number (from 0), between commas")
      ->type_name("COLUMN,...")
      ->group("Data");
  arguments
      .add_option(
          "--header", header,
          "whether the first row of a table names its columns: auto (default: if it does not look like a sample), "
          "yes or no")
      ->type_name("WHETHER")
      ->group("Data");
  arguments
      .add_option("--decimal", decimal,
                  "decimal sign of a table's numbers: point (1234.5 or 1,234.5) or comma (1234,5 or 1.234,5) (default: "
                  "what the first rows tell)")
      ->type_name("SIGN")
      ->check(one_of({"point", "comma"}))
      ->group("Data");
  arguments
      .add_option("--missing", missing,
                  "missing values of a table: refuse (default) or impute (by the column's mean; in scoring from the "
                  "rest of the row)")
      ->type_name("HOW")
      ->group("Data");
  sound.declare(arguments);
  series.declare(arguments);
}

data::ReadOverrides DataOptions::overrides() const {
  data::ReadOverrides read;
  if (!size.empty()) {
    constexpr int64_t kLargestSide = 1 << 14;
    const auto sides = parse_cross(size.find('x') == std::string::npos ? size + "x" + size : size);
    const auto is_side = [](int64_t side) { return side >= 1 && side <= kLargestSide; };
    const bool fits = sides && is_side(sides->first) && is_side(sides->second);
    if (!fits) {
      throw UsageError(
          fmt::format("--size: expected HxW with sides from 1 to {}, such as 28x28, got '{}'", kLargestSide, size));
    }
    read.size = *sides;
  }
  if (!fit.empty()) read.fit = fit_from(fit);
  if (!background.empty()) read.background = background == "white" ? 255 : 0;
  read.grayscale = grayscale;
  if (!binarize.empty()) set_binarize(read, binarize);
  read.label_column = label_column;
  if (!drop.empty()) read.drop = split_at_commas(drop);
  if (!header.empty()) read.header = data::header_from(header);
  if (!decimal.empty()) read.decimal = csv_decimal_from(decimal);
  if (!missing.empty()) read.missing = data::missing_from(missing);
  read.sound = sound.overrides();
  read.series = series.overrides();
  return read;
}

data::OpenOptions DataOptions::open_options() const {
  series.check_alone();
  return overrides().over({});
}

data::Augmentation parse_augmentation(const std::string& text) {
  try {
    return data::Augmentation::from_text(text);
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--augment {}: {}", text, error.what()));
  }
}

data::Corruption parse_corruption(const std::string& text) {
  try {
    return data::Corruption::from_text(text);
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--corrupt {}: {}", text, error.what()));
  }
}

void declare_seed(Arguments& arguments, uint64_t& seed, const std::string& what_for) {
  arguments.add_option("--seed", seed, what_for)
      ->type_name("N")
      ->check(whole_number(0))
      ->show_default()
      ->group("Computing");
}

void declare_split(Arguments& arguments, std::string& split) {
  arguments
      .add_option(
          "--split", split,
          "part of the data: train, validation (held out of it), test (or else validation) or all (default: test, "
          "else all)")
      ->type_name("PART")
      ->group("Data");
}

}  // namespace latent::cli
