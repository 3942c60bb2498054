#!/usr/bin/env python3
"""AUROC of `latent anomalies` on tabular sets beside k-NN distance, PCA and isolation forest in the same splits.

    bench/space/anomalies.py DATA_FOLDER [--latent PROGRAM] [--seeds 5] [--json OUT] [--published FILE.csv]

DATA_FOLDER holds *.npz with X (N, D) and y (1 = anomaly), as ADBench has them. Protocol: a random half of the normal rows is for
training (nothing else is seen by it), the other half and all anomalies are scored. For each set and seed:

    latent train train.npz --preset vae-table --out run
    latent anomalies run test.npz -o scores.csv

without any option that depends on the set. The peers are scikit-learn's on columns standardised by the training rows. A file of
published figures (one row for each set, one column for each method, in percent) is averaged over the same sets.

Published figures of small sets are of another protocol: ADBench's generator draws sets below 1,000 rows with replacement up to
1,000 before they are split, so that most test rows have a copy among the training rows. (k-NN on 15_Hepatitis: 96 where the
rows are drawn so, 84 where they are not; on 46_WPBC 64 and 55.) --as-published does the same, for the comparison with such
figures alone; without it every row is used once.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np


def split(X, y, seed):
    """Training rows, test rows and their classes."""
    rng = np.random.RandomState(seed)
    normal = rng.permutation(np.where(y == 0)[0])
    half = len(normal) // 2
    test = np.concatenate([normal[half:], np.where(y == 1)[0]])
    return X[normal[:half]], X[test], y[test]


def drawn_as_published(X, y, seed, rows=1000):
    """Small sets drawn with replacement up to 1,000 rows, copies and all."""
    if len(X) >= rows:
        return X, y
    chosen = np.random.RandomState(seed).choice(len(X), rows)
    return X[chosen], y[chosen]


def peers(train, test, classes, seed):
    from sklearn.decomposition import PCA
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import NearestNeighbors

    mean, deviation = train.mean(0), train.std(0)
    deviation[deviation < 1e-12] = 1
    train, test = (train - mean) / deviation, (test - mean) / deviation
    distance = NearestNeighbors(n_neighbors=5).fit(train).kneighbors(test)[0].mean(1)
    pca = PCA().fit(train)
    keep = pca.explained_variance_ > 1e-9
    codes = pca.transform(test)[:, keep]
    figures = {
        "knn": distance,
        "pca": (codes**2 / pca.explained_variance_[keep]).sum(1),
        "iforest": -IsolationForest(random_state=seed).fit(train).score_samples(test),
    }
    return {name: 100 * roc_auc_score(classes, np.nan_to_num(s)) for name, s in figures.items()}


def ours(latent, folder, train, test, classes, seed, options):
    """The result of `latent anomalies`, and the seconds that both commands took."""
    np.savez(f"{folder}/train.npz", X=train)
    np.savez(f"{folder}/test.npz", X=test, y=classes)
    begin = time.time()

    def run(*arguments):
        done = subprocess.run([latent, *arguments, "--json"], cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(arguments)}\n{done.stderr}")
        return json.loads(done.stdout)

    run("train", "train.npz", "--preset", "vae-table", "--seed", str(seed), "--out", "run", "--overwrite", *options)
    trained = time.time()
    result = run("anomalies", "run", "test.npz", "-o", "scores.csv")
    return result, trained - begin, time.time() - trained


def set_number(name):
    head = name.split("_")[0]
    return (int(head) if head.isdigit() else 1 << 30, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--latent", default="build/release/latent")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", default="", help="names between commas (default: all)")
    parser.add_argument("--most-rows", type=int, default=0, help="training and test rows of each set at most, to try things out")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--as-published", action="store_true", help="draw small sets with replacement before they are split")
    parser.add_argument("--published")
    parser.add_argument("--keep", help="folder for the scores.csv and classes of each set and seed")
    parser.add_argument("--train-options", default="", help="more options of latent train")
    parser.add_argument("--json")
    args = parser.parse_args()
    latent = os.path.abspath(args.latent)
    names = sorted((f[:-4] for f in os.listdir(args.data) if f.endswith(".npz")), key=set_number)
    if args.sets:
        names = [n for n in names if n in args.sets.split(",")]
    if args.keep:
        os.makedirs(args.keep, exist_ok=True)

    table, seconds = {}, 0.0
    for name in names:
        file = np.load(os.path.join(args.data, name + ".npz"))
        X, y = file["X"].astype(float), file["y"].ravel().astype(int)
        rows = []
        for seed in range(args.seeds):
            rows_and_classes = drawn_as_published(X, y, seed) if args.as_published else (X, y)
            train, test, classes = split(*rows_and_classes, seed)
            if args.most_rows:
                train = train[: args.most_rows]
                few = np.random.RandomState(seed).permutation(len(test))[: args.most_rows]
                test, classes = test[few], classes[few]
            with tempfile.TemporaryDirectory() as folder:
                result, training, scoring = ours(latent, folder, train, test, classes, seed, args.train_options.split())
                if args.keep:
                    os.replace(f"{folder}/scores.csv", f"{args.keep}/{name}_{seed}.csv")
                    np.save(f"{args.keep}/{name}_{seed}.npy", classes)
            seconds += training + scoring
            row = {"latent": 100 * result["auroc"], "seconds": training + scoring}
            row.update({c: 100 * f["auroc"] for c, f in result["components"].items()})
            if not args.no_peers:
                row.update(peers(train, test, classes, seed))
            rows.append(row)
        table[name] = {key: float(np.mean([r[key] for r in rows])) for key in rows[0]}
        print(f"{name:22s}", "  ".join(f"{k} {v:.2f}" for k, v in table[name].items()), flush=True)

    summary = {k: float(np.mean([row[k] for row in table.values()])) for k in next(iter(table.values())) if k != "seconds"}
    print("mean AUROC over", len(table), "sets,", args.seeds, "seeds:")
    for key, value in summary.items():
        print(f"  {key:16s} {value:.2f}")
    print(f"  seconds of latent in all: {seconds:.0f}")
    published = {}
    if args.published:
        with open(args.published) as file:
            rows = [row for row in csv.DictReader(file) if row["file"].removesuffix(".npz") in table]
        for method in rows[0]:
            if method != "file":
                published[method] = float(np.mean([float(row[method]) for row in rows]))
        print("published means:", ", ".join(f"{m} {v:.2f}" for m, v in sorted(published.items(), key=lambda p: -p[1])))
    if args.json:
        with open(args.json, "w") as out:
            json.dump({"sets": table, "mean": summary, "published": published, "seconds": seconds}, out, indent=1)


if __name__ == "__main__":
    main()
