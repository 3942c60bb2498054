#!/usr/bin/env bash
# Makes the pictures and figures of docs/why-a-vae.md: a VAE and a plain autoencoder of the same size, side by side.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

for kind in vae ae; do
  # Roomy codes, as one would choose them not knowing how many dimensions the data needs.
  "$latent" train fashion-mnist --preset "$kind-mlp" --latent-dim 64 --epochs 10 --out "$kind"
  "$latent" evaluate "$kind"
  "$latent" sample "$kind" -n 49 -o "$images/why-$kind-samples.png"
  "$latent" interpolate "$kind" --from 1,4,6 --to 2,0,9 --steps 12 -o "$images/why-$kind-between.png"
  # Codes of two dimensions, so that the whole space can be seen.
  "$latent" train fashion-mnist --preset "$kind-mlp" --latent-dim 2 --epochs 10 --out "$kind-2d"
  cp "$kind-2d/manifold.png" "$images/why-$kind-manifold.png"
done
