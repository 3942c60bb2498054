#!/usr/bin/env bash
# Makes the pictures and the GIF of docs/explore.md. Beyond what building needs: Debian's chromium and imagemagick.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
web="$(cd "$images/../../web" && pwd)"

for program in chromium convert; do
  if ! command -v "$program" >/dev/null; then
    echo "explore.sh: $program is not here (apt-get install chromium imagemagick)" >&2
    exit 1
  fi
done
"$latent" train fashion-mnist --preset vae-mlp --epochs 10 --out run
LATENT_TOOL="$latent" LATENT_CHROMIUM="$(command -v chromium)" LATENT_RUN="$work/run" LATENT_E2E_OUT="$work" \
  node "$web/node_modules/vitest/vitest.mjs" run --root "$web" --config "$web/vitest.pictures.config.ts"
for picture in shots/*.png; do
  convert "$picture" -strip -colors 256 "PNG8:$images/explore-$(basename "$picture")"
done
# Every second frame, small, in few colours, the same for all frames; what does not change is left out: the file is part of the repository.
convert frames/*[02468].png -resize 480x -append +dither -colors 96 -unique-colors colors.png
convert -delay 28 -loop 0 frames/*[02468].png -resize 480x +dither -remap colors.png -layers Optimize "$images/explore.gif"
