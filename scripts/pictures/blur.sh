#!/usr/bin/env bash
# Makes the pictures and figures of docs/blur.md: those of Fashion-MNIST, and with MNIST=FOLDER (of its four IDX files) those of MNIST too.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

# Samples of a run, and their figures. The choice between settings is made on the validation part, figures are those of the test part.
show() { # RUN PICTURE
  "$latent" sample "$1" -n 64 -o "$images/blur-$2.png"
  "$latent" evaluate "$1" --features "$judge" --samples 10000
}

for data in fashion-mnist ${MNIST:+"$MNIST"}; do
  name="$(basename "$data")"
  judge="$name/cnn"
  "$latent" train "$data" --preset cnn-small --epochs 4 --out "$judge"

  "$latent" train "$data" --preset vae-conv --epochs 5 --out "$name/vae"
  show "$name/vae" "$name-vae"
  "$latent" prior "$name/vae" --method flow --out "$name/vae-flow"
  show "$name/vae-flow" "$name-vae-flow"
  for method in mixture vamp; do
    "$latent" prior "$name/vae" --method "$method" --out "$name/vae-$method"
    "$latent" evaluate "$name/vae-$method" --features "$judge" --samples 10000
  done

  for beta in "0.02 --epochs 5" "0.02 --latent-dim 32 --epochs 10"; do
    # shellcheck disable=SC2086  # several options
    "$latent" train "$data" --preset vae-conv --beta $beta --out "$name/vae-little-kl" --overwrite
    "$latent" evaluate "$name/vae-little-kl" --features "$judge" --samples 10000
    "$latent" prior "$name/vae-little-kl" --method flow
    show "$name/vae-little-kl" "$name-vae-little-kl-flow"
  done

  "$latent" train "$data" --preset ae-conv --epochs 5 --out "$name/ae"
  show "$name/ae" "$name-ae"
  "$latent" prior "$name/ae" --method flow --out "$name/ae-flow"
  show "$name/ae-flow" "$name-ae-flow"
done
