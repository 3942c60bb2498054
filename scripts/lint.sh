#!/usr/bin/env bash
# lint.sh [REF]: holds every C++ file, or those that changed since REF (a commit, a branch), to .clang-format and
# .clang-tidy. Changes nothing; status 1 if something is found. All files take half an hour of two processors.
# Beyond scripts/setup.sh it needs:  apt-get install clang clang-format clang-tidy libomp-dev libbenchmark-dev
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for tool in clang++ clang-format clang-tidy; do
  if ! command -v "$tool" >/dev/null; then
    echo "lint: there is no $tool:  apt-get install clang clang-format clang-tidy libomp-dev libbenchmark-dev" >&2
    exit 1
  fi
done

if [ $# -gt 0 ]; then
  changed="$(git diff --name-only --diff-filter=d "$1" -- '*.cpp' '*.hpp')"
  mapfile -t formatted < <(printf '%s' "${changed:+$changed$'\n'}")
  tidied=("${formatted[@]}")
else
  mapfile -t formatted < <(git ls-files '*.cpp' '*.hpp')
  mapfile -t tidied < <(git ls-files '*.cpp')  # headers are looked at where they are included
fi
if [ ${#formatted[@]} -eq 0 ]; then
  echo "lint: no C++ file changed since $1" >&2
  exit 0
fi

status=0
echo "lint: clang-format on ${#formatted[@]} files" >&2
clang-format --dry-run -Werror "${formatted[@]}" || status=1

# clang-tidy needs to know how each file is compiled, but nothing is built.
if ! log="$(cmake --preset lint 2>&1)"; then
  printf '%s\n' "$log" >&2
  exit 1
fi
tidy() {  # what clang-tidy says of one file in one piece, and nothing if that is nothing
  local found
  found="$(clang-tidy --quiet -p build/lint "$1" 2>&1)" || { printf '%s\n' "$found"; return 1; }
}
export -f tidy
echo "lint: clang-tidy on ${#tidied[@]} files" >&2
printf '%s\0' "${tidied[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'tidy "$1"' tidy || status=1

if [ "$status" -eq 0 ]; then echo "lint: nothing found" >&2; fi
exit "$status"
