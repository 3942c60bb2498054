"""Writes frechet.npz: Fréchet distances by scipy's matrix square root. Run with /usr/bin/python3."""
import os

import numpy as np
from scipy.linalg import sqrtm

rng = np.random.default_rng(0)
arrays = {}


def frechet(a, b):
    mean = a.mean(0) - b.mean(0)
    A, B = np.cov(a, rowvar=False).reshape(a.shape[1], -1), np.cov(b, rowvar=False).reshape(a.shape[1], -1)
    return mean @ mean + np.trace(A) + np.trace(B) - 2 * np.trace(sqrtm(A @ B).real)


for name, (N, M, D, dead) in {"one": (9, 7, 1, 0), "small": (40, 25, 5, 0), "features": (300, 200, 48, 5)}.items():
    mix = rng.normal(size=(D, D)) / np.sqrt(D)
    a = np.maximum(rng.normal(size=(N, D)) @ mix + 0.3, -1).astype(np.float32)
    b = np.maximum(rng.normal(size=(M, D)) * 1.3 + 0.8, 0).astype(np.float32)
    a[:, :dead] = b[:, :dead] = 0  # units that never fire
    kept = slice(dead, None)  # a constant column has no root for scipy, and adds nothing
    arrays[f"{name}_a"], arrays[f"{name}_b"] = a, b
    arrays[f"{name}_distance"] = frechet(a[:, kept].astype(np.float64), b[:, kept].astype(np.float64))

np.savez_compressed(os.path.join(os.path.dirname(__file__), "frechet.npz"), **arrays)
