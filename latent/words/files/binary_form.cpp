#include <latent/core/text.hpp>
#include <latent/text/tokenizer.hpp>
#include <latent/words/files/detail/forms.hpp>

#include <algorithm>
#include <cstring>

namespace latent::words::detail {

LoadedVectors read_binary(const FileView& file, const TextHeader& header, const ReadVectorsOptions& options) {
  const auto dim = static_cast<size_t>(header.dim);
  const size_t row_bytes = dim * sizeof(float), least = row_bytes + 1;  // a space at least before the values
  const std::string_view text = file.text();
  if (static_cast<uint64_t>(header.words) > (text.size() - header.end) / least) {
    throw DataError(file.path, 0,
                    fmt::format("its first line says {} words of {} dimensions, which do not fit into its {} bytes",
                                header.words, header.dim, text.size()));
  }
  const int64_t wanted = options.first > 0 ? std::min(options.first, header.words) : header.words;
  if (wanted == 0) throw DataError(file.path, "no words");
  Tensor vectors = Tensor::empty({wanted, header.dim});
  WordList list;
  size_t at = header.end;
  for (int64_t i = 0; i < wanted; ++i) {
    // Some programs end each row with a line end, others do not.
    while (at < text.size() && text[at] == '\n') ++at;
    const size_t space = text.substr(at, text::kLongestWord + 1).find(' ');
    if (space == std::string_view::npos) {
      throw DataError(file.path, static_cast<int64_t>(at),
                      fmt::format("no word where word {} of {} should stand: its first line gives a wrong number of "
                                  "words or dimensions, or the file is truncated",
                                  i + 1, header.words));
    }
    const std::string_view word = text.substr(at, space);
    at += space + 1;
    if (text.size() - at < row_bytes) {
      throw DataError(
          file.path, static_cast<int64_t>(text.size()),
          fmt::format("truncated: word {} of {} has {} of {} bytes", i + 1, header.words, text.size() - at, row_bytes));
    }
    if (const auto row = list.add(word)) {
      std::memcpy(vectors.data<float>() + static_cast<size_t>(*row) * dim, text.data() + at, row_bytes);
    }
    at += row_bytes;
  }
  while (at < text.size() && text[at] == '\n') ++at;
  if (wanted == header.words && at < text.size()) {
    throw DataError(file.path, static_cast<int64_t>(at),
                    fmt::format("{} bytes after the last word: its first line says {}; --first {} takes the first of "
                                "them",
                                text.size() - at, counted(header.words, "word"), header.words));
  }
  LoadedVectors loaded;
  loaded.format = VectorFormat::word2vec_binary;
  loaded.words.vocabulary = list.vocabulary();
  loaded.words.vectors = vectors.rows(0, list.size());
  loaded.warnings = list.warnings();
  check_finite(loaded.words.vectors, loaded.words.vocabulary, file.path);
  return loaded;
}

void write_binary(Sink& sink, const WordVectors& words, const std::vector<std::string>& names) {
  sink.write(fmt::format("{} {}\n", words.size(), words.dim()));
  const auto rows = std::as_bytes(words.vectors.span<float>());
  const size_t row_bytes = static_cast<size_t>(words.dim()) * sizeof(float);
  for (size_t id = 0; id < names.size(); ++id) {
    sink.write(names[id]);
    sink.write(" ");
    sink.write(rows.subspan(id * row_bytes, row_bytes));
    sink.write("\n");
  }
}

}  // namespace latent::words::detail
