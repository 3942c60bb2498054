#include <cli/words.hpp>

#include <cli/input.hpp>
#include <cli/messages.hpp>
#include <cli/options.hpp>

#include <latent/core/detail/json_value.hpp>
#include <latent/models/model_file.hpp>
#include <latent/models/word_embedding.hpp>
#include <latent/run/results/paths.hpp>
#include <latent/training/run_files.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

namespace latent::cli {

void WordsArgument::declare(Arguments& arguments) {
  arguments
      .add_option(
          "RUN", path,
          "a run of words, its model file, or vectors that another program wrote: word2vec text or binary, GloVe "
          "text, fastText .vec or .bin, .npz")
      ->required();
  arguments.add_option("--first", first, "take the first N words alone, which are the most frequent (default: all)")
      ->type_name("N")
      ->check(whole_number(1));
}

words::WordVectors WordsArgument::open() const {
  std::filesystem::path file = path;
  if (std::filesystem::is_directory(status_of(path, {}))) {
    const RunFiles files{path};
    file = files.model();
    if (!std::filesystem::exists(status_of(file, {}))) {
      if (!std::filesystem::exists(status_of(files.checkpoint(), {})))
        throw UsageError(fmt::format("{}: is not a run directory (no {} in it)", path, file.filename().string()));
      throw UsageError(fmt::format("{}: its training has not ended", path),
                       fmt::format("latent resume {} goes on.", path));
    }
  }
  words::LoadedVectors loaded = read_input([&] { return words::read_vectors(file, {.first = first}); });
  for (const std::string& warning : loaded.warnings) warn(fmt::format("{}: {}", path, warning));
  return std::move(loaded.words);
}

bool is_words_file(const std::string& path) {
  try {
    return summarize_model(path).config->value("model", "") == "words";
  } catch (const std::exception&) {
    return false;
  }
}

void declare_words(Arguments& arguments, std::optional<int64_t>& count, const char* text) {
  arguments.add_option("--words", count, text)->type_name("N")->check(whole_number(1));
}

RunData most_frequent(const latent::Run& run, RunData data, std::optional<int64_t> count) {
  if (!count) return data;
  if (!is_words(*run.model)) {
    throw UsageError(fmt::format("--words: {} is no run of words", run.path.string()));
  }
  std::vector<int64_t> first(static_cast<size_t>(std::min(*count, data.samples->size())));
  std::iota(first.begin(), first.end(), int64_t{0});
  data.samples = data::subset(data.samples, std::move(first));
  return data;
}

}  // namespace latent::cli
