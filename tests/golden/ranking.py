"""Writes ranking.csv: scores with ties and classes, and scikit-learn's figures of them. Run with /usr/bin/python3."""
import os

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

rng = np.random.RandomState(5)
with open(os.path.join(os.path.dirname(__file__), "ranking.csv"), "w") as out:
    out.write("auroc,average_precision,scores,classes\n")
    for n, levels in ((2, 0), (7, 3), (50, 0), (50, 4), (200, 20)):
        classes = np.zeros(n, dtype=int)
        classes[rng.permutation(n)[: max(1, n // 5)]] = 1
        scores = rng.randn(n) + classes
        if levels:  # ties
            scores = np.round(scores * levels / 4)
        figures = roc_auc_score(classes, scores), average_precision_score(classes, scores)
        out.write(",".join(repr(float(f)) for f in figures))
        out.write("," + " ".join(repr(float(s)) for s in scores) + "," + " ".join(str(c) for c in classes) + "\n")
