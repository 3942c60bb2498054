#include <latent/data/data_facts.hpp>

#include <latent/core/shuffle.hpp>
#include <latent/data/column_kinds.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace latent::data {

namespace {

class Facts final : public DataFacts {
 public:
  explicit Facts(std::shared_ptr<const Dataset> training) : training_(std::move(training)) {}

  Tensor draw(int64_t n, Rng& rng) const override {
    LATENT_CHECK(n >= 1, "[data] at least 1 sample to draw, got {}", n);
    // A random order of all of them, begun again where more are asked for than there are.
    const Shuffle order(training_->size(), rng.fork(rng.below(std::numeric_limits<uint64_t>::max())));
    std::vector<int64_t> indices(static_cast<size_t>(std::min(n, training_->size())));
    order.read(0, indices);
    while (static_cast<int64_t>(indices.size()) < n) {
      indices.push_back(indices[indices.size() - static_cast<size_t>(training_->size())]);
    }
    return training_->batch(indices);
  }

  std::vector<TableColumn> columns() const override { return column_kinds(*training_); }

 private:
  std::shared_ptr<const Dataset> training_;
};

}  // namespace

std::unique_ptr<DataFacts> facts_of(std::shared_ptr<const Dataset> training) {
  LATENT_CHECK(training != nullptr && training->size() > 0, "[data] a training set with samples expected");
  return std::make_unique<Facts>(std::move(training));
}

}  // namespace latent::data
