#pragma once
// Samples of 8-bit values to archives and back, by a trained model.

#include <latent/compression/archive.hpp>
#include <latent/compression/latent_bins.hpp>
#include <latent/compression/rans.hpp>
#include <latent/core/tensor.hpp>
#include <latent/models/latent_model.hpp>

#include <memory>
#include <string>

namespace latent::compression {

class ExactNetwork;
class ValueCoder;

/// Names a model by its config and its weights, but for its sampler.
uint64_t model_hash(const LatentModel& model);

/// The most bytes that decompressed samples and their codes may take unless the caller says otherwise: as for
/// gunzip().
size_t default_limit();

/// Compresses and decompresses with one model: losslessly by bits-back coding with asymmetric numeral systems, lossily
/// by quantised codes. All that decides a bit is computed by ExactNetwork and its like, so that archives are the same
/// bytes, and come back as the same values, on every x86-64 processor with any number of threads. Immutable.
/// Source: Townsend, Bird & Barber 2019, arXiv:1901.04866.
class Codec {
 public:
  /// @param model  must live as long
  /// @throws std::invalid_argument for a model that is no VAE with posterior `gaussian` (or `none`), prior `normal` (or
  ///         `fitted-gaussian`) and a likelihood that can be coded
  explicit Codec(const LatentModel& model);
  ~Codec();
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;

  /// Whether compress() is possible: p(x|z) is over levels, and codes are draws of a posterior.
  bool is_lossless() const;
  /// Whether compress() takes values of 0 and 255 alone.
  bool is_binary() const;

  /// The most samples that decompress() gives back with this limit; more should not be compressed.
  int64_t most_samples(Coding coding, size_t limit = default_limit()) const;

  /// Bits-back coding: samples go to as many streams as `streams` says, each of which chains its samples.
  /// @param values   (N, ...) u8, N >= 1, samples of the model's shape
  /// @param streams  0 chooses: few enough for the initial bits to be a small part, at most 64
  /// @throws std::invalid_argument if !is_lossless(), for other shapes, or values that a binary model cannot code
  Archive compress(const Tensor& values, int64_t streams = 0) const;
  /// Posterior means in steps of `step`, coded by normal distributions fitted to them.
  /// @throws std::invalid_argument for other shapes, or unless step is in [1e-4, 1e4]
  Archive compress_lossy(const Tensor& values, double step) const;

  /// (N, ...) u8. @param path  names the archive in messages
  /// @param limit  the most bytes that the samples may take; of a lossy archive also their codes (N, D) i32
  /// @throws DataError if the archive is another model's, holds more than most_samples(), or not what it says
  Tensor decompress(const Archive& archive, const std::string& path, size_t limit = default_limit()) const;

 private:
  struct Group;  // kLanes samples at a time, and what they are computed in

  void check_values(const Tensor& values) const;
  void encode_step(Group& group, std::span<const int64_t> samples, const LaneStacks& stacks) const;
  void decode_step(Group& group, std::span<const int64_t> samples, const LaneStacks& stacks) const;
  Tensor decompress_lossless(const Archive& archive, const std::string& path) const;
  Tensor decompress_lossy(const Archive& archive, const std::string& path) const;
  Tensor quantised_codes(const Tensor& values, double step) const;
  Tensor medians(const Tensor& codes, double step) const;

  const LatentModel& model_;
  std::unique_ptr<ExactNetwork> encoder_, decoder_;
  std::unique_ptr<ValueCoder> values_;
  LatentBins bins_;
  bool has_density_ = false;
  uint64_t hash_ = 0;
  int64_t latent_dim_ = 0, numel_ = 0;
};

}  // namespace latent::compression
