#!/usr/bin/env bash
# Makes the pictures and figures of docs/probe-and-cluster.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

latent="$PWD/build/release/latent"
images="$PWD/docs/images"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$images"
cd "$work"

"$latent" train fashion-mnist --epochs "${EPOCHS:-10}" --out run
"$latent" probe run -o "$images/probe-confusion.png"
for labels in 5 50; do
  "$latent" probe run --labels-per-class "$labels" --augment
done
"$latent" cluster run -k 10 -o "$images/clusters-kmeans.png"
"$latent" cluster run -k 10 --method gmm -o "$images/clusters-gmm.png"
"$latent" cluster run --method gmm --covariance diagonal --k-max 30
# What codes know of where a shape stands, and of its size.
"$latent" train shapes:20000 --latent-dim 10 --epochs "${EPOCHS:-10}" --out shapes
for factor in x scale; do
  "$latent" probe shapes --target "$factor" --samples 10000
done
