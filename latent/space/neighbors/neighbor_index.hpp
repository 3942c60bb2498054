#pragma once
// An index of rows that is asked again and again: exact, or approximate by hnswlib.

#include <latent/space/neighbors/neighbors.hpp>

#include <memory>

namespace latent::space {

enum class IndexMethod : uint8_t {
  exact,  ///< nearest()
  hnsw    ///< hierarchical navigable small worlds (Malkov & Yashunin 2018, arXiv:1603.09320), by hnswlib
};
/// "exact" or "hnsw". @throws std::invalid_argument for others, with the nearest
IndexMethod index_method_from(std::string_view name);
std::string_view name_of(IndexMethod method);

/// What an index that chooses its own effort aims at.
constexpr double kWantedRecall = 0.97;

struct IndexOptions {
  IndexMethod method = IndexMethod::exact;
  Metric metric = Metric::euclidean;
  int64_t links = 16;          ///< M of the paper, 2 to 1000: more find more, and take more memory
  int64_t build_effort = 200;  ///< efConstruction, 1 to 100000
  /// ef, 1 to 100000; never less than k. 0: the least power of two from 32 on that finds kWantedRecall of the 10
  /// nearest of 200 rows of the base, and in proportion more where more than 10 are asked for
  int64_t search_effort = 0;
  uint64_t seed = 0;  ///< seed of the levels of the graph
};

/// Immutable; search() is safe from many threads.
class NeighborIndex {
 public:
  virtual ~NeighborIndex() = default;
  virtual int64_t size() const = 0;
  /// As they were asked for, but that an effort of 0 is the one chosen.
  virtual const IndexOptions& options() const = 0;
  /// As nearest(queries, base, k, metric); an approximate index may miss some neighbours, but the distances of those it
  /// finds are exact. In parallel over queries.
  /// @throws std::invalid_argument as nearest()
  virtual Neighbors search(const Tensor& queries, int64_t k) const = 0;
};

/// Indexes the rows of `base`; an exact index keeps the tensor, an approximate one a copy of its values beside it. The
/// graph of hnsw is built by one thread, because its shape depends on the order in which rows enter: the same rows and
/// seed give the same graph, and the same answers, at any number of threads.
/// @param base (N, D) f32, finite, N >= 1
/// @throws std::invalid_argument for other shapes or options out of range
std::unique_ptr<NeighborIndex> make_index(const Tensor& base, const IndexOptions& options = {});

/// The share of the exact neighbours that were found, over all queries (recall@k). A row counts as found, too, if it is
/// another one at no greater distance than the exact k-th.
/// @throws std::invalid_argument if the shapes differ
double recall(const Neighbors& found, const Neighbors& exact);

/// recall() of an index on `count` rows of its own base, evenly spaced, each without itself.
/// @throws std::invalid_argument for count < 1, k < 1, or k above the number of other rows
double measured_recall(const NeighborIndex& index, const Tensor& base, int64_t k, int64_t count = 200);

}  // namespace latent::space
