# Sourced by the scripts beside it: stops at the first error, and goes to a temporary folder that is removed at the end.
#   $latent  the tool: that of the release build, or LATENT
#   $images  where the pictures of the documents belong
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

latent="${LATENT:-$PWD/build/release/latent}"
images="$PWD/docs/images"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$images"
cd "$work"
