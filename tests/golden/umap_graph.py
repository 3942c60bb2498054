"""Writes what tests/space/umap_graph_test.cpp compares with, by umap-learn 0.5.3:
    python3 tests/golden/umap_graph.py tests/golden/umap_graph
"""
import sys

import numpy as np
from sklearn.neighbors import NearestNeighbors
from umap.umap_ import find_ab_params, fuzzy_simplicial_set, smooth_knn_dist

NEIGHBORS = 7  # the point itself is one of them


def graph_of(x, metric):
    search = NearestNeighbors(n_neighbors=NEIGHBORS, metric=metric, algorithm="brute").fit(x)
    distance, index = search.kneighbors(x)
    # A duplicate may come before the point itself, which umap-learn expects first.
    for row in range(len(x)):
        at = np.flatnonzero(index[row] == row)
        if len(at) and at[0] != 0:
            index[row, at[0]] = index[row, 0]
            index[row, 0] = row
    distance = distance.astype(np.float32)
    sigma, rho = smooth_knn_dist(distance, float(NEIGHBORS))
    graph, _, _ = fuzzy_simplicial_set(x, NEIGHBORS, np.random.RandomState(0), metric, knn_indices=index,
                                       knn_dists=distance)
    return {"index": index[:, 1:].astype(np.int64), "distance": distance[:, 1:], "sigma": sigma, "rho": rho,
            "graph": np.asarray(graph.todense(), dtype=np.float32)}


def main(folder):
    random = np.random.RandomState(5)
    x = random.normal(size=(40, 5)).astype(np.float32)
    x[20:] = x[20:] * 0.1 + 3.0
    arrays = {"x": x}
    for metric in ("euclidean", "cosine"):
        arrays.update({f"{metric}_{name}": value for name, value in graph_of(x, metric).items()})
    curves = [(1.0, 0.1), (1.0, 0.0), (1.0, 0.5), (1.0, 0.99), (2.0, 0.1), (0.5, 0.25)]
    arrays["curves"] = np.array([[spread, min_dist, *find_ab_params(spread, min_dist)] for spread, min_dist in curves])
    np.savez(f"{folder}/graph.npz", **arrays)


if __name__ == "__main__":
    main(sys.argv[1])
