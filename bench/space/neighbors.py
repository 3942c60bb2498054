"""Exact neighbours, HNSW and principal components: ours beside FAISS, scikit-learn and numpy, on the same rows.

Build with -DLATENT_BUILD_BENCHMARKS=ON, then

    /usr/bin/python3 bench/space/neighbors.py train-images-idx3-ubyte.gz [--threads 2] [--rows 60000]

The file is IDX (pixels / 255) or .npy (rows as they are). Each program runs in a process of its own, one after the other, with the
same number of threads. Prints one line each: seconds, and what shows that the answers are the same. Peers that are not installed are
left out; --peers faiss,sklearn,numpy says which to run.
"""
import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

PEERS = {
    "faiss": """
import faiss
faiss.omp_set_num_threads(threads)
def work():
    index = faiss.IndexFlatL2(x.shape[1])
    index.add(x)
    return index.search(x, k + 1)
seconds, (squares, index) = timed(work)
report(task="FAISS IndexFlatL2", seconds=seconds, sum=float(np.sqrt(np.maximum(squares[:, 1:], 0)).sum()))
""",
    "sklearn": """
from sklearn.neighbors import NearestNeighbors
def work():
    return NearestNeighbors(n_neighbors=k, algorithm="brute", n_jobs=threads).fit(x).kneighbors()
seconds, (distance, index) = timed(work)
report(task="scikit-learn brute", seconds=seconds, sum=float(distance.sum()))
""",
    "numpy-pca": """
def work():
    centred = x - x.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / np.float32(len(x) - 1))
    return values[::-1]
best = min((timed(work) for _ in range(3)), key=lambda result: result[0])
report(task="numpy covariance + eigh", seconds=best[0], explained=float(best[1][:dims].sum() / best[1].sum()))
""",
    "sklearn-pca": """
from sklearn.decomposition import PCA
def work():
    return PCA(n_components=dims).fit(x)
seconds, fitted = timed(work)
report(task="scikit-learn PCA", seconds=seconds, explained=float(fitted.explained_variance_ratio_.sum()))
""",
}

PREAMBLE = """
import json, sys, time
import numpy as np
x = np.load(sys.argv[1])
k, dims, threads = int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
def timed(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
def report(**fields):
    peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(json.dumps({**fields, "peak_mb": peak // 1024}))
"""


def read_rows(path, count):
    if path.endswith(".npy"):
        rows = np.load(path)
    else:
        raw = (gzip.open if path.endswith(".gz") else open)(path, "rb").read()
        shape = np.frombuffer(raw, ">i4", 4)[1:]
        rows = np.frombuffer(raw, np.uint8, offset=16).reshape(shape[0], -1) / np.float32(255)
    return np.ascontiguousarray(rows.reshape(len(rows), -1)[:count], dtype=np.float32)


def run(command, environment):
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        fields = json.loads(line)
        name = fields.pop("task")
        shown = {key: f"{value:.8g}" if isinstance(value, float) else value for key, value in fields.items()}
        print(f"{name:28}" + "  ".join(f"{key} {value}" for key, value in shown.items()), flush=True)
    if done.returncode != 0:
        print(f"left out: {' '.join(command[:1])}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--rows", type=int, default=60000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--k", type=int, default=15)
    parser.add_argument("--dims", type=int, default=50)
    parser.add_argument("--tasks", default="exact,cosine,pca,randomized-pca,hnsw", help="of ours")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--program", default=os.path.join(ROOT, "build/release/bench/latent_neighbors"))
    arguments = parser.parse_args()
    threads = str(arguments.threads)
    environment = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.npy")
        rows = read_rows(arguments.data, arguments.rows)
        np.save(path, rows)
        print(f"{len(rows)} rows of {rows.shape[1]}, k = {arguments.k}, {threads} threads")
        ours = [arguments.program, path, "--k", str(arguments.k), "--dims", str(arguments.dims), "--threads", threads]
        for task in filter(None, arguments.tasks.split(",")):
            run(ours + [task], environment)
        for peer in filter(None, arguments.peers.split(",")):
            script = PREAMBLE + PEERS[peer]
            run([sys.executable, "-c", script, path, str(arguments.k), str(arguments.dims), threads], environment)


if __name__ == "__main__":
    main()
