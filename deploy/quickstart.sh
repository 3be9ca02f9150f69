#!/usr/bin/env bash
# Shows Octet at work on this machine (Debian 12, root or sudo): installs the packages that are
# missing, builds, serves the model that the project ships, and measures it.
#
#   deploy/quickstart.sh           cleans up behind itself
#   deploy/quickstart.sh --keep    leaves the daemon running and says how to reach and end it
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

keep=false
without_tests=()
case "${*:-}" in
  "") ;;
  --keep) keep=true ;;
  *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; exit 2 ;;
esac

if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi
title() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
show() { printf '%s$ %s%s\n' "$bold" "$*" "$plain"; }

source deploy/daemon.sh
work=$(mktemp -d)
cleanup() {
  stop_octetd || true
  rm -rf "$work"
}
trap cleanup EXIT

# Runs a command of the client, and says so, without the address that every one of them takes.
client() {
  show "octet $*"
  "$octet" --address "$grpc_address" "$@"
}

title "Packages"
deploy/packages/install.sh build quickstart
echo "all there"

title "Build (the first time takes a few minutes)"
# A build that has its tests keeps them.
[[ -f build/CMakeCache.txt ]] || without_tests=(-DOCTET_BUILD_TESTS=OFF)
{ cmake --preset release "${without_tests[@]}" &&
  cmake --build --preset release --target octetd octet; } >"$work/build.log" 2>&1 ||
  { cat "$work/build.log"; exit 1; }
"$octetd" --version

title "A daemon for a folder of models"
models=$work/models
mkdir -p "$models/digits_int8/1" "$models/digits_float32/1"
cp tests/data/digits_int8.tflite "$models/digits_int8/1/model.tflite"
cp tests/data/digits_float32.tflite "$models/digits_float32/1/model.tflite"
start_octetd "$work/octetd.log" --model-repository "$models"
show "octetd --model-repository $models --grpc-address $grpc_address --metrics-address $metrics_address"
client status
client models
client metadata digits_int8

title "Handwritten digits, one of each, through the int8 model"
client infer digits_int8 tests/data/digits --top 2

title "The float model quantized on the fly, and served at once"
client quantize --model digits_float32 --store-as digits_dynamic "$work/digits_dynamic.tflite"

title "Beside each other: 450 held-out images, one a run"
# row MODEL: its size, accuracy, agreement with the float model and latency, as a line of the table.
row() {
  "$octet" --address "$grpc_address" --json evaluate "$1" --data tests/data/digits_test.npz \
    --reference digits_float32 |
    jq -r '[.model.name, .model_bytes, .top1 * 100, .agreement * 100, .latency_us.p50, .latency_us.p99] | @tsv' |
    { IFS=$'\t' read -r model bytes accuracy agreement p50 p99
      LC_ALL=C printf '%-16s %8d bytes %9.2f %% %10.2f %% %8.1f us %8.1f us\n' \
        "$model" "$bytes" "$accuracy" "$agreement" "$p50" "$p99"; }
}
show "octet evaluate MODEL --data tests/data/digits_test.npz --reference digits_float32"
printf '%-16s %14s %11s %12s %11s %11s\n' model size accuracy "agreement" "p50" "p99"
row digits_float32
row digits_dynamic
row digits_int8

title "The metrics page's own lines, those that are not 0"
show "curl http://$metrics_address/metrics"
curl -fsS "http://$metrics_address/metrics" |
  grep -E '^octet_(build_info|requests_total|executions_total|batch_size_(sum|count)|request_duration_seconds_(sum|count)|model_state.* 1$|model_memory_bytes)' |
  grep -v ' 0$'

if $keep; then
  trap - EXIT
  disown "$octetd_pid"
  title "Left running"
  echo "gRPC $grpc_address, metrics http://$metrics_address/metrics, models $models"
  echo "To end it: kill $octetd_pid; rm -r $work"
else
  stop_octetd
  title "Drained and stopped"
fi
