#!/usr/bin/env bash
# make.sh TOOL: how the files beside it were made, with the tool of version 0.1.0, from images.npy in /data.
set -euo pipefail
cd /data
"$1" train images.npy --arch mlp --hidden 4 --latent-dim 2 --likelihood logistic-mixture --epochs 3 --out run --threads 1
"$1" compress run images.npy --split all -o images.lac
"$1" encode run images.npy --split all -o codes.npy
rm run/*.png
