"""Writes pca/: a small data set, and scikit-learn's principal components of it. Run with /usr/bin/python3."""
import os

import numpy as np
from sklearn.decomposition import PCA

folder = os.path.join(os.path.dirname(__file__), "pca")
os.makedirs(folder, exist_ok=True)
rng = np.random.default_rng(7)
# Tall: more rows than columns; wide: fewer. Distinct variances, a mean far from zero.
for name, rows, cols in (("tall", 120, 18), ("wide", 20, 60)):
    scales = np.exp(-0.35 * np.arange(cols))
    turn = np.linalg.qr(rng.normal(size=(cols, cols)))[0]
    x = ((rng.normal(size=(rows, cols)) * scales) @ turn + 10.0 * rng.normal(size=cols)).astype(np.float32)
    pca = PCA(n_components=6, svd_solver="full").fit(x.astype(np.float64))
    components = pca.components_
    # Our rule of signs: the entry of largest magnitude is positive.
    largest = np.abs(components).argmax(axis=1)
    components = components * np.sign(components[np.arange(6), largest])[:, None]
    np.save(os.path.join(folder, f"{name}_x.npy"), x)
    np.save(os.path.join(folder, f"{name}_components.npy"), components)
    np.save(os.path.join(folder, f"{name}_variance.npy"), pca.explained_variance_)
    np.save(os.path.join(folder, f"{name}_ratio.npy"), pca.explained_variance_ratio_)
