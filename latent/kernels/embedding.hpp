#pragma once
// Steps of skip-gram and CBOW on a batch of windows: what several threads do to two tables without locks, and with the
// same bits for any number of them.

#include <cstdint>

namespace latent::kernels {

/// Rows of tables begin at 64 bytes: `stride` is a multiple of so many floats, and what lies behind the dimension is 0.
constexpr int64_t kEmbeddingUnit = 16;

/// Which of `parts` parts of a table a row belongs to: as good as at random, so that parts have about the same work.
inline uint32_t part_of_row(int32_t row, uint32_t parts) {
  const uint32_t spread = static_cast<uint32_t>(row) * 0x9e3779b9u;
  return static_cast<uint32_t>((uint64_t{spread} * parts) >> 32);
}

/// The rows of a table that one of `parts` threads updates. A row has one owner, which takes the windows in their
/// order: what becomes of it does not depend on who owns it.
struct RowShare {
  uint32_t part = 0, parts = 1;
  bool owns(int32_t row) const { return part_of_row(row, parts) == part; }
};

/// Windows, and the rows of the output table that each of them meets.
struct EmbeddingWindows {
  int64_t count = 0;
  int64_t stride = 0;                     ///< floats from row to row of every table; a multiple of kEmbeddingUnit
  const int32_t* first_output = nullptr;  ///< (count + 1) where in the lists below a window begins
  const int32_t* output = nullptr;        ///< rows of the output table
  const float* positive = nullptr;        ///< weight of label 1
  const float* weight = nullptr;          ///< weight of labels 0 and 1 together
  float shift = 0.0f;                     ///< taken off the products of vectors
};

/// Where the hidden vectors h of windows stand: in row[w] of the table, or in row w where there is no list.
template <class T>
struct HiddenRows {
  T* table = nullptr;
  const int32_t* row = nullptr;

  int64_t at(int64_t window) const { return row != nullptr ? row[window] : window; }
};

/// For each window in turn: f = <h, o> - shift, slope = lr (positive - weight sigmoid(f)) of all its output rows o that
/// `share` owns, as they stood before the window (lists of more than kOutputsTogether: before each so many of the
/// list); then o += slope h.
/// @param slopes  (outputs of all windows) written where the row is the share's own
/// @return the losses -positive log sigmoid(f) - (weight - positive) log sigmoid(-f) of the share's rows in every
///         kLossEvery-th window, before its update, each in whole kLossUnits: their sum is the same in any order
constexpr int64_t kOutputsTogether = 32;
constexpr int64_t kLossEvery = 16;
constexpr double kLossUnit = 0x1p-24;
double update_outputs(const EmbeddingWindows& windows, HiddenRows<const float> hidden, float lr, RowShare share,
                      float* outputs, float* slopes);

/// The gradients of hidden vectors: row w of `gradients` = sum of slope (o - slope h) over the outputs of window w, in
/// their order. update_outputs() has added slope h to o: without that term taken off again, h would grow by a factor
/// 1 + sum of slope^2 with every window.
void gather_gradients(const EmbeddingWindows& windows, const float* outputs, const float* slopes, const float* hidden,
                      float* gradients);

/// Steps of stochastic gradient: one window's hidden row with those of its output rows that lie in one part of the
/// output table. Parts are those of RowShare; the outputs of window w and part j are first_output[w * parts + j] and
/// following.
struct EmbeddingSteps {
  int64_t count = 0;
  int64_t stride = 0;                     ///< floats from row to row of both tables; a multiple of kEmbeddingUnit
  int64_t parts = 1, part = 0;            ///< parts of the output table
  const int32_t* window = nullptr;        ///< (count) numbers of windows
  const int32_t* hidden = nullptr;        ///< row of the hidden table for each window
  const int32_t* first_output = nullptr;  ///< where in the lists below the outputs of a window and part begin
  const int32_t* output = nullptr;        ///< rows of the output table
  const float* positive = nullptr;        ///< weight of label 1
  const float* weight = nullptr;          ///< weight of labels 0 and 1 together
  float shift = 0.0f;                     ///< taken off the products of vectors

  int64_t begin(int64_t step) const { return first_output[window[step] * parts + part]; }
  int64_t end(int64_t step) const { return first_output[window[step] * parts + part + 1]; }
};

/// For each step in turn, at most kOutputsOfStep of its outputs at a time: f = <h, o> - shift,
/// slope = lr (positive - weight sigmoid(f)); then h += sum of slope o, o += slope h, both with what the other one was.
/// Calls whose hidden rows and parts of the output table differ may run at the same time.
/// @return losses as update_outputs() has them, of windows whose number is a multiple of kLossEvery
constexpr int64_t kOutputsOfStep = 4;
double embedding_steps(const EmbeddingSteps& steps, float lr, float* hidden, float* outputs);

/// Windows with several input rows each.
struct EmbeddingInputs {
  int64_t count = 0;
  int64_t stride = 0;
  const int32_t* first_input = nullptr;  ///< (count + 1)
  const int32_t* input = nullptr;        ///< rows of the input table
};

/// h[w] = mean of the input rows of window w.
void mean_inputs(const EmbeddingInputs& windows, const float* inputs, float* hidden);

/// For each window in turn: every input row of it that `share` owns += dh[w], all of it, as word2vec and fastText do.
void scatter_gradients(const EmbeddingInputs& windows, const float* gradients, RowShare share, float* inputs);

}  // namespace latent::kernels
