#!/usr/bin/env python3
"""t-SNE of MNIST's test images (50 principal components) beside scikit-learn's: time, KL divergence, trustworthiness.

  /usr/bin/python3 bench/space/tsne.py MNIST_FOLDER [--points 10000] [--repeat 3] [--skip-peer]

Both lay out the same codes with the same settings: perplexity 30, 1000 steps from principal components. Both maps are then
judged by the same figures, computed here: KL divergence over all pairs (not the trees' estimates), scikit-learn's
trustworthiness (12 neighbours), and the share of points whose 10 nearest on the map are mostly of their class.
Needs the presets' benchmarks: cmake --preset release -DLATENT_BUILD_BENCHMARKS=ON, and target latent_tsne_map.
"""
import argparse
import gzip
import json
import os
import statistics
import subprocess
import tempfile
import time

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.manifold._t_sne import _joint_probabilities_nn
from sklearn.neighbors import NearestNeighbors

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read_idx(folder, name):
    with gzip.open(os.path.join(folder, name + ".gz")) as file:
        raw = file.read()
    dims = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * len(dims)).reshape(dims)


def codes_of(folder, points):
    part = "t10k" if points <= 10000 else "train"
    x = read_idx(folder, f"{part}-images-idx3-ubyte")[:points].reshape(-1, 784).astype(np.float32) / 255
    return PCA(50, random_state=0).fit_transform(x), read_idx(folder, f"{part}-labels-idx1-ubyte")[:points]


def exact_divergence(p, y):
    """KL(P || Q) with all pairs in Q's normalisation, in double."""
    y = y.astype(np.float64)
    z = 0.0
    for begin in range(0, len(y), 500):
        difference = ((y[begin:begin + 500, None, :] - y[None, :, :]) ** 2).sum(-1)
        z += (1 / (1 + difference)).sum()
    z -= len(y)
    p = p.tocoo()
    near = 1 + ((y[p.row] - y[p.col]) ** 2).sum(-1)
    return float(np.sum(p.data * np.log(p.data * near * z)))


def judge(codes, labels, p, y):
    sample = np.random.default_rng(0).permutation(len(y))[:10000]
    near = NearestNeighbors(n_neighbors=10).fit(y[sample]).kneighbors(return_distance=False)
    votes = labels[sample][near]
    majority = np.array([np.bincount(row).argmax() for row in votes])
    return {"exact kl": exact_divergence(p, y), "trustworthiness": trustworthiness(codes[sample], y[sample], n_neighbors=12),
            "label accuracy": float((majority == labels[sample]).mean())}


def ours(program, codes_file, work, repeat):
    runs = []
    for _ in range(repeat):
        map_file = os.path.join(work, "map.npy")
        runs.append(json.loads(subprocess.run([program, codes_file, map_file], check=True, capture_output=True).stdout))
    result = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return result, np.load(map_file)


def theirs(codes):
    start = time.perf_counter()
    tsne = TSNE(init="pca", learning_rate="auto", random_state=0, n_jobs=len(os.sched_getaffinity(0)))
    y = tsne.fit_transform(codes)
    return {"seconds": time.perf_counter() - start, "kl": tsne.kl_divergence_}, y


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mnist")
    parser.add_argument("--points", type=int, default=10000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--skip-peer", action="store_true")
    parser.add_argument("--program", default=os.path.join(ROOT, "build/release/bench/latent_tsne_map"))
    options = parser.parse_args()

    codes, labels = codes_of(options.mnist, options.points)
    graph = NearestNeighbors(n_neighbors=91).fit(codes).kneighbors_graph(mode="distance")
    graph.data **= 2
    p = _joint_probabilities_nn(graph, 30.0, 0)
    with tempfile.TemporaryDirectory() as work:
        codes_file = os.path.join(work, "codes.npy")
        np.save(codes_file, codes)
        figures, y = ours(options.program, codes_file, work, options.repeat)
        print("latent      ", json.dumps({**figures, **judge(codes, labels, p, y)}), flush=True)
    if not options.skip_peer:
        figures, y = theirs(codes)
        print("scikit-learn", json.dumps({**figures, **judge(codes, labels, p, y)}))


if __name__ == "__main__":
    main()
