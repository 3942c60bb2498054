#include <latent/words/files/vector_file.hpp>

#include <latent/core/choice.hpp>
#include <latent/core/detail/json_value.hpp>
#include <latent/core/text.hpp>
#include <latent/formats/npy.hpp>
#include <latent/formats/temporary.hpp>
#include <latent/models/model_file.hpp>
#include <latent/text/text_reader.hpp>
#include <latent/words/files/detail/forms.hpp>
#include <latent/words/model_words.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace latent::words {

namespace {

constexpr auto kFormats = std::to_array<Choice<VectorFormat>>({
    {"word2vec", VectorFormat::word2vec},
    {"word2vec-binary", VectorFormat::word2vec_binary},
    {"glove", VectorFormat::glove},
    {"fasttext", VectorFormat::fasttext},
    {"npz", VectorFormat::npz},
    {"safetensors", VectorFormat::safetensors},
});

constexpr std::string_view kZipMark = "PK\x03\x04";

LoadedVectors read_any(const detail::FileView& file, const ReadVectorsOptions& options) {
  LATENT_CHECK(options.first >= 0, "[read_vectors] first = {}", options.first);
  const std::string_view text = file.text();
  if (text.empty()) throw DataError(file.path, "the file is empty");
  if (detail::is_fasttext(file.bytes)) return detail::read_fasttext(file, options);
  if (text.starts_with(kZipMark)) return detail::read_npz_vectors(file, options);
  if (detail::is_safetensors(file.bytes)) return detail::read_safetensors_vectors(file, options);
  if (const auto header = detail::header_of(text)) {
    const std::string_view rest = text.substr(header->end);
    if (detail::is_vector_line(rest, header->dim)) return detail::read_text(file, header, header->dim, options);
    // Text that has another number of columns than it says is told from binary values by its first line.
    const int64_t columns = detail::dim_without_header(rest);
    if (columns > 0 && columns != header->dim) {
      throw DataError(file.path, fmt::format("its first line says {} dimensions, but {} numbers follow the first word",
                                             header->dim, columns));
    }
    return detail::read_binary(file, *header, options);
  }
  if (const int64_t dim = detail::dim_without_header(text)) return detail::read_text(file, std::nullopt, dim, options);
  throw DataError(
      file.path,
      "not a file of word vectors: neither text of word2vec, GloVe or fastText, nor word2vec's or fastText's "
      "binary form, nor .npz or safetensors with words");
}

// Unpacks a file into a temporary one, which is mapped and gone with the mapping.
std::shared_ptr<const MappedFile> unpacked(const std::filesystem::path& path) {
  const auto folder = std::filesystem::temp_directory_path();
  Temporary file(folder / "vectors", Temporary::Kind::file);
  text::TextReader::unpack(path, [&](std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file.fd(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw IoError(folder.string(), "cannot write what " + path.string() + " unpacks to", errno);
      bytes = bytes.subspan(static_cast<size_t>(written));
    }
  });
  return MappedFile::open(file.path());
}

}  // namespace

VectorFormat vector_format_from(std::string_view name) { return choose("form of word vectors", name, kFormats); }
std::string_view name_of(VectorFormat format) { return kFormats[static_cast<size_t>(format)].name; }

std::vector<std::string_view> vector_format_names() {
  const auto names = latent::names_of(kFormats);
  return {names.begin(), names.end()};
}

VectorFormat format_by_name(const std::filesystem::path& path, const WordVectors& words) {
  const std::string ending = path.extension().string();
  if (ending == ".txt" || ending == ".vec") return VectorFormat::word2vec;
  if (ending == ".bin") return words.ngrams ? VectorFormat::fasttext : VectorFormat::word2vec_binary;
  if (ending == ".npz") return VectorFormat::npz;
  if (ending == ".safetensors") return VectorFormat::safetensors;
  throw UsageError(fmt::format("{}: no form of word vectors is called so", path.string()),
                   "use .txt, .vec, .bin, .npz or .safetensors, or name the form");
}

LoadedVectors read_vectors(const std::filesystem::path& path, const ReadVectorsOptions& options) {
  std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  const bool is_packed = text::is_packed(file->bytes());
  if (is_packed) file = unpacked(path);
  // What looks into a file names it in its messages, which must not be the temporary one.
  LoadedVectors loaded = read_any({file->bytes(), is_packed ? nullptr : file, path.string()}, options);
  file->check_whole();
  return loaded;
}

LoadedVectors read_vectors(std::span<const std::byte> bytes, const std::string& path,
                           const ReadVectorsOptions& options) {
  return read_any({bytes, nullptr, path}, options);
}

std::vector<std::string> write_vectors(const std::filesystem::path& path, const WordVectors& words,
                                       VectorFormat format) {
  std::vector<std::string> lost;
  const bool keeps_spaces = format == VectorFormat::npz || format == VectorFormat::safetensors;
  std::vector<std::string> names;
  if (!keeps_spaces) {
    int64_t replaced = 0;
    names = detail::words_without_spaces(words.vocabulary, replaced);
    if (replaced > 0) lost.push_back(fmt::format("the spaces of {} became '_'", counted(replaced, "word")));
  }
  if (words.ngrams && format != VectorFormat::fasttext && format != VectorFormat::safetensors)
    lost.emplace_back("n-grams are left out, so that unseen words have no vectors");
  switch (format) {
    case VectorFormat::word2vec:
    case VectorFormat::glove:
      replace_file(path, [&](Sink& sink) { detail::write_text(sink, words, names, format == VectorFormat::word2vec); });
      break;
    case VectorFormat::word2vec_binary:
      replace_file(path, [&](Sink& sink) { detail::write_binary(sink, words, names); });
      break;
    case VectorFormat::fasttext:
      replace_file(path, [&](Sink& sink) { detail::write_fasttext(sink, words, names); });
      break;
    case VectorFormat::npz: {
      for (int64_t id = 0; id < words.size(); ++id) names.emplace_back(words.vocabulary.word(id));
      write_npz(path, {{"vectors", words.vectors}, {"counts", words.vocabulary.counts()}},
                {{"words", TextValues(std::move(names))}});
      break;
    }
    case VectorFormat::safetensors:
      save_model(path, *model_of(words), nlohmann::json{{"words", *words.training}});
      break;
  }
  return lost;
}

}  // namespace latent::words
