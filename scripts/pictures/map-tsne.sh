#!/usr/bin/env bash
# Makes the pictures of docs/map-tsne.md: one set of codes, several perplexities and exaggerations.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" train fashion-mnist --preset vae-mlp --epochs 2 --out run
for perplexity in 5 30 100; do
  "$latent" map run --method tsne --sample 2500 --perplexity "$perplexity" -o "$images/map-tsne-perplexity-$perplexity.png"
done
"$latent" map run --method tsne --sample 2500 --init random -o "$images/map-tsne-random.png"
"$latent" map run --method tsne --sample 2500 --init random --exaggeration 1 -o "$images/map-tsne-exaggeration-1.png"
