#!/usr/bin/env bash
# How smooth the explorer's page is: the time to the first map, and frame times while the map is moved, zoomed and decoded under
# the pointer, of 70,000 pictures and of a million rows. Needs chromium, a build with the page, and about five minutes.
#   bench/server/frames.sh            # the tool is build/release/latent, or LATENT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
latent="${LATENT:-$PWD/build/release/latent}"
chromium="$(command -v chromium || command -v chromium-browser || command -v google-chrome)" || {
  echo "frames.sh: there is no Chromium (apt-get install chromium)" >&2
  exit 1
}
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
LATENT_TOOL="$latent" LATENT_CHROMIUM="$chromium" LATENT_E2E_OUT="$work" \
  node web/node_modules/vitest/vitest.mjs run --root web --config vitest.frames.config.ts
cat "$work/frames.md"
