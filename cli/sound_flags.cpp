// How sounds become samples, as the command line says it.

#include <cli/options.hpp>

namespace latent::cli {

void SoundFlags::declare(Arguments& arguments) {
  constexpr int64_t kHighestRate = 768'000, kLongestWindow = 1 << 20;
  constexpr const char* kGroup = "Data: sound";
  arguments
      .add_option("--sound", features,
                  "what samples of sound hold: log-mel (default), stft (all bins of the transform) or wave")
      ->type_name("FEATURES")
      ->group(kGroup);
  arguments.add_option("--seconds", seconds, "length of a sample (default: from the data)")
      ->type_name("S")
      ->check(number(0.0, Bound::open, 3600.0, Bound::closed))
      ->group(kGroup);
  arguments
      .add_option("--sound-fit", fit,
                  "sounds of other lengths: cut (or silence behind them; default), pad (all as long as the longest) or "
                  "slice (long ones become several samples; default for a single file)")
      ->type_name("HOW")
      ->group(kGroup);
  arguments.add_option("--rate", rate, "samples per second that sounds are resampled to (default: that of most files)")
      ->type_name("HZ")
      ->check(whole_number(100, kHighestRate))
      ->group(kGroup);
  arguments.add_flag("--stereo", stereo, "keep two channels (default: their mean)")->group(kGroup);
  arguments.add_option("--mels", mels, "bands of log-mel (default: 64; 128 above 16 kHz)")
      ->type_name("N")
      ->check(whole_number(4, 1024))
      ->group(kGroup);
  arguments.add_option("--n-fft", n_fft, "window of the transform, in samples (default: a power of two near 60 ms)")
      ->type_name("N")
      ->check(whole_number(16, kLongestWindow))
      ->group(kGroup);
  arguments.add_option("--hop", hop, "samples from one frame to the next (default: a quarter of --n-fft)")
      ->type_name("N")
      ->check(whole_number(1, kLongestWindow))
      ->group(kGroup);
  arguments
      .add_option("--label-from-name", label_from_name,
                  "classes from the names of sound files: the first group of a regular expression, '^(\\d)_'")
      ->type_name("REGEX")
      ->group(kGroup);
}

data::SoundOverrides SoundFlags::overrides() const {
  data::SoundOverrides read;
  if (!features.empty()) read.features = data::sound_features_from(features);
  if (!fit.empty()) read.fit = data::sound_fit_from(fit);
  if (stereo) read.channels = data::SoundChannels::stereo;
  read.rate = rate;
  read.n_fft = n_fft;
  read.hop = hop;
  read.mels = mels;
  read.seconds = seconds;
  read.label_from_name = label_from_name;
  return read;
}

}  // namespace latent::cli
