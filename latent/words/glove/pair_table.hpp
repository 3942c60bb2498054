#pragma once
// Sums of keys that may be too many for memory: a hash table that writes sorted runs to disk when it is full.

#include <latent/formats/file.hpp>
#include <latent/formats/temporary.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace latent::words {

/// One key's sum.
struct KeySum {
  uint64_t key = 0, sum = 0;
};

/// Not for two threads at a time.
class PairTable {
 public:
  static constexpr uint64_t kNoKey = UINT64_MAX;

  /// @param memory  bytes that the table may take; at least 64 KB are taken   @param folder  where runs stand
  PairTable(int64_t memory, std::filesystem::path folder);

  /// @param key  below kNoKey   @throws IoError if a run cannot be written
  void add(uint64_t key, uint64_t amount) {
    size_t at = place(key);
    while (cells_[at].key != key) {
      if (cells_[at].key == kNoKey) {
        if (used_ >= most_used()) {
          make_room();
          at = place(key);
          continue;
        }
        cells_[at].key = key;
        ++used_;
        break;
      }
      at = (at + 1) & (cells_.size() - 1);
    }
    cells_[at].sum += amount;
  }

  /// Sorts what is left, after which nothing may be added. What is in memory stays there.
  /// @throws IoError
  void finish();
  /// Sorted runs, each key once in a run. Valid as long as the table lives.
  std::vector<std::span<const KeySum>> runs() const;
  int64_t runs_on_disk() const { return static_cast<int64_t>(run_ends_.size()); }

 private:
  size_t place(uint64_t key) const { return (key * 0x9e3779b97f4a7c15u) >> shift_; }
  size_t most_used() const { return cells_.size() / 4 * 3; }
  void make_room();
  void resize(size_t cells);
  void sort_cells();
  void spill();

  std::filesystem::path folder_;
  size_t most_cells_;
  std::vector<KeySum> cells_;
  size_t used_ = 0;
  int shift_ = 0;
  std::optional<Temporary> file_;
  std::vector<size_t> run_ends_;  // in KeySums
  std::shared_ptr<const MappedFile> mapped_;
};

/// Calls `take` with each key of the runs once, ascending, with the sum of its sums.
void merge_runs(std::vector<std::span<const KeySum>> runs, const std::function<void(KeySum)>& take);

/// Writes all of `bytes`. @throws IoError naming `folder`
void write_counts(int fd, std::span<const std::byte> bytes, const std::filesystem::path& folder);

}  // namespace latent::words
