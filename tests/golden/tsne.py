#!/usr/bin/env python3
"""Writes tsne/*.npz: codes, scikit-learn's probabilities P of them, and the divergence of its map.

  codes                    (N, D) float32
  perplexity               of P and of the map
  begin, column, value     P as a sparse matrix by rows
  kl_divergence            of scikit-learn's Barnes-Hut map after 1000 steps from principal components
  kl_exact                 the same map, with all pairs in the normalisation

Run: /usr/bin/python3 tests/golden/tsne.py   (scikit-learn 1.2, numpy)
"""
import pathlib

import numpy as np
from scipy.spatial.distance import pdist, squareform
from sklearn.manifold import TSNE
from sklearn.manifold._t_sne import _joint_probabilities_nn
from sklearn.neighbors import NearestNeighbors

OUT = pathlib.Path(__file__).parent / "tsne"


def probabilities(codes, perplexity, metric):
    """As in TSNE._fit."""
    k = min(len(codes) - 1, int(3.0 * perplexity + 1))
    graph = NearestNeighbors(n_neighbors=k, metric=metric).fit(codes).kneighbors_graph(mode="distance")
    graph.data **= 2
    p = _joint_probabilities_nn(graph, perplexity, 0).tocsr()
    p.sort_indices()
    return p


def exact_divergence(p, y):
    w = 1 / (1 + squareform(pdist(y.astype(np.float64), "sqeuclidean")))
    np.fill_diagonal(w, 0)
    p = p.tocoo()
    return np.sum(p.data * np.log(p.data / (w[p.row, p.col] / w.sum())))


def write(name, codes, perplexity, metric="euclidean"):
    p = probabilities(codes, perplexity, metric)
    tsne = TSNE(perplexity=perplexity, init="pca", learning_rate="auto", metric=metric, random_state=0)
    y = tsne.fit_transform(codes)
    np.savez_compressed(OUT / f"{name}.npz", codes=codes, perplexity=float(perplexity), begin=p.indptr.astype(np.int64),
                        column=p.indices.astype(np.int64), value=p.data, kl_divergence=float(tsne.kl_divergence_),
                        kl_exact=exact_divergence(p, y))
    print(name, tsne.kl_divergence_, exact_divergence(p, y))


OUT.mkdir(exist_ok=True)
rng = np.random.default_rng(0)
clusters = (rng.normal(size=(6, 10))[rng.integers(0, 6, 250)] * 4 + rng.normal(size=(250, 10))).astype(np.float32)
write("clusters", clusters, 10)
write("cosine", clusters[:150], 7.5, "cosine")
write("few", clusters[:40], 30)  # fewer points than three times the perplexity
