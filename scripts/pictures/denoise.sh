#!/usr/bin/env bash
# Makes the pictures and figures of docs/denoise.md: denoisers, and a VAE that was never shown any damage.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

# A smaller network than the preset's, for three epochs: enough to see what is going on.
short=(--channels 32,64 --hidden 256 --epochs 3 --precision bf16)

# Prints what cleaning the test images is worth.
measure() {  # RUN SPEC
  echo "== $1, $2"
  "$latent" denoise "$1" fashion-mnist --corrupt "$2" -o cleaned.npy
}
# Draws the first sixteen: damaged above cleaned above clean.
draw() {  # RUN SPEC
  "$latent" denoise "$1" fashion-mnist --corrupt "$2" -n 16 -o "$images/denoise-$1.png" > /dev/null
}

"$latent" train fashion-mnist --preset dae-conv "${short[@]}" --corrupt gaussian:0.5 --out gaussian
"$latent" train fashion-mnist --preset vae-conv --epochs 3 --precision bf16 --out plain
"$latent" train fashion-mnist --preset dae-conv "${short[@]}" --corrupt gaussian:0.1-0.7 --out blind
for run in gaussian plain; do draw "$run" gaussian:0.5; done
for run in gaussian blind plain; do
  for sigma in 0.1 0.3 0.5 0.7; do measure "$run" "gaussian:$sigma"; done
done

# A denoising VAE: its bound with codes of damaged and of clean samples, and what averaging over draws is worth.
"$latent" train fashion-mnist --preset vae-conv --latent-dim 128 --corrupt gaussian:0.5 --epochs 3 --precision bf16 --out dvae
measure dvae gaussian:0.5
"$latent" denoise dvae fashion-mnist --corrupt gaussian:0.5 --samples 16 -o cleaned.npy
"$latent" evaluate dvae
"$latent" evaluate dvae --corrupt none

for damage in mask:0.5 salt-pepper:0.4 blur:2; do
  run="${damage%:*}"
  "$latent" train fashion-mnist --preset dae-conv "${short[@]}" --corrupt "$damage" --out "$run"
  measure "$run" "$damage"
  draw "$run" "$damage"
done
