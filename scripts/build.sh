#!/usr/bin/env bash
# Sets everything up and builds a preset (release unless another one is named): build/PRESET/latent.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset="${1:-release}"
bash scripts/setup.sh
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake --preset "$preset" "${launcher[@]}" >&2
cmake --build --preset "$preset" >&2
