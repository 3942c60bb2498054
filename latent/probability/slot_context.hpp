#pragma once
// What a choice of a slot is made from besides its own settings.

#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>
#include <latent/probability/table_columns.hpp>

#include <string_view>
#include <vector>

namespace latent {

/// Facts of the training data that a choice may start from. Each is computed when it is asked for.
class DataFacts {
 public:
  virtual ~DataFacts() = default;
  /// (n, ...) f32, random samples; different ones where there are so many.
  virtual Tensor draw(int64_t n, Rng& rng) const = 0;
  /// The kind of likelihood that each value of a sample calls for.
  virtual std::vector<TableColumn> columns() const = 0;
};

/// The model around a slot.
struct SlotContext {
  Shape data_shape;                 ///< (D) or (C, H, W); without dimensions where it is not known yet
  int64_t features = 0;             ///< width of the encoder's output: what a posterior takes
  int64_t latent_dim = 0;           ///< dimensions of a code
  Rng& rng;                         ///< random numbers of initial weights: a tape for this slot alone
  const DataFacts* data = nullptr;  ///< null where a model is rebuilt from a file, which has its weights and settings
  int64_t max_elements = int64_t{1} << 31;  ///< that the weights of a model may have together

  /// Before weights are allocated whose number follows from settings.
  /// @throws std::invalid_argument if `elements` is above max_elements
  void check_elements(std::string_view what, double elements) const;
};

}  // namespace latent
