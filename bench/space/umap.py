#!/usr/bin/env python3
"""UMAP of MNIST's training images (raw pixels) beside umap-learn's: time, memory, trustworthiness, label accuracy.

  /usr/bin/python3 bench/space/umap.py MNIST_FOLDER [--points 60000] [--threads 2] [--peers seeded,unseeded|none]

Both lay out the same rows with the same settings (15 neighbours, min_dist 0.1, two dimensions), each in a process of its own, and
report their second fit: umap-learn compiles during its first one. "seeded" is umap-learn with random_state=0, which makes it use one
thread; ours is always seeded. All maps are judged here by scikit-learn: trustworthiness (15 neighbours, one sample of 10,000) and the
share of points whose 10 nearest on the map are mostly of their class.
Needs the preset's benchmarks: cmake --preset release -DLATENT_BUILD_BENCHMARKS=ON, and target latent_umap_map.
"""
import sys

sys.path.pop(0)  # this folder, where `import umap` would find this file

import argparse
import gzip
import json
import os
import subprocess
import tempfile

import numpy as np
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                       "build", "release", "bench", "latent_umap_map")
PEER = """
import json, sys, time
import numpy as np, umap
x = np.load(sys.argv[1])
for fit in range(2):
    start, before = time.perf_counter(), time.process_time()
    y = umap.UMAP(random_state=0 if sys.argv[3] == "seeded" else None).fit_transform(x)
    seconds, processor = time.perf_counter() - start, time.process_time() - before
np.save(sys.argv[2], y)
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
print(json.dumps({"seconds": round(seconds, 2), "processor": round(processor, 2),
                  "peak MB": peak // 1024}))
"""


def read_idx(path, offset):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


def judge(x, labels, y):
    sample = np.random.RandomState(0).permutation(len(y))[:10000]
    near = NearestNeighbors(n_neighbors=10).fit(y).kneighbors(return_distance=False)
    majority = np.array([np.bincount(row).argmax() for row in labels[near]])
    return {"trustworthiness": round(trustworthiness(x[sample], y[sample], n_neighbors=15), 4),
            "label accuracy": round(float((majority == labels).mean()), 4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--points", type=int, default=60000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", default="seeded,unseeded")
    parser.add_argument("--init", default="pca,spectral", help="of ours")
    arguments = parser.parse_args()
    x = read_idx(f"{arguments.folder}/train-images-idx3-ubyte.gz", 16).reshape(-1, 784)[:arguments.points]
    x = x.astype(np.float32) / 255
    labels = read_idx(f"{arguments.folder}/train-labels-idx1-ubyte.gz", 8)[:arguments.points]
    environment = dict(os.environ, NUMBA_NUM_THREADS=str(arguments.threads), OMP_NUM_THREADS=str(arguments.threads))
    with tempfile.TemporaryDirectory() as work:
        rows, result = f"{work}/rows.npy", f"{work}/map.npy"
        np.save(rows, x)
        programs = {f"latent, {init}": [PROGRAM, rows, result, "--init", init, "--threads", str(arguments.threads)]
                    for init in arguments.init.split(",")}
        for kind in arguments.peers.split(","):
            if kind in ("seeded", "unseeded"):
                programs[f"umap-learn, {kind}"] = [sys.executable, "-c", PEER, rows, result, kind]
        for name, command in programs.items():
            output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=work).stdout
            print(name, {**json.loads(output), **judge(x, labels, np.load(result))}, flush=True)


if __name__ == "__main__":
    main()
