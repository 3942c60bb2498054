#pragma once
// Maps of samples: where their codes (or their values) lie, on a plane or in a space of three dimensions.

#include <latent/report/pictures.hpp>
#include <latent/run/codes.hpp>
#include <latent/run/results/result_file.hpp>
#include <latent/run/run_data.hpp>
#include <latent/space/linear/pca.hpp>
#include <latent/space/maps/tsne.hpp>
#include <latent/space/maps/umap.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace latent {

enum class MapMethod : uint8_t { pca, tsne, umap };
/// "pca", "tsne" or "umap". @throws std::invalid_argument for others, with the nearest
MapMethod map_method_from(std::string_view name);
std::string_view name_of(MapMethod method);

struct MapOptions {
  MapMethod method = MapMethod::umap;
  int64_t dims = 2;                                 ///< 2 or 3
  space::Metric metric = space::Metric::euclidean;  ///< tsne, umap: by which they look for neighbours
  std::optional<int64_t> epochs = {};               ///< tsne, umap: steps; empty: as many as the method takes
  std::optional<space::TsneInit> tsne_init = {};    ///< empty: pca
  std::optional<space::UmapInit> umap_init = {};    ///< empty: pca
  std::optional<int64_t> neighbors = {};            ///< umap: empty: 15, or all but one
  double min_dist = 0.1, spread = 1.0;              ///< umap
  int64_t negative_samples = 5;                     ///< umap
  std::optional<double> perplexity = {},
                        learning_rate = {};  ///< tsne; empty: 30 or a third of the samples; by their number
  double exaggeration = 12.0;                ///< tsne
  uint64_t seed = 0;
  const std::atomic<bool>* stop = nullptr;  ///< looked at between steps; the map stays as it is then
  /// Called before the first step, with 0, and after each one. Not for pca.
  std::function<void(int64_t done, int64_t total)> progress = {};
  /// The same, with the map as it stands: whoever wants to see it moving asks for its positions(). The map ends with
  /// the same bits whether anybody looks or not. Not for pca.
  std::function<void(const space::Layout& layout)> look = {};
};

/// Samples as rows, to be mapped.
struct MappedSamples {
  RunData data = {};                ///< the samples that are mapped
  std::vector<int64_t> index = {};  ///< their numbers in the part that was given
  SampleSpace space = SampleSpace::latent;
  Tensor x = {};  ///< (N, D) f32: means of codes, or values as the model sees them
  /// "codes of the test part of fashion-mnist"
  std::string what() const;
};

/// Takes samples to be mapped: `most` of them, drawn by the seed, and the codes of those alone.
/// @param most  empty for all   @throws UsageError for codes of a model without encoder; as encode_samples()
MappedSamples samples_to_map(const Run& run, const RunData& data, SampleSpace space, std::optional<int64_t> most,
                             uint64_t seed);

/// A map that is made, or as far as it came.
struct SampleMap {
  Tensor positions = {};  ///< (N, dims) f32
  int64_t steps = 0;      ///< done; 0 for a method without steps
  int64_t of_steps = 0;   ///< wanted
  double seconds = 0.0;
  std::string init = {};                     ///< where points started; empty for a method without steps
  int64_t neighbors = 0;                     ///< umap: that were kept together
  double perplexity = 0.0;                   ///< tsne: that was taken
  std::optional<double> explained = {};      ///< pca: the share of the variance
  std::optional<space::Pca> pca = {};        ///< pca: the axes, of which there may be fewer than dims
  std::optional<double> kl_divergence = {};  ///< tsne: KL(P || Q), nats
  std::vector<Remark> remarks = {};          ///< whether points started elsewhere, and if it was stopped
  bool interrupted() const { return steps < of_steps; }
};

/// @param x  (N, D) f32
/// @throws UsageError for too few samples; std::invalid_argument for data that the method cannot map, and options that
///         do not fit the data
SampleMap make_map(const Tensor& x, const MapOptions& options);

/// How far a map can be trusted.
struct MapJudgement {
  int64_t samples = 0, neighbors = 0, labelled = 0;  ///< that were looked at
  int64_t label_neighbors = 0;                       ///< on the map, for label_accuracy
  double trustworthiness = 0.0, agreement = 0.0;     ///< space::MapQuality
  std::optional<double> label_accuracy = {};         ///< space::neighbor_label_accuracy(), of enough labels
};

/// Judges by at most 10,000 random samples; neighbours before are those by the metric of the map. For cosine, rows of
/// zeros have none, and are left out.
/// @return nothing for so few samples that the figures mean nothing
std::optional<MapJudgement> judge_map(const MappedSamples& samples, const Tensor& positions, space::Metric metric,
                                      uint64_t seed);

/// Writes a map in the form of `file`:
///   .png, .svg  a chart, coloured by class      .npy  positions
///   .csv  index, x, y, z (in three dimensions), those of SampleColumns, class, label
///   .npz  map, index, codes or x, labels, label_names, data_index, files
/// @param joined  of words: pairs of samples that a chart joins by lines
/// @throws IoError
void write_map(const MappedSamples& samples, const Tensor& positions, const std::string& title, const ResultFile& file,
               std::span<const report::PointPair> joined = {});

}  // namespace latent
