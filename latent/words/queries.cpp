#include <latent/words/queries.hpp>

#include <latent/core/error.hpp>
#include <latent/core/threads.hpp>
#include <latent/kernels/distance.hpp>
#include <latent/kernels/row_products.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

namespace latent::words {

namespace {

double length_of(std::span<const float> vector) {
  double squares = 0.0;
  for (const float value : vector) squares += double{value} * value;
  return std::sqrt(squares);
}

std::span<const float> row_of(const WordVectors& words, int64_t id) {
  const auto dim = static_cast<size_t>(words.dim());
  return words.vectors.span<float>().subspan(static_cast<size_t>(id) * dim, dim);
}

// The vector made of length 1; one of zeros stays.
void unit_vector(std::span<const float> vector, std::span<float> unit) {
  const double length = length_of(vector);
  for (size_t d = 0; d < vector.size(); ++d) unit[d] = length > 0.0 ? static_cast<float>(vector[d] / length) : 0.0f;
}

bool is_nearer(const NearWord& a, const NearWord& b) {
  return a.cosine != b.cosine ? a.cosine > b.cosine : a.id < b.id;
}

// Keeps the k nearest: a heap whose front is the farthest of them.
class Nearest {
 public:
  explicit Nearest(size_t k) : k_(k) {}
  void offer(NearWord word) {
    if (found_.size() == k_ && !is_nearer(word, found_.front())) return;
    if (found_.size() == k_) {
      std::ranges::pop_heap(found_, is_nearer);
      found_.pop_back();
    }
    found_.push_back(word);
    std::ranges::push_heap(found_, is_nearer);
  }
  const std::vector<NearWord>& found() const { return found_; }
  std::vector<NearWord> sorted() && {
    std::ranges::sort_heap(found_, is_nearer);
    return std::move(found_);
  }

 private:
  size_t k_;
  std::vector<NearWord> found_;
};

// Gives the memory of pages back; they are read from their file again when they are needed.
void let_go(const MappedFile& file, const float* begin, const float* end) {
  const auto mapped = std::as_bytes(std::span(begin, end));
  const std::byte* const last_byte = file.bytes().data() + file.bytes().size();
  if (mapped.data() < file.bytes().data() || mapped.data() + mapped.size() > last_byte) return;  // they are a copy
  static const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const uintptr_t first = (reinterpret_cast<uintptr_t>(begin) + page - 1) / page * page;
  const uintptr_t last = reinterpret_cast<uintptr_t>(end) / page * page;
  // The address came from the mapping; rounding took it through an integer.
  if (first < last)
    ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);  // NOLINT(performance-no-int-to-ptr)
}

void add_scaled(std::span<const float> vector, double scale, std::vector<double>& sum) {
  for (size_t d = 0; d < sum.size(); ++d) sum[d] += scale * vector[d];
}

// Adds a vector made of length 1; one of zeros adds nothing.
void add_direction(std::span<const float> vector, double sign, std::vector<double>& sum) {
  const double length = length_of(vector);
  if (length > 0.0) add_scaled(vector, sign / length, sum);
}

}  // namespace

WordQueries::WordQueries(WordVectors words) : words_(std::move(words)) {}

WordQueries::WordQueries(WordVectors words, const space::IndexOptions& index) : words_(std::move(words)) {
  // Among rows of length 1, those of least Euclidean distance have the greatest cosine, and no search asks for lengths.
  Tensor units = Tensor::empty(words_.vectors.shape());
  const auto dim = static_cast<size_t>(words_.dim());
  for (int64_t id = 0; id < words_.size(); ++id)
    unit_vector(row_of(words_, id), units.span<float>().subspan(static_cast<size_t>(id) * dim, dim));
  space::IndexOptions options = index;
  options.metric = space::Metric::euclidean;
  index_ = space::make_index(units, options);
}

std::vector<NearWord> WordQueries::indexed(std::span<const float> vector, size_t k) const {
  Tensor query = Tensor::empty({1, words_.dim()});
  unit_vector(vector, query.span<float>());
  const space::Neighbors neighbors = index_->search(query, static_cast<int64_t>(k));
  const double length = length_of(vector);
  std::vector<NearWord> found;
  for (const int64_t id : neighbors.index.span<int64_t>()) {
    const std::span<const float> row = row_of(words_, id);
    const double both = length_of(row) * length;
    const double dot = kernels::dot_product(words_.dim(), row.data(), vector.data());
    found.push_back({static_cast<int32_t>(id), both > 0.0 ? dot / both : 0.0});
  }
  std::ranges::sort(found, is_nearer);
  return found;
}

std::vector<NearWord> WordQueries::scan(std::span<const float> vector, size_t k) const {
  constexpr int64_t kRowsTogether = 512, kGrain = 1024;
  const int64_t dim = words_.dim();
  const double length = length_of(vector);
  const float* const rows = words_.vectors.data<float>();
  Nearest nearest(k);
  std::mutex mutex;
  parallel_for(words_.size(), kGrain, [&](int64_t begin, int64_t end) {
    Nearest own(k);
    std::array<float, kRowsTogether> dots{}, squares{};
    for (int64_t block = begin; block < end; block += kRowsTogether) {
      const int64_t block_end = std::min(block + kRowsTogether, end);
      kernels::row_products(block_end - block, dim, rows + block * dim, vector.data(), dots.data(), squares.data());
      for (int64_t id = block; id < block_end; ++id) {
        const auto at = static_cast<size_t>(id - block);
        const double both = std::sqrt(double{squares[at]}) * length;
        own.offer({static_cast<int32_t>(id), both > 0.0 ? dots[at] / both : 0.0});
      }
      if (words_.file) let_go(*words_.file, rows + block * dim, rows + block_end * dim);
    }
    const std::lock_guard lock(mutex);  // the nearest are the same in whatever order ranges come
    for (const NearWord& word : own.found()) nearest.offer(word);
  });
  return std::move(nearest).sorted();
}

std::vector<NearWord> WordQueries::nearest(std::span<const float> vector, int64_t k,
                                           std::span<const int32_t> left_out) const {
  LATENT_CHECK(k >= 1, "[WordQueries::nearest] k = {}", k);
  LATENT_CHECK(static_cast<int64_t>(vector.size()) == words_.dim(),
               "[WordQueries::nearest] {} dimensions in place of {}", vector.size(), words_.dim());
  const auto most = static_cast<size_t>(std::min(k + static_cast<int64_t>(left_out.size()), words_.size()));
  std::vector<NearWord> found = index_ ? indexed(vector, most) : scan(vector, most);
  std::erase_if(found, [&](const NearWord& word) { return std::ranges::find(left_out, word.id) != left_out.end(); });
  if (static_cast<int64_t>(found.size()) > k) found.resize(static_cast<size_t>(k));
  return found;
}

std::vector<NearWord> WordQueries::nearest(std::string_view word, int64_t k) const {
  const std::vector<float> vector = known_vector(words_, word);
  std::vector<int32_t> self;
  if (const auto id = words_.vocabulary.find(word)) self.push_back(*id);
  return nearest(vector, k, self);
}

std::vector<NearWord> WordQueries::analogy(std::string_view a, std::string_view b, std::string_view c,
                                           int64_t k) const {
  std::vector<double> sum(static_cast<size_t>(words_.dim()));
  std::vector<int32_t> asked;
  for (const auto& [word, sign] : {std::pair(a, -1.0), std::pair(b, 1.0), std::pair(c, 1.0)}) {
    add_direction(known_vector(words_, word), sign, sum);
    if (const auto id = words_.vocabulary.find(word)) asked.push_back(*id);
  }
  const std::vector<float> wanted(sum.begin(), sum.end());
  return nearest(wanted, k, asked);
}

std::vector<double> cosines_with_mean(const WordVectors& words, const std::vector<std::string>& group) {
  if (group.size() < 2) throw UsageError("at least two words are needed, of which one does not belong");
  std::vector<double> mean(static_cast<size_t>(words.dim()));
  std::vector<std::vector<float>> vectors;
  for (const std::string& word : group) {
    vectors.push_back(known_vector(words, word));
    add_direction(vectors.back(), 1.0, mean);
  }
  double squares = 0.0;
  for (const double value : mean) squares += value * value;
  std::vector<double> cosines;
  for (const std::vector<float>& vector : vectors) {
    double dot = 0.0;
    for (size_t d = 0; d < mean.size(); ++d) dot += mean[d] * vector[d];
    const double both = std::sqrt(squares) * length_of(vector);
    cosines.push_back(both > 0.0 ? dot / both : 0.0);
  }
  return cosines;
}

}  // namespace latent::words
