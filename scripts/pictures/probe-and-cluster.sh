#!/usr/bin/env bash
# Makes the pictures and figures of docs/probe-and-cluster.md.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train fashion-mnist --epochs 4 --precision bf16 --out run
"$latent" probe run -o "$images/probe-confusion.png"
"$latent" probe run --labels-per-class 5 --augment
"$latent" cluster run -k 10 -o "$images/clusters-kmeans.png"
"$latent" cluster run -k 10 --method gmm -o clusters.csv
"$latent" cluster run --method gmm
# What codes know of where a shape stands, and of its size.
"$latent" train shapes:20000 --arch mlp --latent-dim 10 --epochs 5 --precision bf16 --out shapes
for factor in x scale; do
  "$latent" probe shapes --target "$factor" --samples 5000
done
