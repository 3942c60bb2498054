#!/usr/bin/env python3
"""Anomalies over time on the Numenta Anomaly Benchmark: `latent anomalies` beside isolation forest, matrix profile and a z-score.

    bench/series/nab.py NAB_FOLDER [--latent PROGRAM] [--window 128] [--json OUT] [--only NAME]

NAB_FOLDER holds combined_windows.json and the folders artificialWithAnomaly and realKnownCause. For each file the first 15% of the rows are
written to a file of their own, and

    latent train first.csv --window L --out run
    latent anomalies run FILE.csv -o scores.csv

scores every row by what precedes it, without any option that depends on the file. The peers see the same windows of the last L rows,
standardised by the first 15%: scikit-learn's isolation forest trained on the windows of the first 15%; the left matrix profile (distance
from the nearest earlier window that does not overlap, windows z-normalised); and how many standard deviations the last value of a window
is from the mean of the others. Choices of latent's score were made with artificialWithAnomaly and the files of realKnownCause named in CHOSEN;
the means of the others are printed by themselves.
"""
import argparse
import csv
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nab_score import PROBATION, figures, read  # noqa: E402

CHOSEN = ("artificialWithAnomaly", "ambient_temperature", "ec2_request", "nyc_taxi")
METHODS = ("latent", "isolation forest", "matrix profile", "z-score")


def windows_of(values, L):
    return np.lib.stride_tricks.sliding_window_view(values, L)


def left_profile(X, L, at_once=256):
    """Distance of each z-normalised window from the nearest one that ended before it began."""
    Z = ((X - X.mean(1, keepdims=True)) / np.maximum(X.std(1, keepdims=True), 1e-8)).astype(np.float32)
    squares, result = (Z ** 2).sum(1), np.full(len(Z), np.nan)
    for begin in range(L, len(Z), at_once):
        end = min(begin + at_once, len(Z))
        distance = squares[None, :end - L] - 2 * Z[begin:end] @ Z[:end - L].T
        for row, i in enumerate(range(begin, end)):
            result[i] = np.sqrt(max(distance[row, :i - L + 1].min() + squares[i], 0))
    return result


def peers(values, first, L):
    from sklearn.ensemble import IsolationForest

    deviation = values[:first].std()
    X = windows_of((values - values[:first].mean()) / (deviation if deviation > 0 else 1), L)
    forest = IsolationForest(random_state=0).fit(X[:first - L + 1])
    scores = {"isolation forest": -forest.score_samples(X), "matrix profile": left_profile(X, L),
              "z-score": np.abs(X[:, -1] - X[:, :-1].mean(1)) / (X[:, :-1].std(1) + 1e-6)}
    return {name: np.r_[np.full(L - 1, np.nan), s] for name, s in scores.items()}


def latent_scores(program, folder, name, lines, first, L, extra):
    with tempfile.TemporaryDirectory() as work:
        begin, run, out = (os.path.join(work, n) for n in ("first.csv", "run", "scores.csv"))
        with open(begin, "w") as file:
            file.write("\n".join(lines[:first + 1]) + "\n")
        started = time.time()
        subprocess.run([program, "train", begin, "--window", str(L), "--out", run, "--seed", "1", *extra], check=True, capture_output=True)
        trained = time.time()
        subprocess.run([program, "anomalies", run, os.path.join(folder, name), "-o", out], check=True, capture_output=True)
        took = trained - started, time.time() - trained
        with open(out) as file:
            rows = list(csv.DictReader(file))
    return np.array([float(row["score"] or "nan") for row in rows]), took, rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--latent", default="build/release/latent")
    parser.add_argument("--window", type=int, default=128)
    parser.add_argument("--only", default="")
    parser.add_argument("--json")
    parser.add_argument("--train", default="", help="further options of latent train")
    parser.add_argument("--keep", help="a folder for the files of scores")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    names = sorted(os.path.relpath(path, options.folder) for part in ("artificialWithAnomaly", "realKnownCause")
                   for path in glob.glob(os.path.join(options.folder, part, "*.csv")))
    results = {}
    for name in names:
        if options.only not in name:
            continue
        values, windows, lines = read(options.folder, name)
        first = int(PROBATION * len(values))
        try:
            ours, took, rows = latent_scores(options.latent, options.folder, name, lines, first, options.window, options.train.split())
        except subprocess.CalledProcessError as error:
            print(f"{name}: left out: {error.stderr.decode().strip().splitlines()[-1]}", flush=True)
            continue
        if options.keep:
            os.makedirs(options.keep, exist_ok=True)
            with open(os.path.join(options.keep, os.path.basename(name)), "w", newline="") as file:
                out = csv.DictWriter(file, rows[0].keys())
                out.writeheader()
                out.writerows(rows)
        scores = {"latent": ours, **({} if options.no_peers else peers(values, first, options.window))}
        results[name] = {method: figures(s, windows) for method, s in scores.items()}
        text = "; ".join(f"{m} {a:.3f} {f:.3f} {n:.1f}" for m, (a, f, n) in results[name].items())
        print(f"{name} (trained {took[0]:.1f} s, scored {took[1]:.1f} s): {text}", flush=True)
    for title, chosen in (("all", True), ("not chosen by", False)):
        part = [r for name, r in results.items() if chosen or not any(c in name for c in CHOSEN)]
        if not part:
            continue
        print(f"{title}, {len(part)} files: AUROC, best F1, NAB score")
        for method in part[0]:
            print(f"  {method:17s}" + "  ".join(f"{v:.3f}" for v in np.mean([r[method] for r in part], 0)))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
