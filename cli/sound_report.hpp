#pragma once
// How fast sounds went through a model.

#include <cli/report.hpp>
#include <cli/run.hpp>

#include <latent/training/stopwatch.hpp>

namespace latent::cli {

/// Says how many seconds of sound took how long: "sound" for both; nothing for runs without sounds.
/// @param watch  since the work began: with reading or writing of files, without loading the model
void report_sound_speed(Report& report, const latent::Run& run, int64_t samples, const Stopwatch& watch);

}  // namespace latent::cli
