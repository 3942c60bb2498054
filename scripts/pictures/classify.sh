#!/usr/bin/env bash
# Makes the pictures and figures of docs/classify.md.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train fashion-mnist --preset cnn --epochs 2 --out run
"$latent" evaluate run --confusion "$images/classify-confusion.png" --errors "$images/classify-errors.png"
"$latent" map run -o "$images/classify-map.png"

first_thousand="$(seq -s, 0 999)"
for metric in euclidean cosine; do
  "$latent" neighbors run --query "$first_thousand" --metric "$metric" -o table.csv
done
