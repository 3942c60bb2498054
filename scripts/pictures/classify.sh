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

# How well nearness finds a class again: features, codes that never saw a label, pixels.
"$latent" train fashion-mnist --preset cnn-small --epochs 4 --out small
"$latent" train fashion-mnist --preset vae-conv --epochs 5 --out vae
for metric in euclidean cosine; do
  "$latent" neighbors small --query "$first_thousand" --metric "$metric" --retrieval -o table.csv
  "$latent" neighbors vae --query "$first_thousand" --metric "$metric" --retrieval -o table.csv
  "$latent" neighbors vae --query "$first_thousand" --metric "$metric" --space data --retrieval -o table.csv
done
