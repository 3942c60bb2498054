#pragma once
// What every fuzz target shares: a reader may refuse its input with a DataError of one line, and nothing else.

#include <latent/core/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

namespace latent::fuzz {

/// Reads every byte, so that the sanitizers see a tensor that reaches beyond its memory.
inline void touch(const Tensor& tensor) {
  unsigned sum = 0;
  for (const std::byte b : std::span(static_cast<const std::byte*>(tensor.raw()), tensor.nbytes())) {
    sum += static_cast<unsigned>(b);
  }
  asm volatile("" : : "r"(sum));  // or the compiler would drop the loop
}

/// Calls `read` with the input. Any exception but DataError gets through to libFuzzer and counts as a finding.
template <class Read>
int run(const uint8_t* data, size_t size, Read read) {
  try {
    read(std::as_bytes(std::span(data, size)));
  } catch (const DataError& error) {
    if (std::string_view(error.what()).find('\n') != std::string_view::npos) std::abort();
  }
  return 0;
}

}  // namespace latent::fuzz
