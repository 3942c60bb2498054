#include <latent/space/editing/directions_file.hpp>

#include <latent/formats/npy.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace latent::space {

namespace {

using Arrays = std::vector<std::pair<std::string, Tensor>>;

const Tensor& array_of(const Arrays& arrays, const std::string& name, const std::string& path) {
  const auto found = std::ranges::find_if(arrays, [&](const auto& array) { return array.first == name; });
  if (found == arrays.end()) {
    throw DataError(path, fmt::format("no archive of directions: it has no array '{}'", name));
  }
  return found->second;
}

Tensor checked(const Arrays& arrays, const std::string& name, const Shape& shape, DType dtype,
               const std::string& path) {
  const Tensor& array = array_of(arrays, name, path);
  if (array.shape() != shape || array.dtype() != dtype) {
    throw DataError(path, fmt::format("array '{}': expected {} {}, got {} {}", name, name_of(dtype), shape.str(),
                                      name_of(array.dtype()), array.shape().str()));
  }
  return array;
}

Tensor finite(Tensor array, const std::string& name, const std::string& path) {
  const std::span<const float> values = std::as_const(array).span<float>();
  if (std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) return array;
  throw DataError(path, fmt::format("array '{}' holds a value that is not finite", name));
}

std::vector<std::string> names_from(const Tensor& texts, const std::string& path) {
  if (texts.ndim() != 2 || texts.dtype() != DType::u8 || texts.numel() == 0) {
    throw DataError(
        path, fmt::format("array 'names': expected u8 (A, L), got {} {}", name_of(texts.dtype()), texts.shape().str()));
  }
  std::vector<std::string> names;
  const auto length = static_cast<size_t>(texts.dim(1));
  for (int64_t a = 0; a < texts.dim(0); ++a) {
    const char* text = reinterpret_cast<const char*>(texts.data<uint8_t>()) + static_cast<size_t>(a) * length;
    names.emplace_back(text, strnlen(text, length));
    if (std::count(names.begin(), names.end(), names.back()) > 1 || names.back().empty()) {
      throw DataError(path, "array 'names': a name is empty or stands twice");
    }
  }
  return names;
}

}  // namespace

void write_directions(const std::filesystem::path& path, const Directions& directions) {
  size_t longest = 1;
  for (const std::string& name : directions.names) longest = std::max(longest, name.size());
  Tensor names = Tensor::zeros({directions.size(), static_cast<int64_t>(longest)}, DType::u8);
  for (size_t a = 0; a < directions.names.size(); ++a) {
    std::memcpy(names.data<uint8_t>() + a * longest, directions.names[a].data(), directions.names[a].size());
  }
  Arrays arrays = {{"names", names},
                   {"vectors", directions.vectors},
                   {"normals", directions.normals},
                   {"midpoints", directions.midpoints},
                   {"thresholds", Tensor::from(directions.thresholds, {directions.size()})},
                   {"auroc", Tensor::from(directions.auroc, {directions.size()})}};
  if (directions.model) {
    arrays.emplace_back("model", Tensor::from(std::vector{static_cast<int64_t>(*directions.model)}, {1}));
  }
  write_npz(path, arrays);
}

Directions read_directions(const std::filesystem::path& path) {
  const std::string name = path.string();
  const auto file = MappedFile::open(path);
  if (file->bytes().empty()) throw DataError(name, "the file is empty");
  const Arrays arrays = read_npz(file);
  Directions directions;
  directions.names = names_from(array_of(arrays, "names", name), name);
  const Tensor& vectors = array_of(arrays, "vectors", name);
  const int64_t D = vectors.ndim() == 2 ? vectors.dim(1) : 0;
  if (D == 0) throw DataError(name, fmt::format("array 'vectors': expected (A, D), got {}", vectors.shape().str()));
  const Shape rows{directions.size(), D}, one_each{directions.size()};
  directions.vectors = finite(checked(arrays, "vectors", rows, DType::f32, name), "vectors", name);
  directions.normals = finite(checked(arrays, "normals", rows, DType::f32, name), "normals", name);
  directions.midpoints = finite(checked(arrays, "midpoints", rows, DType::f32, name), "midpoints", name);
  directions.thresholds = checked(arrays, "thresholds", one_each, DType::f64, name).to_vector();
  directions.auroc = checked(arrays, "auroc", one_each, DType::f64, name).to_vector();
  if (std::ranges::any_of(arrays, [](const auto& array) { return array.first == "model"; })) {
    const Tensor model = checked(arrays, "model", {1}, DType::i64, name);
    directions.model = static_cast<uint64_t>(model.data<int64_t>()[0]);
  }
  return directions;
}

}  // namespace latent::space
