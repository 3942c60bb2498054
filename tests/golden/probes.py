#!/usr/bin/env python3
"""Writes tests/golden/probes.npz: what scikit-learn finds on small sets. Needs numpy and scikit-learn (1.2).
    python3 tests/golden/probes.py
"""
import io
import zipfile
from pathlib import Path

import numpy as np
from sklearn import datasets, metrics
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

rng = np.random.default_rng(20)
arrays = {}


def put(name, value):
    arrays[name] = np.asarray(value)


# Three classes that overlap, so that every regression has a finite optimum with room around it.
labels = np.repeat(np.arange(3), 40)
centres = rng.normal(size=(3, 5)) * 1.2
x = (centres[labels] + rng.normal(size=(120, 5))).astype("<f4")
x_test = (centres[np.repeat(np.arange(3), 15)] + rng.normal(size=(45, 5))).astype("<f4")
put("x", x)
put("labels", labels)
put("x_test", x_test)
for name, C in {"weak": 10.0, "one": 1.0, "strong": 0.01}.items():
    model = LogisticRegression(C=C, tol=1e-12, max_iter=100000, multi_class="multinomial").fit(x.astype("f8"), labels)
    put(f"logistic_{name}_weight", model.coef_)
    put(f"logistic_{name}_bias", model.intercept_)
    put(f"logistic_{name}_test", model.predict(x_test))

values = x.astype("f8") @ rng.normal(size=5) + 3.0 + 0.5 * rng.normal(size=120)
strengths = np.array([0.01, 0.1, 1.0, 10.0, 100.0, 1000.0])
put("values", values)
put("strengths", strengths)
model = Ridge(alpha=7.0).fit(x.astype("f8"), values)
put("ridge_weight", model.coef_)
put("ridge_intercept", model.intercept_)
model = RidgeCV(alphas=strengths).fit(x.astype("f8"), values)
put("ridge_chosen", model.alpha_)
put("ridge_chosen_weight", model.coef_)
wide = rng.normal(size=(24, 60)).astype("<f4")
wide_values = wide[:, :6].astype("f8").sum(axis=1) + 2.0 * rng.normal(size=24)
put("wide", wide)
put("wide_values", wide_values)
model = RidgeCV(alphas=strengths).fit(wide.astype("f8"), wide_values)
put("wide_chosen", model.alpha_)
put("wide_weight", model.coef_)
put("wide_intercept", model.intercept_)

for metric in ("euclidean", "cosine"):
    model = KNeighborsClassifier(5, weights="distance", metric=metric, algorithm="brute").fit(x, labels)
    put(f"knn_{metric}_distance", model.predict(x_test))
    model = KNeighborsClassifier(5, metric=metric, algorithm="brute").fit(x, labels)
    put(f"knn_{metric}_votes", np.round(model.predict_proba(x_test) * 5).astype("<i8"))
    put(f"knn_{metric}_values",
        KNeighborsRegressor(4, weights="distance", metric=metric, algorithm="brute").fit(x, values).predict(x_test))

other = np.where(rng.random(120) < 0.3, rng.integers(0, 5, 120), labels)
put("other", other)
put("ari", metrics.adjusted_rand_score(labels, other))
put("nmi", metrics.normalized_mutual_info_score(labels, other))
put("silhouette", metrics.silhouette_score(x.astype("f8"), labels))
put("silhouette_other", metrics.silhouette_score(x.astype("f8"), other))

iris = datasets.load_iris().data.astype("<f4")
put("iris", iris)
put("iris_labels", datasets.load_iris().target)
for k in (3, 5, 8):
    put(f"kmeans_{k}_inertia", KMeans(k, n_init=100, tol=0, random_state=0).fit(iris.astype("f8")).inertia_)
for name in ("full", "diag"):
    for k in (1, 2, 3):
        model = GaussianMixture(k, covariance_type=name, tol=1e-9, max_iter=10000, n_init=5, random_state=0)
        model.fit(iris.astype("f8"))
        put(f"mixture_{name}_{k}_score", model.score(iris.astype("f8")))
        put(f"mixture_{name}_{k}_bic", model.bic(iris.astype("f8")))
model = GaussianMixture(3, tol=1e-9, max_iter=10000, n_init=5, random_state=0).fit(iris.astype("f8"))
order = np.argsort(-model.weights_)
put("mixture_weights", model.weights_[order])
put("mixture_means", model.means_[order])
put("mixture_covariances", model.covariances_[order])

with zipfile.ZipFile(Path(__file__).parent / "probes.npz", "w") as archive:
    for name, array in arrays.items():
        out = io.BytesIO()
        np.lib.format.write_array(out, np.ascontiguousarray(array))
        info = zipfile.ZipInfo(f"{name}.npy")  # dated 1980, so that the bytes are always the same
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, out.getvalue())
