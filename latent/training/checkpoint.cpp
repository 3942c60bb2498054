#include <latent/training/checkpoint.hpp>

#include <latent/core/detail/json_fields.hpp>
#include <latent/formats/safetensors.hpp>

namespace latent {

namespace {

constexpr const char* kFormat = "latent-checkpoint";
using Metadata = std::map<std::string, std::string>;

const std::string& text_in(const Metadata& metadata, const char* key, const std::string& path) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) throw DataError(path, fmt::format("not a checkpoint: its metadata has no '{}'", key));
  return found->second;
}

Json object_in(const Metadata& metadata, const char* key, const std::string& path) {
  // What is compared or written again later is walked by recursion, which deep nesting would turn against the stack.
  constexpr int kDeepest = 64;
  const auto check_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kDeepest) throw DataError(path, fmt::format("metadata '{}' is nested deeper than {}", key, kDeepest));
    return true;
  };
  try {
    nlohmann::json object = nlohmann::json::parse(text_in(metadata, key, path), check_depth);
    if (object.is_object()) return object;
  } catch (const nlohmann::json::exception&) {
    throw DataError(path, fmt::format("metadata '{}' is not valid JSON", key));
  }
  throw DataError(path, fmt::format("metadata '{}' is not a JSON object", key));
}

Checkpoint header_from(const Metadata& metadata, const std::string& path) {
  if (const std::string& format = text_in(metadata, "format", path); format != kFormat) {
    throw DataError(path, fmt::format("not a checkpoint: format '{}' in place of '{}'",
                                      printable(std::string_view(format)), kFormat));
  }
  const std::string& version = text_in(metadata, "format_version", path);
  bool is_known = false;
  for (int known = 1; known <= kCheckpointFormatVersion; ++known) is_known |= version == std::to_string(known);
  if (!is_known) {
    throw DataError(path, fmt::format("checkpoint format {}; this program reads formats 1 to {}",
                                      printable(std::string_view(version)), kCheckpointFormatVersion));
  }
  Checkpoint checkpoint;
  checkpoint.config = object_in(metadata, "config", path);
  checkpoint.options = object_in(metadata, "options", path);
  checkpoint.info = object_in(metadata, "info", path);
  checkpoint.progress = object_in(metadata, "progress", path);
  return checkpoint;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  write_safetensors(path, checkpoint.tensors,
                    {{"format", kFormat},
                     {"format_version", std::to_string(kCheckpointFormatVersion)},
                     {"config", checkpoint.config.dump()},
                     {"options", checkpoint.options.dump()},
                     {"info", checkpoint.info.dump()},
                     {"progress", checkpoint.progress.dump()}});
}

Checkpoint read_checkpoint(const std::filesystem::path& path) {
  Safetensors file = read_safetensors(path);
  Checkpoint checkpoint = header_from(file.metadata, file.path);
  checkpoint.tensors = std::move(file.tensors);
  return checkpoint;
}

Checkpoint read_checkpoint_header(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return header_from(read_safetensors_header(file->bytes(), file->path()).metadata, file->path());
}

}  // namespace latent
