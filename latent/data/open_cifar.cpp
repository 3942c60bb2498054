#include <latent/data/sources.hpp>

#include <latent/formats/cifar.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>

namespace latent::data {

namespace fs = std::filesystem;

namespace {

// The batches of the training part, by name: CIFAR-10 has five, CIFAR-100 one.
std::vector<fs::path> training_batches(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name == "train.bin" || (name.starts_with("data_batch_") && name.ends_with(".bin"))) found.push_back(it->path());
  }
  if (error) throw IoError(folder.string(), "list", error.value());
  std::sort(found.begin(), found.end());
  return found;
}

ArrayPart read_batches(const std::vector<fs::path>& paths) {
  ArrayPart part;
  part.path = paths.size() == 1 ? paths.front().string() : paths.front().parent_path().string();
  std::vector<Tensor> batches;
  int64_t n = 0;
  for (const fs::path& path : paths) {
    CifarBatch batch = read_cifar(read_file(path).bytes(), path.string());
    n += batch.images.dim(0);
    part.labels.insert(part.labels.end(), batch.labels.begin(), batch.labels.end());
    batches.push_back(std::move(batch.images));
  }
  part.x = batches.front();
  if (batches.size() == 1) return part;
  part.x = Tensor::empty(batches.front().shape().tail().prepend(n), DType::u8);
  auto* out = part.x.data<uint8_t>();
  for (Tensor& batch : batches) {
    out = std::copy_n(batch.data<uint8_t>(), batch.numel(), out);
    batch = Tensor();
  }
  return part;
}

// One name a line, as in the archives' own lists of names; empty if there is no such list.
std::vector<std::string> read_class_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const char* list : {"batches.meta.txt", "fine_label_names.txt"}) {
    std::ifstream file(folder / list);
    for (std::string line; std::getline(file, line);) {
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) names.push_back(line);
    }
    if (!names.empty()) break;
  }
  return names;
}

}  // namespace

Source open_cifar(const FileBytes& file, const std::string& name, const OpenOptions& options) {
  CifarBatch batch = read_cifar(file.bytes(), file.path);
  const fs::path folder = fs::path(file.path).parent_path();
  ArrayPart part{batch.images, std::move(batch.labels), file.path, nullptr};
  return array_source({name, "cifar", std::move(part), std::nullopt, read_class_names(folder)}, options);
}

bool has_cifar_files(const fs::path& folder) { return !training_batches(folder).empty(); }

Source open_cifar_folder(const fs::path& folder, const std::string& name, const OpenOptions& options) {
  ArrayParts parts{name, "cifar", read_batches(training_batches(folder)), std::nullopt, read_class_names(folder)};
  for (const char* test : {"test_batch.bin", "test.bin"}) {
    if (!parts.test && fs::exists(folder / test)) parts.test = read_batches({folder / test});
  }
  return array_source(std::move(parts), options);
}

}  // namespace latent::data
