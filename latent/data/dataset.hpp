#pragma once
// Dataset: samples of one shape, kept in their own type; only a batch is converted.

#include <latent/core/json.hpp>
#include <latent/core/rng.hpp>
#include <latent/core/tensor.hpp>
#include <latent/data/kind.hpp>
#include <latent/data/sound_options.hpp>
#include <latent/data/series_options.hpp>
#include <latent/formats/image.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latent {
enum class CsvDecimal : uint8_t;  // formats/csv.hpp
}

namespace latent::data {

/// From stored to model values, per column or for all alike: x = (stored - shift) * scale. Travels in the model.
struct Transform {
  /// Empty (identity), one value (all columns), one for each column, or of samples (C, L) and (C, H, W) one for each
  /// channel (of
  /// samples (1, H, W), which may be series, also one for each row or each column).
  std::vector<double> shift, scale;
  /// What a missing value (NaN in a table) becomes, per column, in stored units; empty if they are refused.
  std::vector<double> impute;
  /// The smallest and the largest stored value of arrays that were standardised by channel, for pictures; else empty.
  std::vector<double> range = {};

  bool identity() const { return shift.empty(); }
  /// Whether it takes values as pixels: as they are, or 255 as 1.
  bool of_pixels() const { return identity() || (shift.size() == 1 && shift[0] == 0.0 && scale[0] == 1.0 / 255.0); }
  /// The same with one shift and one scale for each value of a sample; of no or one value as it is.
  /// @param sample_shape  (D), (C, L) or (C, H, W)
  /// @throws std::invalid_argument if it fits neither the values, nor the channels, nor the columns or rows of (1, H,
  /// W)
  Transform per_value(const Shape& sample_shape) const;
  /// Model values in stored units, in double: x / scale + shift, rounded to decimals that are finer than 1e-8 / scale.
  /// @param x  (N, ...) f32   @return the same shape, f64
  /// @throws as per_value()
  Tensor inverse(const Tensor& x) const;
  Json to_json() const;
  /// @throws std::invalid_argument if the JSON is not a transform
  static Transform from_json(const Json& json);
};

/// What a dataset's stored samples occupy: bytes of memory, or of a mapped file that is read as needed.
struct Storage {
  int64_t bytes = 0;
  bool mapped = false;
};

/// A table's column in stored units; NaN where it has no values.
struct ColumnSummary {
  double min = 0.0, mean = 0.0, max = 0.0;
  int64_t missing = 0;
};

/// Samples in memory, in a mapped file, or generated. Immutable; gather() is safe from many threads.
class Dataset {
 public:
  virtual ~Dataset() = default;
  virtual int64_t size() const = 0;
  /// (C, H, W) for images, (D) for tables and flat arrays; of from_samples() any: (L) ids, (C, L), (C, D, H, W).
  virtual Shape sample_shape() const = 0;
  virtual Kind kind() const = 0;
  /// How values are stored: "u8", "f32", ...
  virtual DType stored_dtype() const = 0;
  /// Writes samples `indices` one after the other as float model values. In parallel inside.
  /// @param out  indices.size() * sample_shape().numel() floats
  /// @throws std::invalid_argument for an index outside [0, size()); DataError, naming the sample, for NaN or infinity
  ///         in an array above 1 GiB (smaller ones were checked when they were opened)
  virtual void gather(std::span<const int64_t> indices, std::span<float> out) const = 0;
  /// The same of a set whose values are drawn from what is stored (drawn_bits()), with new draws: sample i by draws
  /// from tape.fork(i). What gather() gives for other sets.
  virtual void gather_anew(std::span<const int64_t> indices, const Rng& tape, std::span<float> out) const {
    static_cast<void>(tape);
    gather(indices, out);
  }
  /// The type in which models take the samples: f32, or of sets made by from_samples() their own (i32 ids, u8).
  virtual DType value_dtype() const { return DType::f32; }
  /// As gather(), whatever the type. @param out  (indices.size(), ...) of value_dtype()
  /// @throws std::invalid_argument for another shape or type, and as gather(), which throws it for what is not f32
  virtual void gather_values(std::span<const int64_t> indices, Tensor& out) const;
  /// Writes the same samples in the units in which they are stored, in double and in the order of gather(); a missing
  /// value is NaN. False, and nothing is written, for sets that store no samples: generated or changed ones.
  /// @param out  indices.size() * sample_shape().numel() doubles
  /// @throws std::invalid_argument for an index outside [0, size())
  virtual bool gather_stored(std::span<const int64_t> indices, std::span<double> out) const;
  /// Whether model values are centred and scaled by column or channel, not pixels in [0, 1].
  virtual bool is_standardised() const { return false; }

  /// One class number for each sample in [0, class_names().size()), or empty.
  virtual std::span<const int64_t> labels() const { return {}; }
  virtual std::span<const std::string> class_names() const { return {}; }
  /// Column names of a table, or empty.
  virtual std::span<const std::string> column_names() const { return {}; }
  /// Known factors of variation (generated sets): names, and (size) values of factor `f`; empty otherwise.
  virtual std::span<const std::string> factor_names() const { return {}; }
  /// @throws std::invalid_argument for an `f` outside [0, factor_names().size())
  virtual std::vector<double> factor(int64_t f) const;
  /// One for each of column_names(), over all samples; computed at each call. Empty where there are no columns.
  virtual std::vector<ColumnSummary> column_summaries() const { return {}; }
  virtual Storage storage() const { return {}; }
  /// What sample `i` is called where it came from: a picture's file, relative to the folder that was opened. Empty
  /// where samples have no names; then none has one.
  virtual std::string sample_name(int64_t i) const;
  virtual bool has_sample_names() const { return false; }
  /// The number of sample `i` in the whole data that open() found: its training part from 0 on, then its test part, as
  /// `Split::all` numbers them. Kept by subset(), all_but() and select(), whatever part a set is.
  virtual int64_t source_index(int64_t i) const { return i; }
  /// The parts of samples that overlap in time, so that none shares values with one of the other part; nothing where
  /// samples stand for themselves and are held out at random. @param held_out  the fraction of time, in (0, 1)
  virtual std::optional<TimeSplit> split_in_time(double held_out) const {
    static_cast<void>(held_out);
    return {};
  }

  /// gather_stored() of samples [begin, end) as a tensor of f64; undefined where it is false.
  Tensor stored_range(int64_t begin, int64_t end) const;
  /// Convenience: gather_values() into a new tensor (indices.size(), ...) of value_dtype().
  Tensor batch(std::span<const int64_t> indices) const;
  /// Samples [begin, end) as a tensor.
  Tensor range(int64_t begin, int64_t end) const;
};

/// The samples of another set, whose source_index() is larger by `offset`.
std::shared_ptr<const Dataset> numbered_from(std::shared_ptr<const Dataset> base, int64_t offset);

/// Some samples of another set, in a given order. @throws std::invalid_argument for an index outside [0, base->size())
std::shared_ptr<const Dataset> subset(std::shared_ptr<const Dataset> base, std::vector<int64_t> indices);

/// The samples of another set with every model value made 0 or 1: 1 above the threshold.
/// @throws std::invalid_argument for a table, or a threshold that is not finite
std::shared_ptr<const Dataset> binarized(std::shared_ptr<const Dataset> base, double threshold);

/// What bits that are drawn from grey levels are for one who trains.
enum class DrawnBits : uint8_t {
  fixed,   ///< drawn once
  dynamic  ///< drawn anew in each epoch of training; everywhere else as `fixed`
};
std::string_view name_of(DrawnBits bits);
/// "fixed" or "dynamic". @throws std::invalid_argument for others, with the nearest valid one
DrawnBits drawn_bits_from(std::string_view name);
/// The samples of another set with every value 0 or 1, drawn with the value itself as the probability of 1. gather()
/// gives each sample the same bits whenever it is read, by `seed` and its number alone; gather_anew() gives others if
/// `bits` is dynamic. Source: Salakhutdinov & Murray 2008, "On the quantitative analysis of deep belief networks"
/// (fixed); Burda et al. 2016, arXiv:1509.00519 (dynamic).
/// @throws std::invalid_argument for a table, or standardised values, which are no probabilities
std::shared_ptr<const Dataset> drawn_bits(std::shared_ptr<const Dataset> base, DrawnBits bits, uint64_t seed);

/// The samples of another set that are not left out, in its order.
/// @param left_out  indices, ascending and distinct; memory grows with them, not with the set
/// @throws std::invalid_argument for other indices, or one outside [0, base->size())
std::shared_ptr<const Dataset> all_but(std::shared_ptr<const Dataset> base, std::vector<int64_t> left_out);

/// A dataset over an array. @param x (N, D), (N, H, W) or (N, C, H, W), any type but bf16; memory is shared, not copied
/// @param transform  applied as it is: of no, one or D values
/// @param labels  N class numbers, or empty; without class names they are called by their numbers
/// @throws std::invalid_argument for other shapes and for labels out of range; DataError for NaN or infinity (NaN is a
///         missing value where transform.impute says what becomes of it)
std::shared_ptr<const Dataset> from_tensor(const Tensor& x, const Kind& kind, Transform transform,
                                           std::vector<int64_t> labels = {}, std::vector<std::string> class_names = {},
                                           std::vector<std::string> column_names = {});

/// Samples as they are, of any rank, for models that take them so: f32 values, i32 ids or u8 symbols. Nothing is scaled
/// or standardised; the kind is `array`.
/// @param x  (N, ...), at least one dimension beside N; f32, i32 or u8; memory is shared, not copied
/// @param labels  as for from_tensor()
/// @throws std::invalid_argument for other shapes, types and labels; DataError for NaN or infinity
std::shared_ptr<const Dataset> from_samples(const Tensor& x, std::vector<int64_t> labels = {},
                                            std::vector<std::string> class_names = {});

struct OpenOptions;

/// What open() found at a path: a training part, and a test part where the source has one of its own.
struct Source {
  std::string name;    ///< "fashion-mnist", or the path as given
  std::string format;  ///< "idx", "npy", "npz", "csv", "image", "image folder", "cifar", "shapes", "ts", "sound",
                       ///< "sound folder"
  std::shared_ptr<const Dataset> train;
  std::shared_ptr<const Dataset> test;  ///< null where the source has no test part
  Transform transform;                  ///< as applied to both
  /// How it was read, where the data does not say it by itself ("the first row ... was taken for the header", "...,
  /// laid on white"), and what a user may not have meant ("skipped 2 files: ..."). Sentences without a full stop.
  std::vector<std::string> notes = {}, warnings = {};
  /// The grey that transparent pixels were laid on; nothing where no picture has any.
  std::optional<uint8_t> background = {};
  std::vector<std::string> dropped = {};   ///< names of the columns that OpenOptions::drop named
  std::optional<SoundOptions> sound = {};  ///< of sounds: how they were read, all decided
  /// Of rows in time: the column of time, and the usual seconds from one row to the next; empty and 0 without.
  std::string time_column = {};
  double step_seconds = 0.0;
  /// What open() was called with; empty for a source that was made in memory.
  std::string path = {};
  std::shared_ptr<const OpenOptions> opened = {};
};

/// Which row of a table holds the names of its columns.
enum class Header : uint8_t {
  automatic,  ///< the first one, if it looks like names rather than a sample; numbers may be names (see read_csv())
  yes,        ///< the first one, whatever it holds
  no,         ///< none: columns are called "column_0", ...
  texts       ///< as automatic, but numbers are never names: what models trained before version 0.2 mean
};

struct OpenOptions {
  std::optional<std::pair<int64_t, int64_t>> size = {};  ///< height and width that images are resized to
  Fit fit = Fit::crop;                                   ///< how images of other proportions are brought to `size`
  bool grayscale = false;                                ///< convert images to one channel
  /// The grey (0 black, 255 white) that transparent pixels of pictures are laid on. Without one: white, or black if
  /// what is seen of the pictures is light.
  std::optional<uint8_t> background = {};
  /// Whether pictures are turned as their orientation says, and keep 16 bits. Without, as earlier versions read them.
  bool follow_orientation = true, keep_16_bits = true;
  /// Whether the parts of folders, and what archives hold, are found by all their usual names. Without, as earlier
  /// versions found them: folders `train` and `test`, few names of arrays.
  bool usual_names = true;
  std::string label_column = {};      ///< name or number of a table's label column; empty for none
  Header header = Header::automatic;  ///< header of a table
  /// How the numbers of a table are written; nothing: as its first rows tell.
  std::optional<CsvDecimal> decimal = {};
  /// Columns of a table that are left out, by name or number (from 0, or from the end if negative; of the file as it
  /// is). Where a model's columns are given (below), names that the table lacks are fine.
  std::vector<std::string> drop = {};
  /// What u8 arrays (N, D) hold: pixels (0 ... 255 become [0, 1]) or numbers, which are standardised like others.
  enum class Bytes : uint8_t { pixels, numbers } bytes = Bytes::pixels;
  /// Missing values (empty cells of a table, NaN in a floating array of samples): refused, or replaced by the training
  /// mean.
  enum class Missing : uint8_t { refuse, impute } missing = Missing::refuse;
  SoundOptions sound = {};  ///< how sounds become samples
  /// How rows in time and arrays of series become windows.
  SeriesOptions series = {};
  /// Makes every value 0 or 1, as binarized() does, once it is a model value: 0.5 for pixels.
  std::optional<double> binarize = {};
  /// Makes every value 0 or 1 by a draw, as drawn_bits() does. Not together with `binarize`.
  std::optional<DrawnBits> drawn_bits = {};
  /// Applied instead of one that is derived from the data: pass a trained model's, so that new data means the same.
  /// A transform per column is applied as it is. One for all columns (or none) says that the model knows values as
  /// pixels: those are scaled by the type in which the new data stores them (u8 / 255, floats as they are).
  std::optional<Transform> transform = {};
  /// The columns that a trained model knows, in its order: those of a table are put into it by their names. A table
  /// without a header goes by position, and so do names that are none ("column_0", ...).
  std::vector<std::string> column_names = {};
  /// The classes that a trained model knows, in the order of their numbers: labels get these numbers by their names,
  /// and classes that it does not know get the numbers that follow. Where the data calls its classes by numbers alone
  /// and the model by names, they are the model's numbers.
  std::vector<std::string> class_names = {};
  /// The part of the samples that select() will hold out, and its seed: standardisation does not look at them where the
  /// source has no test part of its own. Call select() with the same two values.
  double held_out = 0.0;
  uint64_t seed = 0;
};

/// Opens a known set by name ("fashion-mnist", "shapes", "shapes:20000") or data by path; the format is recognised by
/// content. A known name wins over a file so called ("./shapes" means the file).
/// Images become [0, 1] (u8 / 255, bool as it is); u8 and bool arrays likewise; tables and arrays of samples (N, D) in
/// other types are standardised by training statistics (of at most 100,000 random rows). Pictures of 16 bits become
/// floats with all their levels; they are turned as their orientation says, and transparent pixels are laid on a
/// background. Sounds (WAV, FLAC, OGG, AIFF) become levels in [0, 1] or waves, see SoundOptions. Arrays are images if
/// they are (N, H, W), (N, C, H, W) or (N, H, W, C) with C = 1, 3 or 4. Floating images in [0, 1] are taken as they
/// are; others, and integers beyond 0 ... 255, are standardised by channel: those of a series (N, T, C) or (N, C, T)
/// whose C is at most half of T are its C. A first column of a table without a name whose cells only number or name the
/// rows is no data, and neither are the columns by which results name their samples
/// ("data_index" and "file", last or before the class).
/// @throws DataError for data that cannot be used, or has other columns than options.column_names; IoError for what
///         cannot be read; std::invalid_argument for options that do not fit the data or an unknown name (with the
///         nearest valid one)
Source open(const std::string& path_or_name, const OpenOptions& options = {});
/// Whether open() takes this for a known set's name rather than a path.
bool is_known_set(std::string_view path_or_name);

enum class Split : uint8_t { train, validation, test, all };
/// "train", "validation", "test" or "all". @throws std::invalid_argument for others
Split split_from(std::string_view name);
std::string_view name_of(Split split);

/// The part of a source that a split names:
///   train       the training part, without what is held out of it
///   validation  `held_out` (a fraction) of the training part, drawn by `seed`
///   test        the source's own test part
///   all         the training part followed by the test part
/// @param held_out  in [0, 1); with 0 there is no validation part
/// @throws std::invalid_argument if there is no such part
std::shared_ptr<const Dataset> select(const Source& source, Split split, double held_out, uint64_t seed);

}  // namespace latent::data
