"""How well scores of rows find NAB's labelled windows: AUROC, the best F1 of rows, and NAB's own score.

NAB's score (Lavin & Ahmad 2015, arXiv:1510.03336): of a threshold, each window earns by its earliest detected row, more the earlier,
2 / (1 + exp(5 y)) - 1 with y from -1 at its beginning to 0 at its end; a missed window costs 1; a detection outside costs 0.11 times the
same function of how far behind the last window it is (0.11 before the first). The standard profile, scaled so that 0 is a detector that
says nothing and 100 one that is right at each window's first row. The first 15% of each file are for training and count nowhere. The
threshold is the best one of each file, for every method alike, as is that of F1.
"""
import csv
import datetime
import json
import os

import numpy as np

PROBATION = 0.15
FALSE_POSITIVE = 0.11


def read(folder, name):
    """Values, rows of the windows (first, last), and the lines of the file."""
    with open(os.path.join(folder, name)) as file:
        lines = file.read().splitlines()
    rows = list(csv.reader(lines[1:]))
    times = [datetime.datetime.fromisoformat(row[0]) for row in rows]
    with open(os.path.join(folder, "combined_windows.json")) as file:
        ends = json.load(file)[name]
    windows = []
    for first, last in ends:
        first, last = datetime.datetime.fromisoformat(first[:19]), datetime.datetime.fromisoformat(last[:19])
        inside = [i for i, t in enumerate(times) if first <= t <= last]
        windows.append((inside[0], inside[-1]))
    return np.array([float(row[1]) for row in rows]), windows, lines


def auroc(scores, labels):
    from scipy.stats import rankdata

    ranks, positive = rankdata(scores), labels.sum()
    return (ranks[labels].sum() - positive * (positive + 1) / 2) / (positive * (len(labels) - positive))


def best_f1(scores, labels):
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(labels[order])
    f1 = 2 * found / (np.arange(1, len(labels) + 1) + labels.sum())
    last_of_its_score = np.r_[scores[order][1:] != scores[order][:-1], True]
    return f1[last_of_its_score].max()


def sigmoid(y):
    return 2 / (1 + np.exp(5 * y)) - 1 if y <= 3 else -1.0


def nab_score(scores, windows, begin):
    worth, window_of = np.zeros(len(scores)), np.full(len(scores), -1)
    for k, (first, last) in enumerate(windows):
        for i in range(first, last + 1):
            worth[i], window_of[i] = sigmoid(-(last - i + 1) / (last - first + 1)) / sigmoid(-1.0), k
    for i in range(begin, len(scores)):
        before = [w for w in windows if w[1] < i]
        if window_of[i] < 0:
            worth[i] = FALSE_POSITIVE * (sigmoid((i - before[-1][1]) / max(1, before[-1][1] - before[-1][0])) if before else -1.0)
    order = begin + np.argsort(-scores[begin:], kind="stable")
    earned = np.full(len(windows), -1.0)
    total = best = -float(len(windows))
    for j, i in enumerate(order):
        k = window_of[i]
        if k < 0:
            total += worth[i]
        elif worth[i] > earned[k]:
            total, earned[k] = total + worth[i] - earned[k], worth[i]
        if j + 1 == len(order) or scores[order[j + 1]] != scores[i]:
            best = max(best, total)
    return 100 * (best + len(windows)) / (2 * len(windows))


def figures(scores, windows):
    """(AUROC, best F1, NAB score). Rows without a score, NaN, are the least odd."""
    scores = np.array(scores, float)
    scores[~np.isfinite(scores)] = np.nanmin(scores[np.isfinite(scores)])
    begin = int(PROBATION * len(scores))
    labels = np.zeros(len(scores), bool)
    for first, last in windows:
        labels[first:last + 1] = True
    return auroc(scores[begin:], labels[begin:]), best_f1(scores[begin:], labels[begin:]), nab_score(scores, windows, begin)
