#!/usr/bin/env bash
# run.sh NODE LATENT OUT: drives the page in Chromium. Pictures of every view are left in OUT/pictures. 77 where it cannot run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
node="$1"
export LATENT_TOOL="$2" LATENT_E2E_OUT="$3"
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then
    LATENT_CHROMIUM="$(command -v "$name")"
    break
  fi
done
if [ -z "${LATENT_CHROMIUM:-}" ]; then
  echo "skipped: there is no Chromium (apt-get install chromium)"
  exit 77
fi
if [ ! -d node_modules/playwright-core ]; then
  echo "skipped: the packages of the page are not installed (build latent first)"
  exit 77
fi
export LATENT_CHROMIUM
mkdir -p "$LATENT_E2E_OUT/pictures"
exec "$node" node_modules/vitest/vitest.mjs run --config vitest.e2e.config.ts
