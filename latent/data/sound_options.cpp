#include <latent/data/sound_options.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/core/error.hpp>

#include <array>
#include <cmath>
#include <regex>

namespace latent::data {

namespace {

constexpr std::array<Choice<SoundFeatures>, 3> kSoundFeatures = {
    {{"log-mel", SoundFeatures::log_mel}, {"stft", SoundFeatures::stft}, {"wave", SoundFeatures::wave}}};
constexpr std::array<Choice<SoundFit>, 3> kSoundFits = {
    {{"cut", SoundFit::cut}, {"pad", SoundFit::pad}, {"slice", SoundFit::slice}}};

void check_range(const char* what, const std::optional<int64_t>& value, int64_t low, int64_t high) {
  LATENT_CHECK(!value || (*value >= low && *value <= high), "{}: a number from {} to {} expected, got {}", what, low,
               high, *value);
}

}  // namespace

SoundFeatures sound_features_from(std::string_view name) { return choose("form of sound", name, kSoundFeatures); }
std::string_view name_of(SoundFeatures features) { return kSoundFeatures[static_cast<size_t>(features)].name; }
SoundFit sound_fit_from(std::string_view name) { return choose("answer to --sound-fit", name, kSoundFits); }
std::string_view name_of(SoundFit fit) { return kSoundFits[static_cast<size_t>(fit)].name; }

void SoundOptions::check() const {
  constexpr int64_t kHighestRate = 768'000, kLongestWindow = 1 << 20, kMostBands = 1024;
  constexpr double kLongest = 3600.0;
  check_range("--rate", rate, 100, kHighestRate);
  check_range("--n-fft", n_fft, 16, kLongestWindow);
  LATENT_CHECK(!n_fft || *n_fft % 2 == 0, "--n-fft: an even number expected, got {}", *n_fft);
  check_range("--hop", hop, 1, n_fft ? *n_fft / 2 : kLongestWindow / 2);
  check_range("--mels", mels, 4, kMostBands);
  LATENT_CHECK(!seconds || (*seconds > 0.0 && *seconds <= kLongest),
               "--seconds: above 0 and at most {} expected, got {}", kLongest, *seconds);
  LATENT_CHECK(std::isfinite(range_db) && range_db > 0.0 && std::isfinite(top_db.value_or(0.0)),
               "decibels of sound: a range above 0 expected, got {} below {}", range_db, top_db.value_or(0.0));
  constexpr size_t kLongestPattern = 1000;  // the library goes one call deeper for each character
  LATENT_CHECK(label_from_name.size() <= kLongestPattern, "--label-from-name: at most {} characters expected, got {}",
               kLongestPattern, label_from_name.size());
  try {
    const std::regex pattern(label_from_name);
    LATENT_CHECK(label_from_name.empty() || pattern.mark_count() >= 1,
                 "--label-from-name '{}': parentheses around the class expected, as in '^(\\d)_'", label_from_name);
  } catch (const std::regex_error& error) {
    detail::throw_invalid_argument(fmt::format("--label-from-name '{}' is no regular expression", label_from_name));
  }
}

Json SoundOptions::to_json() const {
  nlohmann::json json = {{"features", name_of(features)},
                         {"channels", channels == SoundChannels::stereo ? 2 : 1},
                         {"range_db", range_db},
                         {"label_from_name", label_from_name}};
  const auto put = [&json](const char* key, const auto& value) {
    if (value) json[key] = *value;
  };
  if (fit) json["fit"] = name_of(*fit);
  put("rate", rate);
  put("seconds", seconds);
  put("n_fft", n_fft);
  put("hop", hop);
  put("mels", mels);
  put("top_db", top_db);
  return json;
}

SoundOptions SoundOptions::from_json(const Json& json) {
  SoundOptions options;
  options.features = sound_features_from(json->at("features").get<std::string>());
  options.channels = json->at("channels").get<int64_t>() == 2 ? SoundChannels::stereo : SoundChannels::mono;
  options.range_db = json->at("range_db").get<double>();
  options.label_from_name = json->at("label_from_name").get<std::string>();
  const auto take = [&json](const char* key, auto& value) {
    using T = typename std::remove_reference_t<decltype(value)>::value_type;
    if (json->contains(key)) value = json->at(key).get<T>();
  };
  if (json->contains("fit")) options.fit = sound_fit_from(json->at("fit").get<std::string>());
  take("rate", options.rate);
  take("seconds", options.seconds);
  take("n_fft", options.n_fft);
  take("hop", options.hop);
  take("mels", options.mels);
  take("top_db", options.top_db);
  options.check();
  return options;
}

SoundOptions SoundOverrides::over(SoundOptions base) const {
  if (features) base.features = *features;
  if (fit) base.fit = fit;
  if (channels) base.channels = *channels;
  if (rate) base.rate = rate;
  if (seconds) base.seconds = seconds;
  if (n_fft) base.n_fft = n_fft;
  if (hop) base.hop = hop;
  if (mels) base.mels = mels;
  if (!label_from_name.empty()) base.label_from_name = label_from_name;
  return base;
}

}  // namespace latent::data
