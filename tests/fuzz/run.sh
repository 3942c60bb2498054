#!/bin/sh
# Runs every fuzz target for SECONDS (default 60), or those named, beginning with the committed seeds. What is found is
# kept in build/fuzz/corpus/NAME, and an input that fails in build/fuzz/findings/.
#   cmake --preset fuzz && cmake --build --preset fuzz && tests/fuzz/run.sh 600 npy npz
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../build/fuzz
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- $(ls "$here" | sed -n 's/_fuzzer\.cpp$//p')
mkdir -p "$build/findings"
export LSAN_OPTIONS="suppressions=$here/../lsan.supp:print_suppressions=0"
for name; do
  echo "== $name, $seconds s"
  mkdir -p "$build/corpus/$name"
  program=$(find "$build" -name "fuzz_$name" -type f | head -n 1)
  "$program" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$build/findings/$name-" "$build/corpus/$name" "$here/corpus/$name"
done
