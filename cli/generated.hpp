#pragma once
// What commands that generate data make of codes: draws from p(x|z), or its means.

#include <cli/arguments.hpp>
#include <cli/run.hpp>

#include <latent/run/generate.hpp>

namespace latent::cli {

/// --mean and --draw. Without either, samples are drawn where a mean would be no sample (rows of a table, whole 8-bit
/// values) and are means where the noise of p(x|z) would only hide them (pictures).
struct GeneratedOptions {
  bool mean = false, draw = false;

  void declare(Arguments& arguments);
  /// Whether samples of this run are drawn.
  bool draws(const Run& run) const;
  /// (N, D) codes -> (N, ...) model values. The noise has a tape of its own, so that codes of a seed are the same with
  /// and without it.
  Tensor make(const Run& run, const Tensor& codes, uint64_t seed) const;
  /// "draws" or "means", for --json.
  std::string_view name(const Run& run) const { return draws(run) ? "draws" : "means"; }
  /// For people: "drawn from p(x|z)" or "means of p(x|z)", and the option that gives the other unless one was given.
  std::string text(const Run& run) const;
};

}  // namespace latent::cli
