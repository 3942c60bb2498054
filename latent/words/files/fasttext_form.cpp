// fastText's .bin, as fastText 0.9.2 writes it (Args::save, Dictionary::save, DenseMatrix::save):
//   i32 793712314, i32 version
//   i32 dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn, lrUpdateRate; f64 t
//   i32 entries, words, labels; i64 tokens, pruned; entries of (text, 0, i64 count, i8 kind)
//   u8 quantised; i64 rows, columns; f32 values: of words, then of buckets
//   u8 quantised; i64 rows, columns; f32 values: of the other layer

#include <latent/core/detail/json_value.hpp>
#include <latent/core/text.hpp>
#include <latent/formats/detail/bytes.hpp>
#include <latent/text/tokenizer.hpp>
#include <latent/words/files/detail/forms.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace latent::words::detail {

namespace {

constexpr int32_t kMagic = 793712314, kVersion = 12, kOldestVersion = 11;
constexpr int kHierarchicalSoftmax = 1, kNegativeSampling = 2, kCbow = 1, kSkipgram = 2, kSupervised = 3;

// Reads values one after the other, as far as there are any.
class Cursor {
 public:
  explicit Cursor(const FileView& file) : file_(file) {}
  size_t at() const { return at_; }
  size_t left() const { return file_.bytes.size() - at_; }

  template <class T>
  T take(const char* what) {
    need(sizeof(T), what);
    const T value = latent::detail::load_little<T>(file_.bytes.data() + at_);
    at_ += sizeof(T);
    return value;
  }
  std::string_view take_word() {
    const std::string_view text = file_.text().substr(at_);
    const size_t end = text.substr(0, 4 * text::kLongestWord).find('\0');
    if (end == std::string_view::npos) fail("no end of a word");
    at_ += end + 1;
    return text.substr(0, end);
  }
  std::span<const std::byte> take_bytes(uint64_t count, const char* what) {
    need(count, what);
    at_ += count;
    return file_.bytes.subspan(at_ - count, count);
  }
  [[noreturn]] void fail(const std::string& reason) const {
    throw DataError(file_.path, static_cast<int64_t>(at_), reason);
  }

 private:
  void need(uint64_t count, const char* what) const {
    if (count > left()) fail(fmt::format("truncated: {} takes {} bytes, {} are left", what, count, left()));
  }
  const FileView& file_;
  size_t at_ = 0;
};

struct Args {
  int32_t dim, ws, epoch, min_count, neg, word_ngrams, loss, model, bucket, minn, maxn, lr_update_rate;
  double t;
};

Args read_args(Cursor& cursor, const std::string& path) {
  cursor.take<int32_t>("the mark");
  const auto version = cursor.take<int32_t>("the version");
  if (version < kOldestVersion || version > kVersion) {
    throw DataError(path,
                    fmt::format("fastText's form {} is not known ({} and {} are)", version, kOldestVersion, kVersion));
  }
  Args args{};
  for (int32_t* field : {&args.dim, &args.ws, &args.epoch, &args.min_count, &args.neg, &args.word_ngrams, &args.loss,
                         &args.model, &args.bucket, &args.minn, &args.maxn, &args.lr_update_rate}) {
    *field = cursor.take<int32_t>("a setting");
  }
  args.t = cursor.take<double>("a setting");
  if (args.model == kSupervised) {
    throw DataError(path,
                    "a supervised model of fastText, which tells classes of texts: its vectors are not those of "
                    "skip-gram or CBOW; fasttext print-word-vectors gives them as text");
  }
  if (args.model != kCbow && args.model != kSkipgram)
    throw DataError(path, fmt::format("model {} of fastText is not known", args.model));
  if (args.dim < 1 || args.bucket < 0 || args.minn < 0 || args.maxn < 0 || (args.maxn > 0 && args.minn > args.maxn)) {
    throw DataError(path, fmt::format("settings out of range: dim {}, bucket {}, minn {}, maxn {}", args.dim,
                                      args.bucket, args.minn, args.maxn));
  }
  return args;
}

struct Dictionary {
  WordList words;
  std::vector<int64_t> rows;  // of the input matrix, for each word that was kept
  int64_t entries = 0;
};

Dictionary read_dictionary(Cursor& cursor, int64_t first) {
  const auto entries = cursor.take<int32_t>("the number of words"), words = cursor.take<int32_t>("the number of words");
  const auto labels = cursor.take<int32_t>("the number of labels");
  cursor.take<int64_t>("the number of tokens");
  const auto pruned = cursor.take<int64_t>("the size of the pruned index");
  if (labels != 0 || pruned > 0) cursor.fail("labels, or a pruned dictionary: a supervised or quantised model");
  constexpr size_t kLeastEntryBytes = 10;
  if (entries < 0 || entries != words || static_cast<size_t>(entries) > cursor.left() / kLeastEntryBytes) {
    cursor.fail(fmt::format("{} entries with {} words do not fit into the file", entries, words));
  }
  Dictionary dictionary;
  dictionary.entries = entries;
  for (int32_t i = 0; i < entries; ++i) {
    const std::string_view word = cursor.take_word();
    const auto count = cursor.take<int64_t>("a count");
    if (cursor.take<int8_t>("a kind") != 0) cursor.fail("a label in place of a word");
    if (count < 0) cursor.fail(fmt::format("a count of {}", count));
    if (first > 0 && i >= first) continue;
    if (dictionary.words.add(word, count)) dictionary.rows.push_back(i);
  }
  return dictionary;
}

struct Matrix {
  std::span<const std::byte> bytes;
  int64_t rows = 0;
};

Matrix read_matrix(Cursor& cursor, int64_t columns, const char* what) {
  if (cursor.take<uint8_t>("a mark") != 0) cursor.fail("a quantised model: only full ones can be read");
  const auto m = cursor.take<int64_t>("a size"), n = cursor.take<int64_t>("a size");
  if (n != columns) cursor.fail(fmt::format("{} has {} columns, but the settings say {}", what, n, columns));
  const auto row_bytes = static_cast<uint64_t>(columns) * sizeof(float);
  if (m < 0 || static_cast<uint64_t>(m) > cursor.left() / row_bytes) {
    cursor.fail(fmt::format("truncated: {} of {} rows of {} values, but {} bytes are left", what, m, n, cursor.left()));
  }
  return {cursor.take_bytes(static_cast<uint64_t>(m) * row_bytes, what), m};
}

Tensor rows_of(const Matrix& matrix, int64_t begin, int64_t count, int64_t dim) {
  Tensor rows = Tensor::empty({count, dim});
  if (count > 0) std::memcpy(rows.raw(), matrix.bytes.data() + begin * dim * int64_t{sizeof(float)}, rows.nbytes());
  return rows;
}

Tensor chosen_rows(const Matrix& matrix, const std::vector<int64_t>& chosen, int64_t dim) {
  Tensor rows = Tensor::empty({static_cast<int64_t>(chosen.size()), dim});
  const size_t row_bytes = static_cast<size_t>(dim) * sizeof(float);
  for (size_t i = 0; i < chosen.size(); ++i) {
    std::memcpy(rows.data<float>() + i * static_cast<size_t>(dim),
                matrix.bytes.data() + static_cast<size_t>(chosen[i]) * row_bytes, row_bytes);
  }
  return rows;
}

nlohmann::json training_of(const Args& args) {
  return {{"method", args.model == kCbow ? "cbow" : "skipgram"},
          {"window", args.ws},
          {"epochs", args.epoch},
          {"min_count", args.min_count},
          {"negative", args.loss == kHierarchicalSoftmax ? 0 : args.neg},
          {"hierarchical_softmax", args.loss == kHierarchicalSoftmax},
          {"sample", args.t},
          {"min_n", args.maxn > 0 ? args.minn : 0},
          {"max_n", args.maxn},
          {"buckets", args.maxn > 0 ? args.bucket : 0},
          {"by", "fasttext"}};
}

}  // namespace

bool is_fasttext(std::span<const std::byte> bytes) {
  return bytes.size() >= sizeof(kMagic) && latent::detail::load_little<int32_t>(bytes.data()) == kMagic;
}

LoadedVectors read_fasttext(const FileView& file, const ReadVectorsOptions& options) {
  Cursor cursor(file);
  const Args args = read_args(cursor, file.path);
  const Dictionary dictionary = read_dictionary(cursor, options.first);
  const Matrix input = read_matrix(cursor, args.dim, "the matrix of words");
  const int64_t buckets = args.maxn > 0 ? args.bucket : 0;
  if (input.rows != dictionary.entries + args.bucket && input.rows != dictionary.entries + buckets) {
    cursor.fail(fmt::format("{} rows for {} words and {} buckets", input.rows, dictionary.entries, args.bucket));
  }
  const Matrix output = read_matrix(cursor, args.dim, "the matrix of the other layer");
  if (dictionary.words.size() == 0) throw DataError(file.path, "no words");

  LoadedVectors loaded;
  loaded.format = VectorFormat::fasttext;
  loaded.words.vocabulary = dictionary.words.vocabulary();
  loaded.warnings = dictionary.words.warnings();
  const Tensor own = chosen_rows(input, dictionary.rows, args.dim);
  check_finite(own, loaded.words.vocabulary, file.path);
  if (buckets > 0) {
    loaded.words.ngrams =
        Ngrams{std::max(args.minn, 1), args.maxn, rows_of(input, dictionary.entries, buckets, args.dim), own};
    loaded.words.vectors = compose_vectors(loaded.words.vocabulary, *loaded.words.ngrams);
    check_finite(loaded.words.vectors, loaded.words.vocabulary, file.path);
  } else {
    loaded.words.vectors = own;
  }
  const bool is_whole = loaded.words.size() == dictionary.entries;
  if (output.rows == dictionary.entries && (args.loss == kNegativeSampling || is_whole)) {
    // Row i of hierarchical softmax belongs to a node of the tree, of which there is one fewer than words.
    loaded.words.output = args.loss == kHierarchicalSoftmax ? rows_of(output, 0, output.rows - 1, args.dim)
                                                            : chosen_rows(output, dictionary.rows, args.dim);
  }
  loaded.words.training = training_of(args);
  return loaded;
}

namespace {

template <class T>
void put(Sink& sink, T value) {
  sink.write(std::as_bytes(std::span(&value, 1)));
}

// The matrix's size and rows; zeros where `rows` is undefined or has fewer than `count`.
void put_rows(Sink& sink, const Tensor& rows, int64_t count, int64_t dim) {
  if (rows.defined()) sink.write(std::as_bytes(rows.span<float>()));
  const std::vector<float> zeros(static_cast<size_t>(dim));
  for (int64_t row = rows.defined() ? rows.dim(0) : 0; row < count; ++row) sink.write(std::as_bytes(std::span(zeros)));
}

int32_t setting(const WordVectors& words, const char* key, int32_t otherwise) {
  const auto found = words.training->find(key);
  return found != words.training->end() && found->is_number() ? found->get<int32_t>() : otherwise;
}

}  // namespace

void write_fasttext(Sink& sink, const WordVectors& words, const std::vector<std::string>& names) {
  const int64_t dim = words.dim(), size = words.size();
  const nlohmann::json& training = *words.training;
  const bool is_hierarchical = training.contains("hierarchical_softmax") && training["hierarchical_softmax"] == true;
  const bool is_cbow = training.contains("method") && training["method"] == "cbow";
  const int64_t buckets = words.ngrams ? words.ngrams->buckets() : 0;
  put(sink, kMagic);
  put(sink, kVersion);
  const std::array<int32_t, 12> settings = {static_cast<int32_t>(dim),
                                            setting(words, "window", 5),
                                            setting(words, "epochs", 5),
                                            setting(words, "min_count", 1),
                                            std::max(setting(words, "negative", 5), 1),
                                            1,
                                            is_hierarchical ? kHierarchicalSoftmax : kNegativeSampling,
                                            is_cbow ? kCbow : kSkipgram,
                                            static_cast<int32_t>(buckets),
                                            words.ngrams ? words.ngrams->min_n : 0,
                                            words.ngrams ? words.ngrams->max_n : 0,
                                            100};
  for (const int32_t value : settings) put(sink, value);
  put(sink, training.contains("sample") && training["sample"].is_number() ? training["sample"].get<double>() : 1e-4);

  // fastText draws negatives by counts, and fails on zeros: ranks stand in for those that are not known.
  const bool has_counts = words.vocabulary.total() > 0;
  const auto count_of = [&](int64_t id) { return has_counts ? words.vocabulary.count(id) : size - id; };
  int64_t tokens = 0;
  for (int64_t id = 0; id < size; ++id) tokens += count_of(id);
  put(sink, static_cast<int32_t>(size));
  put(sink, static_cast<int32_t>(size));
  put(sink, int32_t{0});
  put(sink, tokens);
  put(sink, int64_t{-1});
  for (int64_t id = 0; id < size; ++id) {
    sink.write(names[static_cast<size_t>(id)]);
    put(sink, '\0');
    put(sink, count_of(id));
    put(sink, int8_t{0});
  }
  put(sink, uint8_t{0});
  put(sink, size + buckets);
  put(sink, dim);
  put_rows(sink, words.ngrams ? words.ngrams->word_rows : words.vectors, size, dim);
  if (words.ngrams) put_rows(sink, words.ngrams->rows, buckets, dim);
  put(sink, uint8_t{0});
  put(sink, size);
  put(sink, dim);
  put_rows(sink, words.output, size, dim);
}

}  // namespace latent::words::detail
