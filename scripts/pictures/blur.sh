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

  "$latent" train "$data" --preset ae-conv --epochs 5 --out "$name/ae"
  show "$name/ae" "$name-ae"
  "$latent" prior "$name/ae" --method flow --out "$name/ae-flow"
  show "$name/ae-flow" "$name-ae-flow"
done
