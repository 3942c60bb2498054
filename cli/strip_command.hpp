#pragma once
// What commands that write strips have in common.

#include <cli/report.hpp>
#include <cli/run_command.hpp>

#include <latent/run/results/strips.hpp>

#include <array>
#include <string>

namespace latent::cli {

class StripCommand : public RunCommand {
 protected:
  static constexpr std::array kStripForms = {Form::png, Form::gif,    Form::npy, Form::npz,
                                             Form::csv, Form::folder, Form::wav};

  /// -o. @param picture  what a .png is: "a strip"
  void declare_strips(Arguments& arguments, const std::string& picture);
  void declare_steps(Arguments& arguments, const std::string& description);
  /// An option of samples by their numbers in the part: "0,3,5".
  static Option* declare_items(Arguments& arguments, const std::string& names, std::string& text,
                               const std::string& description, const char* type);
  static std::string write(const Run& run, const Strips& strips, const ResultFile& file);

  OutputOptions out_;
  int64_t steps_ = 0;
};

}  // namespace latent::cli
