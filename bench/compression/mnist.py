#!/usr/bin/python3
"""Compresses the test images of MNIST (or a set of the same form) with trained models and with the usual programs.

    /usr/bin/python3 bench/compression/mnist.py --data DIR --latent build/release/latent --run RUN [--binary-run RUN]

DIR holds t10k-images-idx3-ubyte(.gz); RUN was trained with `latent train DIR --preset vae-lossless`, the binary run with
`--binarize 0.5` in addition. Prints bytes and bits per pixel of one file of all images, 8-bit and binarised (1 bit per
pixel, threshold 0.5), and the speed of ours both ways, start of the program included. What is not installed is left out.
"""
import argparse
import bz2
import gzip
import json
import lzma
import shutil
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np


def test_images(folder):
    for path in sorted(Path(folder).glob("t10k-images*")):
        raw = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
        return np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 28, 28)
    raise SystemExit(f"no t10k-images... in {folder}")


def through(command, data):
    if shutil.which(command[0]) is None:
        return None
    return len(subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout)


def pictures(images, binary):
    """One sheet of all images by WebP, and each image by itself by PNG, where Pillow is there."""
    try:
        from PIL import Image
    except ImportError:
        return {}
    import io

    def size(array, **options):
        out = io.BytesIO()
        image = Image.fromarray(array)
        (image.convert("1") if binary and options["format"] != "WEBP" else image).save(out, **options)
        return out.getbuffer().nbytes

    side = int(len(images) ** 0.5)
    sheet = images[: side * side].reshape(side, side, 28, 28).swapaxes(1, 2).reshape(side * 28, side * 28)
    found = {"PNG, each image": sum(size(i, format="PNG", optimize=True) for i in images)}
    try:
        found["WebP lossless, one sheet"] = size(sheet, format="WEBP", lossless=True, quality=100, method=6)
    except (KeyError, OSError):
        pass
    return found


def peers(images, binary):
    shown = images * np.uint8(255) if binary else images
    data = np.packbits(images).tobytes() if binary else images.tobytes()
    sizes = {
        "xz -9e": len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)),
        "bzip2 -9": len(bz2.compress(data, 9)),
        "gzip -9": len(zlib.compress(data, 9)),
        "zstd -19": through(["zstd", "-19", "-c", "-q"], data),
    }
    return {**sizes, **pictures(shown, binary)}


def ours(latent, run, folder, images, binary):
    with tempfile.TemporaryDirectory() as work:
        archive, out = f"{work}/test.lac", f"{work}/test.npy"
        start = time.perf_counter()
        text = subprocess.run([latent, "compress", run, folder, "--split", "test", "-o", archive, "--json"],
                              stdout=subprocess.PIPE, check=True).stdout
        there = time.perf_counter() - start
        start = time.perf_counter()
        subprocess.run([latent, "decompress", run, archive, "-o", out], stdout=subprocess.DEVNULL, check=True)
        back = time.perf_counter() - start
        expected = images * np.uint8(255) if binary else images
        assert np.array_equal(np.load(out), expected), "not what went in"
        report = json.loads(text)
        evaluation = json.loads(subprocess.run([latent, "evaluate", run, folder, "--split", "test", "--json"],
                                               stdout=subprocess.PIPE, check=True).stdout)
        return report, evaluation["bits_per_dim"], len(images) / there, len(images) / back


def table(title, images, latent, run, folder, binary):
    print(f"{title}: {len(images)} images, {images.size} pixels")
    if run:
        report, bound, there, back = ours(latent, run, folder, images, binary)
        print(f"  {'latent compress':26} {report['bytes']:>10,} bytes  {report['bits_per_dim']:.4f} bits per pixel "
              f"(-ELBO {bound:.4f}, initial bits {report['initial_bits'] // 8:,} bytes; model {report['model_bytes']:,} "
              f"bytes; {there:,.0f} images/s, back {back:,.0f})")
    for name, size in sorted(peers(images, binary).items(), key=lambda item: item[1] or 0):
        if size is not None:
            print(f"  {name:26} {size:>10,} bytes  {8 * size / images.size:.4f} bits per pixel")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--latent", default="build/release/latent")
    parser.add_argument("--run")
    parser.add_argument("--binary-run")
    options = parser.parse_args()
    images = test_images(options.data)
    table("8-bit", images, options.latent, options.run, options.data, binary=False)
    table("binarised", (images > 127).astype(np.uint8), options.latent, options.binary_run, options.data, binary=True)


if __name__ == "__main__":
    main()
