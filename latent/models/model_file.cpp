#include <latent/models/model_file.hpp>

#include <latent/core/detail/json_fields.hpp>
#include <latent/core/finite.hpp>
#include <latent/formats/safetensors.hpp>
#include <latent/models/registry.hpp>

#include <charconv>

namespace latent {

namespace {

constexpr const char* kFormat = "latent-model";

// The model file that a path means. @throws DataError for a directory without one
std::filesystem::path model_path(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return path;
  constexpr const char* kName = "model.safetensors";
  if (!std::filesystem::exists(path / kName, error) && !error) {
    throw DataError(path.string(), fmt::format("is not a run directory (no {} in it)", kName));
  }
  return path / kName;
}

using Metadata = std::map<std::string, std::string>;

const std::string& text_in(const Metadata& metadata, const std::string& key, const std::string& path) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) throw DataError(path, fmt::format("not a latent model: its metadata has no '{}'", key));
  return found->second;
}

int version_in(const Metadata& metadata, const std::string& path) {
  if (const std::string& format = text_in(metadata, "format", path); format != kFormat) {
    throw DataError(path, fmt::format("not a latent model: format '{}' in place of '{}'",
                                      printable(std::string_view(format)), kFormat));
  }
  const std::string& text = text_in(metadata, "format_version", path);
  int version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size() || version < 1) {
    throw DataError(path, fmt::format("format_version is '{}', not a version", printable(std::string_view(text))));
  }
  if (version > kModelFormatVersion) {
    throw DataError(path, fmt::format("made by a newer version (format {}); this program reads up to {}", version,
                                      kModelFormatVersion));
  }
  return version;
}

Json object_in(const Metadata& metadata, const std::string& key, const std::string& path) {
  // What is shown or written again later is walked by recursion, which deep nesting would turn against the stack.
  constexpr int kDeepest = 64;
  const auto check_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kDeepest) throw DataError(path, fmt::format("metadata '{}' is nested deeper than {}", key, kDeepest));
    return true;
  };
  nlohmann::json object;
  try {
    object = nlohmann::json::parse(text_in(metadata, key, path), check_depth);
  } catch (const nlohmann::json::parse_error& e) {
    throw DataError(path, fmt::format("metadata '{}' is not valid JSON (at character {})", key, e.byte));
  } catch (const nlohmann::json::exception&) {
    throw DataError(path, fmt::format("metadata '{}' holds a number out of range", key));
  }
  if (!object.is_object()) throw DataError(path, fmt::format("metadata '{}' is not a JSON object", key));
  return object;
}

// Copies a file's tensors into the model's, once it is certain that all fit.
void fill(const LatentModel& model, const Safetensors& file) {
  std::map<std::string, const Tensor*> stored;
  for (const auto& [name, tensor] : file.tensors) stored.emplace(name, &tensor);
  std::vector<nn::NamedTensor> state = model.state();
  for (const nn::NamedTensor& wanted : state) {
    const auto found = stored.find(wanted.name);
    if (found == stored.end()) throw DataError(file.path, fmt::format("tensor '{}' is missing", wanted.name));
    const Tensor& tensor = *found->second;
    if (tensor.shape() != wanted.tensor.shape() || tensor.dtype() != wanted.tensor.dtype()) {
      throw DataError(file.path, fmt::format("tensor '{}': the config asks for {} {}, the file holds {} {}",
                                             wanted.name, wanted.tensor.shape().str(), name_of(wanted.tensor.dtype()),
                                             tensor.shape().str(), name_of(tensor.dtype())));
    }
    if (const int64_t bad = count_not_finite(tensor); bad > 0) {
      throw DataError(file.path,
                      fmt::format("tensor '{}': {} of its {} numbers are NaN or infinite, so the model is of no "
                                  "use",
                                  wanted.name, bad, tensor.numel()));
    }
  }
  for (nn::NamedTensor& wanted : state) {
    wanted.tensor.copy_from(*stored.at(wanted.name));
    stored.erase(wanted.name);
  }
  if (!stored.empty()) {
    throw DataError(file.path, fmt::format("tensor '{}' belongs to no part of this model",
                                           printable(std::string_view(stored.begin()->first))));
  }
}

}  // namespace

void save_model(const std::filesystem::path& path, const LatentModel& model, const Json& info) {
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const nn::NamedTensor& t : model.state()) tensors.emplace_back(t.name, t.tensor);
  write_safetensors(path, tensors,
                    {{"format", kFormat},
                     {"format_version", std::to_string(kModelFormatVersion)},
                     {"config", model.config().dump()},
                     {"info", info->is_null() ? "{}" : info.dump()}});
}

LoadedModel load_model(const std::filesystem::path& path) {
  const auto file = MappedFile::open(model_path(path));
  return load_model(file->bytes(), file->path());
}

LoadedModel load_model(std::span<const std::byte> bytes, const std::string& path) {
  const Safetensors file = read_safetensors(bytes, path);
  version_in(file.metadata, file.path);
  const Json config = object_in(file.metadata, "config", file.path);
  LoadedModel loaded;
  loaded.info = object_in(file.metadata, "info", file.path);
  int64_t elements = 0;
  for (const auto& [name, tensor] : file.tensors) elements += tensor.numel();
  try {
    // Every weight is overwritten below. The file cannot make us allocate more than it holds itself.
    Rng rng(0);
    loaded.model = make_model(config, rng, elements);
  } catch (const std::invalid_argument& e) {
    throw DataError(file.path, fmt::format("its config cannot be used: {}", e.what()));
  }
  fill(*loaded.model, file);
  return loaded;
}

ModelSummary summarize_model(const std::filesystem::path& path) {
  const auto file = MappedFile::open(model_path(path));
  const SafetensorsHeader header = read_safetensors_header(file->bytes(), file->path());
  ModelSummary summary;
  summary.format_version = version_in(header.metadata, file->path());
  summary.config = object_in(header.metadata, "config", file->path());
  summary.info = object_in(header.metadata, "info", file->path());
  for (const SafetensorsHeader::Entry& e : header.entries) summary.tensors.push_back({e.name, e.shape, e.dtype});
  return summary;
}

}  // namespace latent
