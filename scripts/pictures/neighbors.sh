#!/usr/bin/env bash
# Makes the pictures and figures of docs/neighbors.md.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train fashion-mnist --preset vae-mlp --epochs 20 --out run
"$latent" neighbors run --query 0,1,4,7,12 -o "$images/neighbors-latent.png"
"$latent" neighbors run --query 0,1,4,7,12 --space data -o "$images/neighbors-data.png"

# How many neighbours have the label of their query, by every metric.
first_thousand="$(seq -s, 0 999)"
for metric in euclidean cosine wasserstein kl; do
  "$latent" neighbors run --query "$first_thousand" --metric "$metric" -o table.csv
done
for metric in euclidean cosine; do
  "$latent" neighbors run --query "$first_thousand" --metric "$metric" --space data -o table.csv
done
"$latent" neighbors run --query "$first_thousand" --method hnsw -o table.csv
