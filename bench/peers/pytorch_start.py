#!/usr/bin/python3
"""The peer before its first step: imports torch and unpacks the four MNIST files. The whole process is timed from outside.

  pytorch_start.py FOLDER-WITH-IDX-FILES
"""
import gzip
import sys

import numpy as np
import torch


def unpack(path, offset):
    with gzip.open(path) as file:
        return torch.from_numpy(np.frombuffer(file.read(), np.uint8, offset=offset).copy())


def main():
    for part in ("train", "t10k"):
        images = unpack(f"{sys.argv[1]}/{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
        labels = unpack(f"{sys.argv[1]}/{part}-labels-idx1-ubyte.gz", 8)
        print(part, tuple(images.shape), tuple(labels.shape))


if __name__ == "__main__":
    main()
