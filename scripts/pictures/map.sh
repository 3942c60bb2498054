#!/usr/bin/env bash
# Makes the pictures and figures of docs/map.md.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train fashion-mnist --preset vae-mlp --epochs 10 --out run
for method in pca tsne umap; do
  "$latent" map run --method "$method" --sample 2500 -o "$images/map-$method.png"
done
"$latent" map run --method umap --sample 2500 --space data -o "$images/map-data.png"
"$latent" map run --method umap --sample 2500 -o map.npy --tiles "$images/map-tiles.png" --grid 16x16
