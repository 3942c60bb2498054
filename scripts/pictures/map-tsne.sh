#!/usr/bin/env bash
# Makes the pictures of docs/map-tsne.md: one set of codes, several perplexities and exaggerations.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

latent="${LATENT:-$PWD/build/release/latent}"
images="$PWD/docs/images"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$images"
cd "$work"

"$latent" train fashion-mnist --preset vae-mlp --epochs 10 --out run
for perplexity in 5 30 100; do
  "$latent" map run --method tsne --sample 5000 --perplexity "$perplexity" -o "$images/map-tsne-perplexity-$perplexity.png"
done
"$latent" map run --method tsne --sample 5000 --init random -o "$images/map-tsne-random.png"
"$latent" map run --method tsne --sample 5000 --init random --exaggeration 1 -o "$images/map-tsne-exaggeration-1.png"
