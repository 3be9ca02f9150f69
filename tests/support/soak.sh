#!/usr/bin/env bash
# Loads a daemon for a bounded time and checks that it answers right, does not grow and drains.
#   soak.sh [REQUESTS]
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
source deploy/daemon.sh
requests=${1:-40000}
python=${OCTET_TEST_PYTHON:-build/venv/bin/python}

work=$(mktemp -d)
cleanup() {
  stop_octetd || true
  rm -rf "$work"
}
trap cleanup EXIT

mkdir -p "$work/models/digits/1"
cp tests/data/digits_int8.tflite "$work/models/digits/1/model.tflite"
start_octetd "$work/octetd.log" --model-repository "$work/models"
"$python" -B tests/support/soak.py "$grpc_address" "$octetd_pid" "$requests"
stop_octetd || { echo "octetd did not end cleanly" >&2; tail -n 20 "$work/octetd.log" >&2; exit 1; }
echo "drained, exit status 0"
