#!/usr/bin/env bash
# build.sh [PRESET [TARGET...]]: sets everything up and builds a preset (release unless another one is named), all of it or the
# targets named. The tool is build/PRESET/latent.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset="${1:-release}"
shift || true
bash scripts/setup.sh
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake --preset "$preset" "${launcher[@]}" >&2
cmake --build --preset "$preset" ${1:+--target "$@"} >&2
