// Which rows are most alike? Exact neighbours, an index that is asked again and again, and how much of the truth it
// finds.
//
//   $ example_nearest_neighbors
//   row 0 is most like 467, 1566, 1657
//   hnsw finds 100.0% of the true neighbours
//   50 columns, of which 5 principal components carry 99.8%

#include <latent/core/rng.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/neighbors/neighbor_index.hpp>

#include <fmt/core.h>

using latent::Tensor;

// 2,000 rows of 50 columns that depend on five hidden numbers each, and a little noise.
static Tensor make_rows() {
  constexpr int64_t kRows = 2000, kColumns = 50, kHidden = 5;
  latent::Rng rng(1);
  Tensor hidden = Tensor::empty({kRows, kHidden}), mixing = Tensor::empty({kHidden, kColumns});
  Tensor x = Tensor::empty({kRows, kColumns});
  for (Tensor* tensor : {&hidden, &mixing, &x}) rng.normal(tensor->span<float>());
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t d = 0; d < kColumns; ++d) {
      float& value = x.data<float>()[i * kColumns + d];
      value *= 0.1F;
      for (int64_t h = 0; h < kHidden; ++h) {
        value += hidden.data<float>()[i * kHidden + h] * mixing.data<float>()[h * kColumns + d];
      }
    }
  }
  return x;
}

int main() {
  const Tensor x = make_rows();

  const latent::space::Neighbors others = latent::space::nearest_others(x, 3);  // index and distance are (2000, 3)
  const auto* index = others.index.data<int64_t>();
  fmt::print("row 0 is most like {}, {}, {}\n", index[0], index[1], index[2]);

  const auto graph = latent::space::make_index(x, {.method = latent::space::IndexMethod::hnsw});
  fmt::print("hnsw finds {:.1f}% of the true neighbours\n", 100.0 * latent::space::measured_recall(*graph, x, 10));

  const latent::space::Pca pca = latent::space::fit_pca(x, {.dims = 5});
  fmt::print("{} columns, of which {} principal components carry {:.1f}%\n", x.dim(1), pca.components.dim(0),
             100.0 * pca.explained());
}
