#include <latent/words/training/embedding_table.hpp>

#include <latent/core/error.hpp>
#include <latent/kernels/embedding.hpp>

#include <sys/mman.h>

#include <cstring>
#include <new>
#include <utility>

namespace latent::words {

namespace {

// Zeros from the system. Rows are read in random order: with pages of 4 KB every second one costs a miss of the
// translation buffer (skip-gram on 40,000 words: 10% of the time).
std::shared_ptr<void> pages(size_t bytes) {
  if (bytes == 0) return nullptr;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  constexpr size_t kWorthIt = size_t{4} << 20;  // smaller ones would be rounded up to much more memory than they hold
  if (bytes >= kWorthIt) ::madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return {memory, [bytes](void* at) { ::munmap(at, bytes); }};
}

}  // namespace

int64_t EmbeddingTable::stride_of(int64_t dim) {
  return (dim + kernels::kEmbeddingUnit - 1) / kernels::kEmbeddingUnit * kernels::kEmbeddingUnit;
}

EmbeddingTable::EmbeddingTable(int64_t rows, int64_t dim) : rows_(rows), dim_(dim), stride_(stride_of(dim)) {
  LATENT_CHECK(rows >= 0 && dim >= 1, "[words] a table of rows >= 0 and dim >= 1 expected, got ({}, {})", rows, dim);
  const auto memory = pages(static_cast<size_t>(rows * stride_) * sizeof(float));
  data_ = static_cast<float*>(memory.get());
  padded_ = rows > 0 ? Tensor::view(data_, {rows, stride_}, DType::f32, memory) : Tensor::empty({0, stride_});
}

EmbeddingTable EmbeddingTable::from_padded(const Tensor& padded, int64_t dim) {
  LATENT_CHECK(padded.ndim() == 2 && padded.dim(1) == stride_of(dim) && padded.dtype() == DType::f32,
               "[words] a table (rows, {}) f32 expected, got {}", stride_of(dim), padded.shape().str());
  EmbeddingTable table(padded.dim(0), dim);
  if (table.rows_ > 0) std::memcpy(table.data_, padded.raw(), padded.nbytes());
  return table;
}

Tensor EmbeddingTable::rows_as_tensor(int64_t begin, int64_t end) const {
  LATENT_CHECK(begin >= 0 && begin <= end && end <= rows_, "[words] rows [{}, {}) of {} do not exist", begin, end,
               rows_);
  Tensor rows = Tensor::empty({end - begin, dim_});
  for (int64_t i = begin; i < end; ++i) {
    std::memcpy(rows.data<float>() + (i - begin) * dim_, data_ + i * stride_,
                static_cast<size_t>(dim_) * sizeof(float));
  }
  return rows;
}

Tensor EmbeddingTable::take() {
  for (int64_t i = 1; i < rows_; ++i) {
    std::memmove(data_ + i * dim_, data_ + i * stride_, static_cast<size_t>(dim_) * sizeof(float));
  }
  const auto owner = std::make_shared<Tensor>(std::exchange(padded_, Tensor()));
  const Tensor rows = rows_ > 0 ? Tensor::view(data_, {rows_, dim_}, DType::f32, owner) : Tensor::empty({0, dim_});
  *this = EmbeddingTable();
  return rows;
}

}  // namespace latent::words
