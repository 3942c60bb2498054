#!/usr/bin/env bash
# Makes the pictures and figures of docs/map.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

latent="$PWD/build/release/latent"
images="$PWD/docs/images"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$images"
cd "$work"

"$latent" train fashion-mnist --preset vae-mlp --epochs 20 --out run
for method in pca tsne umap; do
  "$latent" map run --method "$method" --sample 5000 -o "$images/map-$method.png"
done
"$latent" map run --method umap --sample 5000 --space data -o "$images/map-data.png"
"$latent" map run --method umap --sample 5000 -o map.npy --tiles "$images/map-tiles.png" --grid 18x18
