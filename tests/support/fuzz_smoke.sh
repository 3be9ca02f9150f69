#!/usr/bin/env bash
# Runs every fuzz target for a bounded time, from small models of every kind and the shipped ones.
#   fuzz_smoke.sh BUILD_DIRECTORY SECONDS
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
build=$1 seconds=$2

mapfile -t targets < <(find "$build/tests/fuzz" -maxdepth 1 -type f -executable -name '*_fuzz*' | sort)
((${#targets[@]} > 0)) || { echo "no fuzz targets in $build" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/seeds"
"$build/tests/fuzz/write_seed_models" "$work/seeds"
cp tests/data/*.tflite "$work/seeds/"
"$build/tests/fuzz/write_seed_models" "$work/seeds"
crashes=$build/crashes/
mkdir -p "$crashes"
for target in "${targets[@]}"; do
  echo "-- ${target##*/}, $seconds s"
  mkdir "$work/corpus"
  "$target" -seed=1 -max_total_time="$seconds" -timeout=25 -rss_limit_mb=3072 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$crashes" "$work/corpus" "$work/seeds" 2>"$work/log" ||
    { tail -n 40 "$work/log"; echo "the input is in $crashes"; exit 1; }
  grep -aE '^stat::(number_of_executed_units|peak_rss_mb)' "$work/log"
  rm -r "$work/corpus"
done
