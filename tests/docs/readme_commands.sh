#!/usr/bin/env bash
# readme_commands.sh TOOL README: runs every line "$ latent ..." of README, in order, in an empty folder. Training is cut to one
# epoch and bounds to 4 samples, which sanitizers need; the explorer ends by Ctrl-C as soon as it listens. Exits with 77 (skipped) where the data set that README uses is not installed.
set -euo pipefail

tool="$1"
readme="$2"
"$tool" data info fashion-mnist >/dev/null 2>&1 || exit 77
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"

# The explorer listens until Ctrl-C. `set -m`, because a job in the background of a script does not hear that otherwise.
explore() {
  set -m
  "$tool" explore "$@" --port 0 >explore.out 2>explore.err &
  local process=$!
  set +m
  for _ in $(seq 600); do
    grep -q "exploring at http" explore.err && break
    kill -0 "$process" 2>/dev/null || { cat explore.err; return 1; }
    sleep 0.2
  done
  grep "exploring at http" explore.err
  kill -INT "$process"
  wait "$process"
}

ran=0
while IFS= read -r arguments; do
  echo "latent $arguments"
  if [ "${arguments%% *}" = explore ]; then
    eval "explore $(sed 's/^explore//; s/--open//' <<<"$arguments")"
  else
    eval "\"\$tool\" $arguments"  # a command line: quotes and comments are the shell's
  fi
  ran=$((ran + 1))
done < <(sed -n 's/^\$ latent //p' "$readme" | sed -E 's/--epochs [0-9]+/--epochs 1/; s/--importance-samples [0-9]+/--importance-samples 4/')
[ "$ran" -ge 8 ] || { echo "only $ran commands found in $readme"; exit 1; }
