// Vectors in files of arrays: NumPy's .npz and safetensors.

#include <latent/core/detail/json_value.hpp>
#include <latent/core/text.hpp>
#include <latent/formats/detail/bytes.hpp>
#include <latent/formats/npy.hpp>
#include <latent/formats/safetensors.hpp>
#include <latent/words/files/detail/forms.hpp>
#include <latent/words/model_words.hpp>

#include <algorithm>
#include <cstring>
#include <map>

namespace latent::words::detail {

namespace {

// The vectors' first rows as f32. @throws DataError for other shapes
Tensor first_rows(const Tensor& vectors, int64_t first, const std::string& path) {
  if (vectors.ndim() != 2 || vectors.dim(0) < 1 || vectors.dim(1) < 1) {
    throw DataError(path, fmt::format("'vectors' (words, dim) expected, got {}", vectors.shape().str()));
  }
  if (vectors.dtype() != DType::f32 && vectors.dtype() != DType::f64 && vectors.dtype() != DType::bf16) {
    throw DataError(path, fmt::format("'vectors' are {}, not floating numbers", latent::name_of(vectors.dtype())));
  }
  return vectors.rows(0, first > 0 ? std::min(first, vectors.dim(0)) : vectors.dim(0)).to(DType::f32);
}

// Puts words and vectors together; rows of duplicates are left out.
LoadedVectors put_together(const std::vector<std::string>& words, const std::vector<int64_t>& counts, Tensor vectors,
                           const std::string& path) {
  WordList list;
  std::vector<int64_t> rows;
  for (size_t i = 0; i < words.size(); ++i) {
    if (list.add(words[i], counts.empty() ? 0 : counts[i])) rows.push_back(static_cast<int64_t>(i));
  }
  if (rows.size() < words.size()) {
    const int64_t dim = vectors.dim(1);
    Tensor kept = Tensor::empty({list.size(), dim});
    for (size_t i = 0; i < rows.size(); ++i)
      std::copy_n(std::as_const(vectors).data<float>() + rows[i] * dim, dim,
                  kept.data<float>() + static_cast<int64_t>(i) * dim);
    vectors = kept;
  }
  LoadedVectors loaded;
  loaded.words.vocabulary = list.vocabulary();
  loaded.words.vectors = vectors;
  loaded.warnings = list.warnings();
  check_finite(vectors, loaded.words.vocabulary, path);
  return loaded;
}

template <class Pairs>
auto find_array(const Pairs& pairs, std::string_view name) {
  return std::ranges::find_if(pairs, [&](const auto& pair) { return pair.first == name; });
}

// A tensor of the file: a view of mapped bytes, else a copy.
Tensor tensor_in(const FileView& file, const SafetensorsHeader& header, const SafetensorsHeader::Entry& entry) {
  const std::byte* const data = file.bytes.data() + header.data_offset + entry.begin;
  const bool is_aligned = reinterpret_cast<uintptr_t>(data) % size_of(entry.dtype) == 0;
  if (file.owner && is_aligned) return Tensor::view(data, entry.shape, entry.dtype, file.owner);
  Tensor copy = Tensor::empty(entry.shape, entry.dtype);
  if (copy.nbytes() > 0) std::memcpy(copy.raw(), data, copy.nbytes());
  return copy;
}

// The JSON object that stands under a key of the metadata; empty where there is none.
nlohmann::json object_in(const SafetensorsHeader& header, const std::string& key, const std::string& path) {
  const auto found = header.metadata.find(key);
  if (found == header.metadata.end()) return nlohmann::json::object();
  constexpr int kDeepest = 64;
  const auto is_shallow = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) { return depth <= kDeepest; };
  auto object = nlohmann::json::parse(found->second, is_shallow, false);
  if (!object.is_object()) throw DataError(path, fmt::format("metadata '{}' is not a JSON object", key));
  return object;
}

int64_t whole_number(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

}  // namespace

LoadedVectors read_npz_vectors(const FileView& file, const ReadVectorsOptions& options) {
  const NpzArrays arrays = file.owner ? read_npz_arrays(file.owner) : read_npz_arrays(file.bytes, file.path);
  const auto words = find_array(arrays.texts, "words");
  const auto vectors = find_array(arrays.numbers, "vectors");
  if (words == arrays.texts.end() || vectors == arrays.numbers.end()) {
    throw DataError(file.path, "no arrays 'words' (texts) and 'vectors' (numbers) in it");
  }
  const Tensor rows = first_rows(vectors->second, options.first, file.path);
  if (words->second.numel() != vectors->second.dim(0)) {
    throw DataError(file.path, fmt::format("{} words, but {} vectors", words->second.numel(), vectors->second.dim(0)));
  }
  std::vector<std::string> names;
  for (int64_t i = 0; i < rows.dim(0); ++i) names.push_back(words->second[i]);
  std::vector<int64_t> counts;
  if (const auto found = find_array(arrays.numbers, "counts"); found != arrays.numbers.end()) {
    const Tensor all = found->second.to(DType::i64);
    if (all.ndim() != 1 || all.dim(0) != vectors->second.dim(0) ||
        std::ranges::any_of(all.span<int64_t>(), [](int64_t count) { return count < 0; })) {
      throw DataError(file.path, "'counts' are not one for each word, or below 0");
    }
    counts.assign(all.data<int64_t>(), all.data<int64_t>() + rows.dim(0));
  }
  LoadedVectors loaded = put_together(names, counts, rows, file.path);
  loaded.format = VectorFormat::npz;
  return loaded;
}

bool is_safetensors(std::span<const std::byte> bytes) {
  constexpr size_t kLengthBytes = 8;
  if (bytes.size() <= kLengthBytes) return false;
  return latent::detail::load_little<uint64_t>(bytes.data()) <= bytes.size() - kLengthBytes &&
         bytes[kLengthBytes] == std::byte{'{'};
}

LoadedVectors read_safetensors_vectors(const FileView& file, const ReadVectorsOptions& options) {
  const SafetensorsHeader header = read_safetensors_header(file.bytes, file.path);
  std::map<std::string, Tensor> found;
  for (const auto& entry : header.entries) found.emplace(entry.name, tensor_in(file, header, entry));
  if (!found["vectors"].defined() || !found["words.bytes"].defined()) {
    throw DataError(file.path, "no tensors 'vectors' and 'words.bytes', 'words.ends': not a model of words");
  }
  WordTables tables{found["words.bytes"], found["words.ends"], found["words.counts"], found["vectors"],
                    found["ngrams"],      found["word_rows"],  found["output"]};
  if (tables.ends.defined() && !tables.counts.defined()) tables.counts = Tensor::zeros(tables.ends.shape(), DType::i64);
  const nlohmann::json config = object_in(header, "config", file.path);
  const WordEmbedding::Ngrams ngrams = {whole_number(config, "min_n"), whole_number(config, "max_n")};
  LoadedVectors loaded;
  loaded.format = VectorFormat::safetensors;
  try {
    LATENT_CHECK(tables.ends.defined(), "[words] no 'words.ends'");
    LATENT_CHECK(ngrams.max_n == 0 || (ngrams.min_n >= 1 && ngrams.max_n >= ngrams.min_n && ngrams.max_n <= 1000),
                 "[words] n-grams of {} to {} characters", ngrams.min_n, ngrams.max_n);
    const WordEmbedding checked(tables, ngrams);
    loaded.words = words_of(tables, ngrams);
    loaded.words.file = file.owner;
  } catch (const std::invalid_argument& error) {
    throw DataError(file.path, fmt::format("its tables cannot be used: {}", error.what()));
  }
  const nlohmann::json info = object_in(header, "info", file.path);
  if (const auto training = info.find("words"); training != info.end() && training->is_object())
    loaded.words.training = *training;
  if (options.first > 0) loaded.words = first_words(loaded.words, options.first);
  return loaded;
}

}  // namespace latent::words::detail
