#pragma once
// Private to formats/: what libpng says when it fails, for reading and writing.

#include <png.h>

#include <array>
#include <csetjmp>
#include <cstring>

namespace latent::detail {

/// libpng's last message. It is a C library that leaves by longjmp: nothing with a destructor may stand between setjmp
/// and a call into it, so all memory is owned outside.
struct PngMessage {
  std::array<char, 160> text{};
};

/// For png_create_..._struct(), whose error pointer is a PngMessage.
[[noreturn]] inline void png_failed(png_structp png, png_const_charp message) {
  auto* kept = static_cast<PngMessage*>(png_get_error_ptr(png));
  std::strncpy(kept->text.data(), message, kept->text.size() - 1);
  png_longjmp(png, 1);
}

inline void png_warned(png_structp, png_const_charp) {}

}  // namespace latent::detail
