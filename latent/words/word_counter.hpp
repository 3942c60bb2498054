#pragma once
// Counts of words, in a table with open addressing over their bytes.

#include <cstdint>
#include <string_view>
#include <vector>

namespace latent::words {

/// How often words were met. Of one thread at a time.
class WordCounter {
 public:
  /// @param count  at least 0
  void add(std::string_view word, int64_t count = 1);
  void add_all(const WordCounter& other);
  /// Forgets words that were met less than `least` times.
  void drop_below(int64_t least);
  void clear();

  int64_t size() const { return static_cast<int64_t>(entries_.size()); }
  /// Bytes of memory that are in use, counted so that they depend on the words alone.
  int64_t memory() const;
  /// Word i in the order in which they came. @param i  in [0, size())
  std::string_view word(int64_t i) const;
  int64_t count(int64_t i) const { return entries_[static_cast<size_t>(i)].count; }

 private:
  struct Entry {
    uint64_t begin = 0;
    uint32_t size = 0;
    uint32_t tag = 0;  ///< the high half of the hash
    int64_t count = 0;
  };
  struct Slot {
    uint32_t tag = 0;
    uint32_t entry = 0;  ///< plus one; 0: free
  };
  std::string_view word_of(const Entry& entry) const;
  void grow();

  std::vector<Slot> slots_;
  std::vector<Entry> entries_;
  std::vector<char> bytes_;
};

}  // namespace latent::words
