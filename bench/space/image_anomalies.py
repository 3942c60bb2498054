#!/usr/bin/env python3
"""AUROC of `latent anomalies` on images: a model learns nine of ten classes, and must find the tenth.

    bench/space/image_anomalies.py MNIST_FOLDER [--latent PROGRAM] [--classes 0,1,...] [--epochs 8] [--json OUT]

MNIST_FOLDER holds MNIST's IDX files. For each class c:

    latent train nine.npz --preset vae-conv --validation 0.05 --epochs E --out run       (training images but those of c)
    latent anomalies run test.npz --anomaly-label c -o scores.csv                        (all test images)

Beside it, on pixels: mean distance to the 5 nearest of 20,000 training images, and what 50 principal components leave over.
"""
import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np


def idx(folder, name):
    path = os.path.join(folder, name)
    raw = gzip.open(path + ".gz").read() if os.path.exists(path + ".gz") else open(path, "rb").read()
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def peers(train, test, is_anomaly):
    from sklearn.decomposition import PCA
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import NearestNeighbors

    train = train.reshape(len(train), -1).astype(np.float32) / 255
    test = test.reshape(len(test), -1).astype(np.float32) / 255
    few = np.random.RandomState(0).permutation(len(train))[:20000]
    knn = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(train[few]).kneighbors(test)[0].mean(1)
    pca = PCA(50, svd_solver="randomized", random_state=0).fit(train[few])
    rest = ((test - pca.inverse_transform(pca.transform(test))) ** 2).sum(1)
    return {"pixel_knn": roc_auc_score(is_anomaly, knn), "pixel_pca": roc_auc_score(is_anomaly, rest)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--latent", default="build/release/latent")
    parser.add_argument("--classes", default="0,1,2,3,4,5,6,7,8,9")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--keep", help="folder for the scores.csv of each class")
    parser.add_argument("--json")
    args = parser.parse_args()
    latent = os.path.abspath(args.latent)
    train_x, train_y = (idx(args.data, f"train-{n}") for n in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    test_x, test_y = (idx(args.data, f"t10k-{n}") for n in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    if args.keep:
        os.makedirs(args.keep, exist_ok=True)

    table = {}
    for c in map(int, args.classes.split(",")):
        nine = train_x[train_y != c]
        begin = time.time()
        with tempfile.TemporaryDirectory() as folder:
            np.savez(f"{folder}/nine.npz", X=nine)
            np.savez(f"{folder}/test.npz", X=test_x, y=test_y.astype(np.int64))

            def run(*arguments):
                done = subprocess.run([latent, *arguments, "--json"], cwd=folder, capture_output=True, text=True)
                if done.returncode != 0:
                    sys.exit(f"{' '.join(arguments)}\n{done.stderr}")
                return json.loads(done.stdout)

            run("train", "nine.npz", "--preset", "vae-conv", "--validation", "0.05", "--epochs", str(args.epochs), "--out", "run")
            result = run("anomalies", "run", "test.npz", "--anomaly-label", str(c), "-o", "scores.csv")
            if args.keep:
                os.replace(f"{folder}/scores.csv", f"{args.keep}/{c}.csv")
        row = {"latent": result["auroc"]}
        row.update({name: f["auroc"] for name, f in result["components"].items()})
        row["seconds"] = time.time() - begin
        if not args.no_peers:
            row.update(peers(nine, test_x, test_y == c))
        table[c] = row
        print(c, "  ".join(f"{k} {v:.3f}" for k, v in row.items()), flush=True)
    mean = {k: float(np.mean([row[k] for row in table.values()])) for k in next(iter(table.values()))}
    print("mean AUROC of", len(table), "classes:")
    for key, value in mean.items():
        print(f"  {key:16s} {value:.3f}")
    if args.json:
        with open(args.json, "w") as out:
            json.dump({"classes": table, "mean": mean}, out, indent=1)


if __name__ == "__main__":
    main()
