#!/usr/bin/env bash
# readme_commands.sh TOOL README: runs every line "$ latent ..." of README, in order, in an empty folder. Training is cut to one
# epoch and bounds to 4 samples, which sanitizers need. Exits with 77 (skipped) where the data set that README uses is not installed.
set -euo pipefail

tool="$1"
readme="$2"
"$tool" data info fashion-mnist >/dev/null 2>&1 || exit 77
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

ran=0
while IFS= read -r arguments; do
  echo "latent $arguments"
  eval "\"\$tool\" $arguments"  # a command line: quotes and comments are the shell's
  ran=$((ran + 1))
done < <(sed -n 's/^\$ latent //p' "$readme" | sed -E 's/--epochs [0-9]+/--epochs 1/; s/--importance-samples [0-9]+/--importance-samples 4/')
[ "$ran" -ge 8 ] || { echo "only $ran commands found in $readme"; exit 1; }
