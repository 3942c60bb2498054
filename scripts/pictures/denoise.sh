#!/usr/bin/env bash
# Makes the pictures and figures of docs/denoise.md: denoisers, and a plain VAE that was never shown any damage.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

latent="$PWD/build/release/latent"
images="$PWD/docs/images"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$images"
cd "$work"

# Prints what cleaning the test images is worth, and draws the first sixteen: damaged above cleaned above clean.
clean() {  # RUN SPEC PICTURE
  echo "== $1, $2"
  "$latent" denoise "$1" fashion-mnist --corrupt "$2" -o figures.npy
  "$latent" denoise "$1" fashion-mnist --corrupt "$2" -n 16 -o "$images/denoise-$3.png" > /dev/null
}

"$latent" train fashion-mnist --preset dae-conv --corrupt gaussian:0.5 --out gaussian
"$latent" train fashion-mnist --preset dae-conv --corrupt gaussian:0.1-0.7 --out blind
"$latent" train fashion-mnist --preset vae-conv --out plain
clean gaussian gaussian:0.5 gaussian
clean blind gaussian:0.5 blind
clean plain gaussian:0.5 plain
for sigma in 0.1 0.3 0.7; do
  clean gaussian "gaussian:$sigma" unused
  clean blind "gaussian:$sigma" unused
  clean plain "gaussian:$sigma" unused
done
rm "$images/denoise-unused.png"

for damage in mask:0.5 salt-pepper:0.4 blur:2; do
  "$latent" train fashion-mnist --preset dae-conv --corrupt "$damage" --out "${damage%:*}"
  clean "${damage%:*}" "$damage" "${damage%:*}"
done
