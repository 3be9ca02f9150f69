#!/usr/bin/env bash
# Loads a daemon for a bounded time and checks that it answers right, does not grow and drains.
#   soak.sh [REQUESTS]   with 20 loads and unloads of a model meanwhile
#   soak.sh --long       1,000,000 requests, 40,000 of them checked, and 500 loads and unloads
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
source deploy/daemon.sh
arguments=("${1:-40000}" --cycles 20)
if [[ ${1:-} == --long ]]; then
  arguments=(40000 --cycles 500 --more 960000 --serve-load build/tests/bench/serve_load)
fi
python=${OCTET_TEST_PYTHON:-build/venv/bin/python}

work=$(mktemp -d)
cleanup() {
  stop_octetd || true
  rm -rf "$work"
}
trap cleanup EXIT

for model in digits comes_and_goes; do
  mkdir -p "$work/models/$model/1"
  cp tests/data/digits_int8.tflite "$work/models/$model/1/model.tflite"
done
start_octetd "$work/octetd.log" --model-repository "$work/models"
"$python" -B tests/support/soak.py "$grpc_address" "$octetd_pid" "${arguments[@]}"
stop_octetd || { echo "octetd did not end cleanly" >&2; tail -n 20 "$work/octetd.log" >&2; exit 1; }
echo "drained, exit status 0"
