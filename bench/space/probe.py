"""Probes and clusterings: ours beside scikit-learn, on the same codes and the same raw data.

Build with -DLATENT_BUILD_BENCHMARKS=ON, train a model on a set with a test part (MNIST, Fashion-MNIST), then

    /usr/bin/python3 bench/space/probe.py RUN DATA [--threads 2] [--only codes] [--skip-peer]

Both get the same arrays in memory and the same number of threads; loading and importing are not timed. The figure is the accuracy
on the test part, the inertia, or the mean log-likelihood. Standardised columns and C = 0.01 for logistic regression, five
starts for k-means, one for the mixture (full covariances).
"""
import argparse
import json
import os
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("data")
    parser.add_argument("--program", default=os.path.join(ROOT, "build/release/bench/latent_probe"))
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--only", default="", choices=["", "codes", "raw"])
    parser.add_argument("--skip-peer", action="store_true")
    return parser.parse_args()


def peer_rows(on, x, x_test, y, y_test, threads):
    """(row, function that returns its figure)"""
    from sklearn.cluster import KMeans
    from sklearn.linear_model import LogisticRegression
    from sklearn.mixture import GaussianMixture
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import StandardScaler

    def logistic():
        scaler = StandardScaler().fit(x)
        return LogisticRegression(C=0.01, max_iter=500).fit(scaler.transform(x), y).score(scaler.transform(x_test), y_test)

    rows = [(f"logistic, {on}", logistic),
            (f"5-NN, {on}", lambda: KNeighborsClassifier(5, algorithm="brute", n_jobs=threads).fit(x, y).score(x_test, y_test)),
            (f"k-means 10, {on}", lambda: KMeans(10, n_init=5, random_state=0).fit(x).inertia_)]
    if x.shape[1] <= 64:
        rows.append((f"mixture 10, {on}", lambda: GaussianMixture(10, random_state=0).fit(x).score(x)))
    return rows


def main():
    options = arguments()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        arrays = os.path.join(folder, "arrays.npz")
        command = [options.program, options.run, options.data, arrays, str(options.threads)] + [options.only] * (options.only != "")
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        ours = {row["name"]: row for row in map(json.loads, out.splitlines())}
        for name, row in ours.items():
            print(f"{name:20} latent        {row['figure']:14.6g} {row['seconds']:9.2f} s", flush=True)
        if options.skip_peer:
            return
        loaded = np.load(arrays)
        y, y_test = loaded["labels"], loaded["labels_test"]
        for on in [options.only] if options.only else ["codes", "raw"]:
            for name, work in peer_rows(on, loaded[on], loaded[on + "_test"], y, y_test, options.threads):
                start = time.perf_counter()
                figure = work()
                seconds = time.perf_counter() - start
                print(f"{name:20} scikit-learn  {figure:14.6g} {seconds:9.2f} s  {seconds / ours[name]['seconds']:6.1f} x", flush=True)


main()
