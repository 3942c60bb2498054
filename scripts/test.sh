#!/usr/bin/env bash
# Sets everything up, builds, and runs every test. Another preset may be named: scripts/test.sh asan
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset="${1:-release}"
bash scripts/setup.sh chromium  # for the tests of the explorer's page
bash scripts/build.sh "$preset"
ctest --preset "$preset" --parallel 2
