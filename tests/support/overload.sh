#!/usr/bin/env bash
# Sends a daemon five times what it can answer: it serves on, refuses fast and does not grow.
#   overload.sh [SECONDS]
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
source deploy/daemon.sh
seconds=${1:-60}
python=${OCTET_TEST_PYTHON:-build/venv/bin/python}

work=$(mktemp -d)
cleanup() {
  stop_octetd || true
  rm -rf "$work"
}
trap cleanup EXIT

mkdir -p "$work/models/digits/1"
cp tests/data/digits_int8.tflite "$work/models/digits/1/model.tflite"
# Scalar: transport, and the generator, which shares the machine, shall cost little beside computing.
start_octetd "$work/octetd.log" --isa scalar --model-repository "$work/models" --max-queue-rows 16384
"$python" -B tests/support/overload.py "$grpc_address" "$octetd_pid" build/tests/bench/serve_load \
  --seconds "$seconds"
stop_octetd || { echo "octetd did not end cleanly" >&2; tail -n 20 "$work/octetd.log" >&2; exit 1; }
echo "drained, exit status 0"
