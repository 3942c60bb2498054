#include <latent/words/glove/pair_table.hpp>

#include <latent/core/error.hpp>

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>

namespace latent::words {

namespace {
constexpr size_t kFewestCells = 4096;
}  // namespace

PairTable::PairTable(int64_t memory, std::filesystem::path folder)
    : folder_(std::move(folder)),
      most_cells_(
          std::bit_floor(std::max(kFewestCells, static_cast<size_t>(std::max<int64_t>(memory, 0)) / sizeof(KeySum)))) {
  resize(kFewestCells);
}

void PairTable::resize(size_t cells) {
  std::vector<KeySum> old(cells, KeySum{kNoKey, 0});
  old.swap(cells_);
  shift_ = 64 - std::countr_zero(cells);
  for (const KeySum& cell : old) {
    if (cell.key == kNoKey) continue;
    size_t at = place(cell.key);
    while (cells_[at].key != kNoKey) at = (at + 1) & (cells - 1);
    cells_[at] = cell;
  }
}

void PairTable::make_room() {
  if (cells_.size() < most_cells_) return resize(2 * cells_.size());
  spill();
  std::fill(cells_.begin(), cells_.end(), KeySum{kNoKey, 0});
}

// The cells in use go to the front.
void PairTable::sort_cells() {
  const auto end = std::partition(cells_.begin(), cells_.end(), [](const KeySum& cell) { return cell.key != kNoKey; });
  std::sort(cells_.begin(), end, [](const KeySum& a, const KeySum& b) { return a.key < b.key; });
}

void PairTable::spill() {
  sort_cells();
  if (!file_) file_.emplace(folder_ / "pairs", Temporary::Kind::file);
  write_counts(file_->fd(), std::as_bytes(std::span(cells_).first(used_)), folder_);
  run_ends_.push_back((run_ends_.empty() ? 0 : run_ends_.back()) + used_);
  used_ = 0;
}

void PairTable::finish() {
  if (!file_) return sort_cells();
  if (used_ > 0) spill();
  cells_ = {};
  mapped_ = MappedFile::open(file_->path());
  file_.reset();  // the name goes, the mapping stays
}

std::vector<std::span<const KeySum>> PairTable::runs() const {
  if (!mapped_) return {std::span(cells_).first(used_)};
  const auto bytes = mapped_->bytes();
  const std::span all(reinterpret_cast<const KeySum*>(bytes.data()), bytes.size() / sizeof(KeySum));
  std::vector<std::span<const KeySum>> runs;
  size_t begin = 0;
  for (const size_t end : run_ends_) {
    runs.push_back(all.subspan(begin, end - begin));
    begin = end;
  }
  return runs;
}

void merge_runs(std::vector<std::span<const KeySum>> runs, const std::function<void(KeySum)>& take) {
  std::erase_if(runs, [](const auto& run) { return run.empty(); });
  const auto later = [](const auto& a, const auto& b) { return a.front().key > b.front().key; };
  std::make_heap(runs.begin(), runs.end(), later);
  KeySum at{PairTable::kNoKey, 0};
  while (!runs.empty()) {
    std::pop_heap(runs.begin(), runs.end(), later);
    const KeySum next = runs.back().front();
    runs.back() = runs.back().subspan(1);
    if (runs.back().empty()) {
      runs.pop_back();
    } else {
      std::push_heap(runs.begin(), runs.end(), later);
    }
    if (next.key == at.key) {
      at.sum += next.sum;
      continue;
    }
    if (at.key != PairTable::kNoKey) take(at);
    at = next;
  }
  if (at.key != PairTable::kNoKey) take(at);
}

void write_counts(int fd, std::span<const std::byte> bytes, const std::filesystem::path& folder) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw IoError(folder.string(), "cannot write counts of pairs of words", errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

}  // namespace latent::words
