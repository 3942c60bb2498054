// Reading TIFF 6.0 with libtiff: the first page. Grey and colour of 8 and 16 bits come as they are stored; palettes,
// fewer bits, YCbCr and CMYK through the library's own conversion to 8-bit colour.

#include <latent/formats/detail/image_codecs.hpp>

#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

namespace latent::detail {

namespace {

// What libtiff's callbacks see.
struct Source {
  std::span<const std::byte> bytes;
  toff_t at = 0;
  std::array<char, 256> message{};
};

tmsize_t on_read(thandle_t handle, void* out, tmsize_t count) {
  auto* source = static_cast<Source*>(handle);
  if (count <= 0 || source->at >= source->bytes.size()) return 0;
  const size_t taken = std::min<size_t>(static_cast<size_t>(count), source->bytes.size() - source->at);
  std::memcpy(out, source->bytes.data() + source->at, taken);
  source->at += taken;
  return static_cast<tmsize_t>(taken);
}
tmsize_t on_write(thandle_t, void*, tmsize_t) { return 0; }
toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
  auto* source = static_cast<Source*>(handle);
  const toff_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source->at : source->bytes.size();
  source->at = base + offset;
  return source->at;
}
int on_close(thandle_t) { return 0; }
toff_t on_size(thandle_t handle) { return static_cast<Source*>(handle)->bytes.size(); }
int on_map(thandle_t, void**, toff_t*) { return 0; }
void on_unmap(thandle_t, void*, toff_t) {}

// Keeps the first message; nothing is printed.
int on_error(TIFF*, void* data, const char*, const char* format, va_list arguments) {
  auto* source = static_cast<Source*>(data);
  // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): the library's list
  if (source->message[0] == '\0') std::vsnprintf(source->message.data(), source->message.size(), format, arguments);
  return 1;
}
int on_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

struct Tags {
  int64_t height = 0, width = 0;
  uint16_t bits = 1, samples = 1, photometric = 0, format = SAMPLEFORMAT_UINT, planar = PLANARCONFIG_CONTIG;
  uint16_t orientation = 1, extra = 0;
  bool alpha = false, premultiplied = false;

  bool colour() const { return photometric != PHOTOMETRIC_MINISBLACK && photometric != PHOTOMETRIC_MINISWHITE; }
  // Whether samples are the values that are meant.
  bool direct() const {
    const uint16_t colours = colour() ? 3 : 1;
    return (bits == 8 || bits == 16) && (!colour() || photometric == PHOTOMETRIC_RGB) && samples == colours + extra;
  }
};

struct CloseTiff {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};

class File {
 public:
  File(std::span<const std::byte> bytes, std::string path) : path_(std::move(path)) {
    source_.bytes = bytes;
    constexpr tmsize_t kMostAtOnce = tmsize_t{1} << 30;
    TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
    if (options == nullptr) throw std::bad_alloc();
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, &source_);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, &source_);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, kMostAtOnce);
    tiff_.reset(TIFFClientOpenExt("picture", "rm", &source_, on_read, on_write, on_seek, on_close, on_size, on_map,
                                  on_unmap, options));
    TIFFOpenOptionsFree(options);
    if (tiff_ == nullptr) fail();
    read_tags();
  }
  File(const File&) = delete;  // libtiff holds the address of source_
  File& operator=(const File&) = delete;
  ~File() = default;

  const Tags& tags() const { return tags_; }

  // All samples as stored, (H, W, samples), 8 or 16 bits.
  template <class T>
  std::vector<T> samples() {
    std::vector<T> all(static_cast<size_t>(tags_.height * tags_.width * tags_.samples));
    const bool apart = tags_.planar == PLANARCONFIG_SEPARATE && tags_.samples > 1;
    const uint16_t planes = apart ? tags_.samples : 1;
    for (uint16_t plane = 0; plane < planes; ++plane) {
      if (TIFFIsTiled(tiff_.get()) != 0) {
        read_tiles(all, plane, apart);
      } else {
        read_rows(all, plane, apart);
      }
    }
    return all;
  }

  // (H, W) pixels of 8-bit red, green, blue, alpha in this order of bytes; colours are multiplied by alpha.
  std::vector<uint32_t> converted() {
    std::vector<uint32_t> raster(static_cast<size_t>(tags_.height * tags_.width));
    TIFFRGBAImage image{};
    std::array<char, 1024> reason{};
    if (TIFFRGBAImageOK(tiff_.get(), reason.data()) == 0 ||
        TIFFRGBAImageBegin(&image, tiff_.get(), 1, reason.data()) == 0) {
      throw DataError(path_, fmt::format("a TIFF that is not supported: {}", reason.data()));
    }
    image.req_orientation = image.orientation;  // turned later, as all pictures are
    const int done = TIFFRGBAImageGet(&image, raster.data(), static_cast<uint32_t>(tags_.width),
                                      static_cast<uint32_t>(tags_.height));
    TIFFRGBAImageEnd(&image);
    if (done == 0) fail();
    return raster;
  }

 private:
  [[noreturn]] void fail() const {
    const char* message = source_.message[0] != '\0' ? source_.message.data() : "it cannot be decoded";
    throw DataError(path_, fmt::format("damaged TIFF: {}", message));
  }

  void read_tags() {
    uint32_t width = 0, height = 0;
    TIFFGetField(tiff_.get(), TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff_.get(), TIFFTAG_IMAGELENGTH, &height);
    tags_.width = width;
    tags_.height = height;
    check_image_size(tags_.height, tags_.width, path_, DataError::kNoOffset);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_BITSPERSAMPLE, &tags_.bits);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_SAMPLESPERPIXEL, &tags_.samples);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_SAMPLEFORMAT, &tags_.format);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_PLANARCONFIG, &tags_.planar);
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_ORIENTATION, &tags_.orientation);
    if (tags_.orientation < 1 || tags_.orientation > 8) tags_.orientation = 1;
    if (TIFFGetField(tiff_.get(), TIFFTAG_PHOTOMETRIC, &tags_.photometric) == 0) {
      tags_.photometric = tags_.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    }
    uint16_t* kinds = nullptr;
    TIFFGetFieldDefaulted(tiff_.get(), TIFFTAG_EXTRASAMPLES, &tags_.extra, &kinds);
    if (tags_.extra > 0 && kinds != nullptr) {
      tags_.alpha = kinds[0] == EXTRASAMPLE_ASSOCALPHA || kinds[0] == EXTRASAMPLE_UNASSALPHA;
      tags_.premultiplied = kinds[0] == EXTRASAMPLE_ASSOCALPHA;
    }
    if (tags_.bits > 16 || (tags_.format != SAMPLEFORMAT_UINT && tags_.format != SAMPLEFORMAT_VOID)) {
      throw DataError(path_, fmt::format("TIFF with {} bits a sample{} is not supported; save it with 8 or 16 bits, or "
                                         "as .npy",
                                         tags_.bits, tags_.format == SAMPLEFORMAT_IEEEFP ? " (floats)" : ""));
    }
  }

  template <class T>
  void put(std::vector<T>& all, const T* from, int64_t y, int64_t x, int64_t pixels, uint16_t plane, bool apart) const {
    const int64_t samples = tags_.samples;
    T* out = all.data() + (y * tags_.width + x) * samples;
    if (!apart) {
      std::copy_n(from, pixels * samples, out);
      return;
    }
    for (int64_t i = 0; i < pixels; ++i) out[i * samples + plane] = from[i];
  }

  template <class T>
  void read_rows(std::vector<T>& all, uint16_t plane, bool apart) {
    const auto row_values = static_cast<size_t>(tags_.width) * (apart ? 1 : tags_.samples);
    std::vector<T> row(row_values);
    if (TIFFScanlineSize(tiff_.get()) > static_cast<tmsize_t>(row_values * sizeof(T))) fail();
    for (int64_t y = 0; y < tags_.height; ++y) {
      if (TIFFReadScanline(tiff_.get(), row.data(), static_cast<uint32_t>(y), plane) < 0) fail();
      put(all, row.data(), y, 0, tags_.width, plane, apart);
    }
  }

  template <class T>
  void read_tiles(std::vector<T>& all, uint16_t plane, bool apart) {
    uint32_t tile_width = 0, tile_height = 0;
    TIFFGetField(tiff_.get(), TIFFTAG_TILEWIDTH, &tile_width);
    TIFFGetField(tiff_.get(), TIFFTAG_TILELENGTH, &tile_height);
    const int64_t values = apart ? 1 : tags_.samples;
    const tmsize_t bytes = TIFFTileSize(tiff_.get());
    if (tile_width == 0 || tile_height == 0 || bytes <= 0 ||
        static_cast<uint64_t>(bytes) < uint64_t{tile_width} * tile_height * static_cast<uint64_t>(values) * sizeof(T)) {
      fail();
    }
    check_picture_bytes(tile_height, tile_width, values * static_cast<int64_t>(sizeof(T)), source_.bytes.size(), path_);
    std::vector<T> tile(static_cast<size_t>(bytes) / sizeof(T) + 1);
    for (int64_t y = 0; y < tags_.height; y += tile_height) {
      for (int64_t x = 0; x < tags_.width; x += tile_width) {
        if (TIFFReadTile(tiff_.get(), tile.data(), static_cast<uint32_t>(x), static_cast<uint32_t>(y), 0, plane) < 0)
          fail();
        const int64_t pixels = std::min<int64_t>(tile_width, tags_.width - x);
        for (int64_t row = 0; row < std::min<int64_t>(tile_height, tags_.height - y); ++row) {
          put(all, tile.data() + row * tile_width * values, y + row, x, pixels, plane, apart);
        }
      }
    }
  }

  std::string path_;
  Source source_;
  std::unique_ptr<TIFF, CloseTiff> tiff_;  // closed as well if the constructor throws
  Tags tags_;
};

template <class T, class Out, class Convert>
Tensor planes_of(const std::vector<T>& samples, const Tags& tags, Convert convert) {
  const int64_t C = tags.colour() ? 3 : 1, pixels = tags.height * tags.width;
  Tensor planes = Tensor::empty({C + (tags.alpha ? 1 : 0), tags.height, tags.width}, dtype_of<Out>);
  Out* out = planes.data<Out>();
  const T* in = samples.data();
  for (int64_t i = 0; i < pixels; ++i, in += tags.samples) {
    for (int64_t c = 0; c < planes.dim(0); ++c) out[c * pixels + i] = convert(in[c], c < C);
  }
  return planes;
}

// White is 0 in some grey pictures; alpha never is.
template <class T>
T level(T value, bool is_colour, const Tags& tags) {
  const bool inverted = is_colour && tags.photometric == PHOTOMETRIC_MINISWHITE;
  return inverted ? static_cast<T>(std::numeric_limits<T>::max() - value) : value;
}

}  // namespace

StoredImage tiff_info(std::span<const std::byte> bytes, const std::string& path) {
  const File file(bytes, path);
  const Tags& tags = file.tags();
  return {.height = tags.height,
          .width = tags.width,
          .channels = tags.colour() ? 3 : 1,
          .bits = tags.bits == 16 && tags.direct() ? 16 : 8,
          .alpha = tags.alpha,
          .orientation = tags.orientation};
}

StoredPlanes read_tiff(std::span<const std::byte> bytes, const std::string& path, bool keep_16_bits) {
  File file(bytes, path);
  const Tags& tags = file.tags();
  check_picture_bytes(tags.height, tags.width, int64_t{tags.samples} * std::max<int64_t>(1, tags.bits / 8),
                      bytes.size(), path);
  if (tags.direct() && tags.bits == 8) {
    const auto convert = [&](uint8_t value, bool is_colour) { return level(value, is_colour, tags); };
    return {planes_of<uint8_t, uint8_t>(file.samples<uint8_t>(), tags, convert), tags.premultiplied};
  }
  if (tags.direct()) {
    const std::vector<uint16_t> samples = file.samples<uint16_t>();
    if (keep_16_bits) {
      const auto convert = [&](uint16_t value, bool is_colour) {
        return static_cast<float>(level(value, is_colour, tags)) / 65535.0F;
      };
      return {planes_of<uint16_t, float>(samples, tags, convert), tags.premultiplied};
    }
    const auto convert = [&](uint16_t value, bool is_colour) {
      return static_cast<uint8_t>((level(value, is_colour, tags) * 255 + 32767) / 65535);
    };
    return {planes_of<uint16_t, uint8_t>(samples, tags, convert), tags.premultiplied};
  }
  const std::vector<uint32_t> raster = file.converted();
  const int64_t C = tags.colour() ? 3 : 1, pixels = tags.height * tags.width;
  Tensor planes = Tensor::empty({C + (tags.alpha ? 1 : 0), tags.height, tags.width}, DType::u8);
  auto* out = planes.data<uint8_t>();
  for (int64_t i = 0; i < pixels; ++i) {
    const uint32_t pixel = raster[static_cast<size_t>(i)];
    const std::array<uint32_t, 3> colours = {TIFFGetR(pixel), TIFFGetG(pixel), TIFFGetB(pixel)};
    for (int64_t c = 0; c < C; ++c) out[c * pixels + i] = static_cast<uint8_t>(colours[static_cast<size_t>(c)]);
    if (tags.alpha) out[C * pixels + i] = static_cast<uint8_t>(TIFFGetA(pixel));
  }
  return {planes, true};
}

}  // namespace latent::detail
