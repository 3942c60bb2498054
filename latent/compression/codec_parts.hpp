#pragma once
// Private to the codec: samples as rows of lanes.

#include <latent/compression/codec.hpp>

namespace latent::compression {

/// kernels::exact::kLanes samples that are computed together.
struct Codec::Group {
  explicit Group(const Codec& codec);

  /// Copies samples into the lanes; a lane without one (-1) keeps what it has.
  void load(const uint8_t* values, std::span<const int64_t> samples);
  void store(uint8_t* values, std::span<const int64_t> samples) const;
  /// The encoder's output for the samples in `levels`.
  const float* encode(const ExactNetwork& encoder);

  std::vector<uint8_t> levels;  // (values) rows
  Rows x, z;                    // (values) and (D) rows
  std::vector<int32_t> bins;    // (D) rows
  ExactNetwork::Buffers encoder_buffers, decoder_buffers;
  std::unique_ptr<ValueCoder::Buffers> value_buffers;
};

}  // namespace latent::compression
