#!/usr/bin/env bash
# Makes the picture and prints the example of docs/anomalies.md: a model that knows nine kinds of Fashion-MNIST meets the tenth,
# and a table whose columns belong together. Needs Debian's python3-numpy, to take one class out of the training images.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
fashion="${1:-/usr/share/datasets/fashion-mnist}"  # where the package dataset-fashion-mnist puts it

/usr/bin/python3 - "$fashion" <<'PYTHON'
import gzip
import sys

import numpy as np

BAG = 8


def idx(name, offset):
    with gzip.open(f"{sys.argv[1]}/{name}.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


train_x = idx("train-images-idx3-ubyte", 16).reshape(-1, 28, 28)
train_y = idx("train-labels-idx1-ubyte", 8)
test_x = idx("t10k-images-idx3-ubyte", 16).reshape(-1, 28, 28)
test_y = idx("t10k-labels-idx1-ubyte", 8)
np.savez("nine.npz", X=train_x[train_y != BAG])
np.savez("ten.npz", X=test_x, y=test_y.astype(np.int64))

# A table whose columns go together: two masses, their sum, a temperature with a long tail, a switch.
rng = np.random.RandomState(1)


def rows(n, name, broken=0):
    a, b = rng.gamma(4, 2, n), rng.gamma(4, 2, n)
    heat = 20 + rng.standard_t(3, n)
    on = (heat > 20).astype(int)
    total = a + b + 0.1 * rng.randn(n)
    total[:broken] *= 0.7  # something is lost on the way
    state = ["broken"] * broken + ["fine"] * (n - broken)
    order = rng.permutation(n)
    with open(name, "w") as out:
        out.write("mass_a,mass_b,total,temperature,on,state\n")
        for i in order:
            out.write(f"{a[i]:.3f},{b[i]:.3f},{total[i]:.3f},{heat[i]:.3f},{on[i]},{state[i]}\n")


rows(800, "normal.csv")
rows(200, "new.csv", broken=10)
PYTHON

"$latent" train nine.npz --preset vae-conv --validation 0.05 --epochs 8 --out nine
"$latent" anomalies nine ten.npz --anomaly-label 8 -o scores.csv --heatmaps "$images/anomalies-heatmaps.png" --top 24
"$latent" train normal.csv --label-column state --preset vae-table --out plant
"$latent" anomalies plant new.csv --label-column state --anomaly-label broken -o scores.csv --contributions columns.csv
head -4 scores.csv
