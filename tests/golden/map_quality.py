#!/usr/bin/env python3
"""Writes map_quality/*.npz: codes ("before"), a map of them ("map"), "labels", and scikit-learn's figures for each k in "k".

Run: /usr/bin/python3 tests/golden/map_quality.py   (scikit-learn 1.2, numpy)
"""
import pathlib

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

OUT = pathlib.Path(__file__).parent / "map_quality"


def others(x, k):
    return NearestNeighbors(n_neighbors=k).fit(x).kneighbors(return_distance=False)


def agreement(before, map_, k):
    a, b = others(before, k), others(map_, k)
    return np.mean([len(set(a[i]) & set(b[i])) / k for i in range(len(a))])


def label_accuracy(map_, labels, k):
    """By hand, because KNeighborsClassifier gives ties to the smaller label, not to the nearer one."""
    known = labels >= 0
    near, labels = others(map_[known], k), labels[known]
    right = 0
    for i, row in enumerate(labels[near].tolist()):
        right += max(row, key=lambda label: (row.count(label), -row.index(label))) == labels[i]
    return right / len(labels)


def write(name, before, map_, labels, ks):
    stored = {"before": before, "map": map_, "labels": labels, "k": np.array(ks)}
    before, map_ = before.astype(np.float64), map_.astype(np.float64)  # scikit-learn would round distances of float32
    np.savez_compressed(
        OUT / f"{name}.npz", **stored,
        trustworthiness=[trustworthiness(before, map_, n_neighbors=k) for k in ks],
        agreement=[agreement(before, map_, k) for k in ks],
        label_accuracy=[label_accuracy(map_, labels, k) for k in ks])


OUT.mkdir(exist_ok=True)
rng = np.random.default_rng(0)

# Clusters in 20 dimensions, and their two principal components.
labels = rng.integers(-1, 5, 400)
clusters = (3 + rng.normal(size=(6, 20))[labels] * 2 + rng.normal(size=(400, 20))).astype(np.float32)
write("clusters", clusters, PCA(2, svd_solver="full").fit_transform(clusters).astype(np.float32), labels, [1, 5, 15, 199])

# Noise and a map that knows nothing of it.
noise = rng.normal(size=(301, 7)).astype(np.float32)
write("noise", noise, rng.normal(size=(301, 3)).astype(np.float32), rng.integers(0, 2, 301), [1, 4, 30])
