#pragma once
// Private to the codec: samples as rows of lanes.

#include <latent/compression/codec.hpp>
#include <latent/compression/detail/exact_network.hpp>
#include <latent/compression/detail/value_coder.hpp>

#include <xmmintrin.h>

namespace latent::compression {

/// As long as it lives, this thread rounds to nearest and keeps denormal numbers, whatever a program around the library
/// has set it to (flushing them to zero is popular).
class StandardArithmetic {
 public:
  StandardArithmetic() : saved_(_mm_getcsr()) { _mm_setcsr(kStandard); }
  ~StandardArithmetic() { _mm_setcsr(saved_); }
  StandardArithmetic(const StandardArithmetic&) = delete;
  StandardArithmetic& operator=(const StandardArithmetic&) = delete;

 private:
  static constexpr unsigned kStandard = 0x1f80;  // all exceptions masked
  unsigned saved_;
};

/// kernels::exact::kLanes samples that are computed together, on the thread that made it.
struct Codec::Group {
  explicit Group(const Codec& codec);

  /// Copies samples into the lanes; a lane without one (-1) keeps what it has.
  void load(const uint8_t* values, std::span<const int64_t> samples);
  void store(uint8_t* values, std::span<const int64_t> samples) const;
  /// The encoder's output for the samples in `levels`.
  const float* encode(const ExactNetwork& encoder);

  StandardArithmetic arithmetic;
  std::vector<uint8_t> levels;  // (values) rows
  Rows x, z;                    // (values) and (D) rows
  std::vector<int32_t> bins;    // (D) rows
  ExactNetwork::Buffers encoder_buffers, decoder_buffers;
  std::unique_ptr<ValueCoder::Buffers> value_buffers;
};

}  // namespace latent::compression
