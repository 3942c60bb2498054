"""Writes the pictures that tests/formats/image_test.cpp reads, and the seeds of the fuzzers.

The pixels of the PNG files follow formulas that the test repeats; they are encoded here with zlib alone, in every
colour type and depth, plain and interlaced. JPEG files, what they decode to, and resized pictures come from PIL.
Arrays are stored as raw bytes, (C, H, W).

Run from anywhere: python3 tests/golden/images.py
"""
import io
import pathlib
import shutil
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "images"
CORPUS = HERE.parent / "fuzz" / "corpus"

H, W = 5, 7  # of the PNG files; odd, and small enough that some passes of the interlace are empty
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def sample(x, y, c, depth):
    """The sample that the test expects at (x, y) in channel c."""
    return (x * 3701 + y * 1117 + c * 5303) % (1 << depth)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def rows(xs, ys, color_type, depth):
    data = b""
    for y in ys:
        if not xs:
            continue
        bits = "".join(f"{sample(x, y, c, depth):0{depth}b}" for x in xs for c in range(SAMPLES[color_type]))
        bits += "0" * (-len(bits) % 8)
        data += b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")  # filter type 0
    return data


def png(color_type, depth, interlaced=False, palette=None, transparency=None):
    if interlaced:
        data = b"".join(rows(range(x0, W, dx), range(y0, H, dy), color_type, depth) for x0, y0, dx, dy in ADAM7)
    else:
        data = rows(range(W), range(H), color_type, depth)
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, depth, color_type, 0, 0, int(interlaced)))
    out += chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"tEXt", b"Comment\0to be ignored")
    if palette is not None:
        out += chunk(b"PLTE", bytes(v for entry in palette for v in entry))
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    packed = zlib.compress(data)
    half = len(packed) // 2  # two parts, as large files have
    return out + chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:]) + chunk(b"IEND", b"")


def write_pngs():
    def save(name, *args, **keywords):
        for interlaced in (False, True):
            suffix = "_interlaced" if interlaced else ""
            (OUT / f"{name}{suffix}.png").write_bytes(png(*args, interlaced=interlaced, **keywords))

    for depth in (1, 2, 4, 8, 16):
        save(f"grey_{depth}", GREY, depth)
    for depth in (8, 16):
        save(f"rgb_{depth}", RGB, depth)
        save(f"grey_alpha_{depth}", GREY_ALPHA, depth)
        save(f"rgb_alpha_{depth}", RGB_ALPHA, depth)
    for depth in (1, 2, 4, 8):
        entries = range(1 << depth)
        save(f"palette_{depth}", PALETTE, depth, palette=[(i * 29 % 256, i * 71 % 256, i * 113 % 256) for i in entries])
        save(f"palette_grey_{depth}", PALETTE, depth, palette=[(i * 29 % 256,) * 3 for i in entries])
    save("palette_transparent", PALETTE, 2, palette=[(200, 100, 50)] * 4, transparency=bytes([0, 50, 100]))
    save("grey_transparent", GREY, 8, transparency=struct.pack(">H", sample(2, 3, 0, 8)))
    save("rgb_transparent", RGB, 8, transparency=struct.pack(">HHH", *(sample(2, 3, c, 8) for c in range(3))))


def smooth(height, width, channels):
    """A picture that survives JPEG: waves of different lengths."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    return (127.5 + 100 * np.sin(x / (3 + c)) * np.cos(y / (4 - c))).round().astype(np.uint8)


def write_raw(name, array):
    array = array[:, :, None] if array.ndim == 2 else array
    (OUT / f"{name}.bin").write_bytes(np.ascontiguousarray(array.transpose(2, 0, 1)).tobytes())


def write_jpegs():
    color = Image.fromarray(smooth(13, 19, 3))
    kinds = {
        "grey": (color.convert("L"), {}),
        "color_444": (color, {"subsampling": 0}),
        "color_420": (color, {"subsampling": 2}),
        "progressive": (color, {"progressive": True, "subsampling": 2}),
        "cmyk": (color.convert("CMYK"), {}),
    }
    for name, (image, options) in kinds.items():
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=90, optimize=True, **options)
        (OUT / f"{name}.jpg").write_bytes(buffer.getvalue())
        if name != "cmyk":
            write_raw(name, np.array(Image.open(io.BytesIO(buffer.getvalue()))))


def write_resized():
    height, width = 13, 10
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    noise = ((x * 3701 + y * 1117 + c * 5303) % 256).astype(np.uint8)
    for new_height, new_width in [(5, 4), (26, 30), (13, 3), (2, 10), (1, 1), (7, 23)]:
        resized = np.array(Image.fromarray(noise).resize((new_width, new_height), Image.BILINEAR))
        write_raw(f"resized_{new_height}x{new_width}", resized)
    write_raw("luma", np.array(Image.fromarray(noise).convert("L")))


def planes(image):
    """(C, H, W) as PIL sees a picture once it is turned."""
    array = np.array(ImageOps.exif_transpose(image))
    return array[:, :, None] if array.ndim == 2 else array


def write_turned():
    """One stored picture with each orientation, and how it is looked at."""
    picture = Image.fromarray(smooth(6, 9, 3))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=95, subsampling=0, exif=exif)
        (OUT / f"turned_{orientation}.jpg").write_bytes(buffer.getvalue())
        write_raw(f"turned_{orientation}", planes(Image.open(io.BytesIO(buffer.getvalue()))))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(OUT / "turned_6.png", exif=exif)
    picture.save(OUT / "turned_6.webp", lossless=True, exif=exif)
    picture.save(OUT / "turned_6.tiff", tiffinfo={274: 6})
    write_raw("turned_exact_6", planes(Image.open(OUT / "turned_6.png")))


def tiff(height, width, samples, bits, photometric, tile, data, extra=()):
    """An uncompressed TIFF of one tile per 16 x 16 pixels, or of rows in one strip."""
    def short(tag, *values):
        return (tag, 3, values)

    entries = [short(256, width), short(257, height), short(258, *[bits] * samples), short(259, 1),
               short(262, photometric), short(277, samples)]
    if extra:
        entries.append(short(338, *extra))
    pieces = [data]
    if tile:
        across, down = -(-width // 16), -(-height // 16)
        pixels = np.frombuffer(data, dtype=f"<u{bits // 8}").reshape(height, width, samples)
        padded = np.zeros((down * 16, across * 16, samples), pixels.dtype)
        padded[:height, :width] = pixels
        pieces = [padded[y * 16:y * 16 + 16, x * 16:x * 16 + 16].tobytes() for y in range(down) for x in range(across)]
        entries += [short(322, 16), short(323, 16), (324, 4, None), (325, 4, tuple(len(p) for p in pieces))]
    else:
        entries += [(273, 4, None), short(278, height), (279, 4, (len(data),))]
    entries.sort()
    offset = 8
    offsets = []
    for piece in pieces:
        offsets.append(offset)
        offset += len(piece)
    directory_at = offset
    after = directory_at + 2 + 12 * len(entries) + 4
    directory, more = struct.pack("<H", len(entries)), b""
    for tag, kind, values in entries:
        values = tuple(offsets) if values is None else values
        packed = struct.pack("<" + ("H" if kind == 3 else "I") * len(values), *values)
        directory += struct.pack("<HHI", tag, kind, len(values))
        if len(packed) <= 4:
            directory += packed.ljust(4, b"\0")
        else:
            directory += struct.pack("<I", after + len(more))
            more += packed + b"\0" * (len(packed) % 2)
    return b"II*\0" + struct.pack("<I", directory_at) + b"".join(pieces) + directory + b"\0\0\0\0" + more


def write_other_formats():
    color = Image.fromarray(smooth(13, 19, 3))
    grey = color.convert("L")
    alpha = color.copy()
    alpha.putalpha(Image.fromarray(smooth(13, 19, 1)[:, :, 0]))
    sixteen = (smooth(13, 19, 1)[:, :, 0].astype(np.uint16) * 257 + np.arange(19, dtype=np.uint16)).astype(np.uint16)
    color.save(OUT / "lossy.webp", quality=80)
    write_raw("lossy", np.array(Image.open(OUT / "lossy.webp").convert("RGB")))
    color.save(OUT / "lossless.webp", lossless=True)
    alpha.save(OUT / "alpha.webp", lossless=True, exact=True)
    color.save(OUT / "rgb_lzw.tiff", compression="tiff_lzw")
    grey.save(OUT / "grey_deflate.tiff", compression="tiff_adobe_deflate")
    color.quantize(16).save(OUT / "palette.tiff")
    write_raw("palette_tiff", np.array(Image.open(OUT / "palette.tiff").convert("RGB")))
    grey.point(lambda v: 255 * (v > 127)).convert("1").save(OUT / "bits.tiff", compression="group4")
    write_raw("bits", np.array(grey.point(lambda v: 255 * (v > 127))))
    Image.fromarray(sixteen).save(OUT / "grey_16.tiff", compression="tiff_adobe_deflate")
    (OUT / "sixteen.bin").write_bytes(sixteen.astype("<u2").tobytes())
    (OUT / "tiles_16.tiff").write_bytes(tiff(13, 19, 1, 16, 1, True, sixteen.astype("<u2").tobytes()))
    (OUT / "white_is_zero.tiff").write_bytes(tiff(13, 19, 1, 8, 0, False, (255 - np.array(grey)).tobytes()))
    (OUT / "alpha.tiff").write_bytes(tiff(13, 19, 4, 8, 2, False, np.array(alpha).tobytes(), extra=(2,)))
    Image.fromarray(np.zeros((2, 2), np.float32)).save(OUT / "float.tiff")
    color.save(OUT / "rgb.bmp")
    grey.save(OUT / "grey.bmp")
    color.quantize(16).save(OUT / "palette.bmp")
    write_raw("palette_bmp", np.array(Image.open(OUT / "palette.bmp").convert("RGB")))
    grey.point(lambda v: 255 * (v > 127)).convert("1").save(OUT / "bits.bmp")
    pixels = np.array(alpha)[:, :, [2, 1, 0, 3]].astype(np.uint8)  # top down, masks, alpha: version 4
    header = struct.pack("<IiiHHIIiiII", 108, 19, -13, 1, 32, 3, 0, 2835, 2835, 0, 0)
    header += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"\0" * (108 - 56)
    body = pixels.tobytes()
    start = 14 + len(header)
    (OUT / "alpha.bmp").write_bytes(b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + header + body)
    write_raw("color", np.array(color))
    write_raw("grey_plain", np.array(grey))
    write_raw("alpha", np.array(alpha))


def write_corpus():
    for kind, pattern in (("png", "*.png"), ("jpeg", "*.jpg"), ("webp", "*.webp"), ("tiff", "*.tiff"), ("bmp", "*.bmp")):
        folder = CORPUS / kind
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(OUT.glob(pattern)):
            shutil.copyfile(path, folder / path.name)


OUT.mkdir(exist_ok=True)
write_pngs()
write_jpegs()
write_resized()
write_turned()
write_other_formats()
write_corpus()
