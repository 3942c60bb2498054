#include <latent/data/sources.hpp>

#include <latent/formats/ts.hpp>

#include <algorithm>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kTrainTs = "_TRAIN.ts", kTestTs = "_TEST.ts";

ArrayPart ts_part(const FileBytes& file) {
  TsSeries series = read_ts(file.bytes(), file.path);
  ArrayPart part{std::move(series.x), {}, file.path, nullptr};
  part.label_names = std::move(series.labels);
  return part;
}

}  // namespace

Source open_ts(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  ArrayParts parts{name, "ts", ts_part(file), std::nullopt, {}};
  if (file.path.ends_with(kTrainTs)) {
    const std::string test = file.path.substr(0, file.path.size() - kTrainTs.size()) + std::string(kTestTs);
    if (fs::exists(test)) {
      const FileBytes test_file = read_file(test);
      parts.test = ts_part(test_file);
      parts.notes.push_back(fmt::format("the test part is {}", fs::path(test).filename().string()));
    }
  }
  return series_source(std::move(parts), options);
}

std::optional<fs::path> ts_in_folder(const fs::path& folder) {
  std::optional<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->path().filename().string().ends_with(kTrainTs)) continue;
    if (found) {
      throw DataError(folder.string(), fmt::format("holds several sets of series: name one, such as {}",
                                                   std::min(*found, it->path()).string()));
    }
    found = it->path();
  }
  return found;
}

}  // namespace latent::data
