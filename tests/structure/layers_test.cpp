// The layout of the source tree: includes point one way only, public headers stand apart from private ones, files and
// functions stay small.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

// A folder may include only itself and what stands before it.
constexpr std::array kLayers = {"core",  "kernels",     "formats", "text", "sound",    "autograd",
                                "nn",    "probability", "models",  "data", "training", "space",
                                "words", "compression", "report",  "run",  "server",   "cli"};

size_t layer_of(const std::string& folder) {
  return static_cast<size_t>(std::find(kLayers.begin(), kLayers.end(), folder) - kLayers.begin());
}

struct SourceFile {
  fs::path path;
  std::string layer;
};

std::vector<SourceFile> source_files() {
  std::vector<SourceFile> files;
  const fs::path root = LATENT_SOURCE_DIR;
  for (const fs::path& top : {root / "latent", root / "server", root / "cli"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top)) {
      const std::string ending = entry.path().extension().string();
      if (!entry.is_regular_file() || (ending != ".cpp" && ending != ".hpp")) continue;
      const fs::path inside = entry.path().lexically_relative(top);
      if (inside == "latent.hpp") continue;  // includes what a program needs
      const bool is_library = top.filename() == "latent";
      files.push_back({entry.path(), is_library ? inside.begin()->string() : top.filename().string()});
    }
  }
  return files;
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream stream(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// "#include <latent/core/tensor.hpp>" -> "core", "#include <server/session.hpp>" -> "server"; empty for every other
// line.
std::string included_layer(const std::string& line) {
  for (const char* top : {"server", "cli"}) {
    if (line.starts_with(std::string("#include <") + top + "/")) return top;
  }
  const std::string prefix = "#include <latent/";
  if (!line.starts_with(prefix)) return {};
  const size_t end = line.find('/', prefix.size());
  return end == std::string::npos ? "?" : line.substr(prefix.size(), end - prefix.size());
}

TEST(Structure, EveryFolderHasAPlaceInTheOrder) {
  for (const SourceFile& file : source_files()) EXPECT_LT(layer_of(file.layer), kLayers.size()) << file.path;
}

TEST(Structure, IncludesPointUpwardsOnly) {
  int includes = 0;
  for (const SourceFile& file : source_files()) {
    for (const std::string& line : lines_of(file.path)) {
      const std::string included = included_layer(line);
      if (included.empty()) continue;
      ++includes;
      EXPECT_LE(layer_of(included), layer_of(file.layer)) << file.path << ": " << line;
    }
  }
  EXPECT_GT(includes, 100) << "the test did not find the includes";
}

TEST(Structure, RoomsOfSpaceIncludeUpwardsOnly) {
  constexpr std::array kRooms = {"linear",  "metrics",   "neighbors", "maps",
                                 "editing", "anomalies", "probes",    "clusters"};
  const auto room_of = [&](const std::string& path) {  // ".../latent/space/maps/umap.hpp" -> 3
    const std::string prefix = "latent/space/";
    const size_t begin = path.rfind(prefix);
    if (begin == std::string::npos) return kRooms.size();
    const std::string room =
        path.substr(begin + prefix.size(), path.find('/', begin + prefix.size()) - begin - prefix.size());
    EXPECT_NE(std::find(kRooms.begin(), kRooms.end(), room), kRooms.end()) << path;
    return static_cast<size_t>(std::find(kRooms.begin(), kRooms.end(), room) - kRooms.begin());
  };
  int includes = 0;
  for (const SourceFile& file : source_files()) {
    if (file.layer != "space") continue;
    const size_t room = room_of(file.path.string());
    for (const std::string& line : lines_of(file.path)) {
      if (included_layer(line) != "space") continue;
      ++includes;
      EXPECT_LE(room_of(line), room) << file.path << ": " << line;
    }
  }
  EXPECT_GT(includes, 50) << "the test did not find the includes";
}

TEST(Structure, ModelsPicturesAndTheToolDoNotKnowTheKernels) {
  // The devices' seam: operations, layers, the optimizer's step, the gathering of batches and what works on many codes
  // reach into kernels/.
  constexpr std::array kMay = {"kernels", "sound", "autograd", "nn",         "training",
                               "data",    "space", "words",    "compression"};
  for (const SourceFile& file : source_files()) {
    for (const std::string& line : lines_of(file.path)) {
      if (included_layer(line) != "kernels") continue;
      EXPECT_NE(std::find(kMay.begin(), kMay.end(), file.layer), kMay.end()) << file.path << ": " << line;
    }
  }
}

// kernels/ and every detail/ are not installed: what is in them is for our own sources.
bool is_private(const fs::path& path) {
  return std::any_of(path.begin(), path.end(),
                     [](const fs::path& folder) { return folder == "kernels" || folder == "detail"; });
}

TEST(Structure, PublicHeadersIncludePublicOnesAndNoLibraryButFmt) {
  const fs::path root = LATENT_SOURCE_DIR;
  std::vector<fs::path> headers = {root / "latent/latent.hpp"};
  for (const SourceFile& file : source_files()) {
    const fs::path inside = file.path.lexically_relative(root);
    if (*inside.begin() == "latent" && inside.extension() == ".hpp" && !is_private(inside))
      headers.push_back(file.path);
  }
  EXPECT_GT(headers.size(), 100U) << "the test did not find the headers";
  for (const fs::path& header : headers) {
    for (const std::string& line : lines_of(header)) {
      EXPECT_FALSE(line.starts_with("// Private to")) << header << ": belongs in a folder detail/";
      EXPECT_EQ(line.find("nlohmann"), std::string::npos) << header << ": " << line;
      const std::string start = "#include <";
      if (!line.starts_with(start)) continue;
      const fs::path included = line.substr(start.size(), line.find('>') - start.size());
      const std::string library = included.begin()->string();
      const bool is_standard = included == library && !included.has_extension();
      EXPECT_TRUE(is_standard || library == "fmt" || (library == "latent" && !is_private(included)))
          << header << ": " << line;
    }
  }
}

TEST(Structure, NoFileIsLongerThan500Lines) {
  constexpr size_t kLongest = 500;
  for (const SourceFile& file : source_files()) EXPECT_LE(lines_of(file.path).size(), kLongest) << file.path;
}

TEST(Structure, TheLibraryNeverPrintsOrExits) {
  for (const SourceFile& file : source_files()) {
    if (file.layer == "cli") continue;
    for (const std::string& line : lines_of(file.path)) {
      for (const char* word :
           {"std::cout", "std::cerr", " printf(", "fprintf(", "fmt::print(", "std::exit(", "abort("}) {
        const size_t comment = line.find("//");
        EXPECT_GE(line.find(word), std::min(comment, line.size())) << file.path << ": " << line;
      }
    }
  }
}

}  // namespace
