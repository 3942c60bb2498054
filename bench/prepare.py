#!/usr/bin/python3
"""Makes the data of a row of suite.py. A program of its own, so that the suite stays small: what a process has ever used
counts in the peak memory of those that it starts.

  prepare.py mnist|colour|png|sparse COUNT FOLDER-WITH-THE-FOUR-MNIST-FILES OUT
"""
import gzip
import os
import sys

import numpy as np
from PIL import Image

MOST_TESTED = 500  # samples of the test part


def mnist(folder, part):
    """(images (N, 1, 28, 28), labels (N)); part: train or t10k"""
    def read(name, offset):
        with gzip.open(f"{folder}/{part}-{name}-ubyte.gz") as file:
            return np.frombuffer(file.read(), np.uint8, offset=offset)

    return read("images-idx3", 16).reshape(-1, 1, 28, 28), read("labels-idx1", 8)


def write_mnist(count, folder, out):
    """An .npz of the first images."""
    np.savez(out, x_train=mnist(folder, "train")[0][:count], x_test=mnist(folder, "t10k")[0][:MOST_TESTED])


def write_colour(count, _, out):
    """An .npz of generated pictures (N, 3, 64, 64): 8 x 8 random colours with noise."""
    rng = np.random.default_rng(0)

    def pictures(n):
        colours = rng.integers(0, 224, (n, 3, 8, 8), dtype=np.uint8).repeat(8, axis=2).repeat(8, axis=3)
        return colours + rng.integers(0, 32, colours.shape, dtype=np.uint8)

    np.savez(out, x_train=pictures(count), x_test=pictures(100))


def write_png(count, folder, out):
    """OUT/train/LABEL/NUMBER.png of the first images, and a few in OUT/test."""
    for part, name, n in [("train", "train", count), ("t10k", "test", 100)]:
        images, labels = mnist(folder, part)
        for label in range(10):
            os.makedirs(f"{out}/{name}/{label}")
        for i in range(min(n, len(images))):
            Image.fromarray(images[i, 0]).save(f"{out}/{name}/{labels[i]}/{i:05}.png")


def write_sparse(count, _, out):
    """An .npy of black images (N, 28, 28) that takes no space on the disk."""
    np.lib.format.open_memmap(out, mode="w+", dtype=np.uint8, shape=(count, 28, 28)).flush()


def main():
    kind, count, folder, out = sys.argv[1:]
    unfinished = os.path.join(os.path.dirname(out), "unfinished-" + os.path.basename(out))
    {"mnist": write_mnist, "colour": write_colour, "png": write_png, "sparse": write_sparse}[kind](int(count), folder, unfinished)
    os.rename(unfinished, out)


if __name__ == "__main__":
    main()
