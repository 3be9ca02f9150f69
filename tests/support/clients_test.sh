#!/usr/bin/env bash
# Clients that others publish, unmodified: KServe's Python inference client over gRPC and HTTP,
# tritonclient over HTTP, grpc_health_probe.
#   clients_test.sh
# Makes a Python environment of its own and builds the probe, below build/. Status 77 (skipped) where
# that can't be done.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
source deploy/daemon.sh

skip() { echo "SKIPPED: $*"; exit 77; }
work=$(mktemp -d)
cleanup() {
  stop_octetd || true
  rm -rf "$work"
}
trap cleanup EXIT

python=build/venv-clients/bin/python
tests/support/python_env.sh build/venv-clients tests/support/clients_requirements.txt ||
  skip "no Python environment with kserve could be made"
probe=build/tools/grpc-health-probe
find_probe() {
  [[ -x $probe ]] && return 0
  command -v go >/dev/null || deploy/packages/install.sh grpcurl || return 1
  GOFLAGS='' GOBIN=$PWD/build/tools go install github.com/grpc-ecosystem/grpc-health-probe@v0.4.15
}
find_probe || skip "grpc_health_probe can't be had here"

mkdir -p "$work/models/digits/1" "$work/models/broken/1"
cp tests/data/digits_int8.tflite "$work/models/digits/1/model.tflite"
head -c 1000 tests/data/digits_int8.tflite >"$work/models/broken/1/model.tflite"
http_address=127.0.0.1:$(free_port)
start_octetd "$work/octetd.log" --model-repository "$work/models" --http-address "$http_address"

"$python" -B tests/support/clients_test.py "$grpc_address" "$http_address" tests/data

# expect_probe STATUS [FLAG...]
expect_probe() {
  local wanted=$1 status=0
  shift
  "$probe" -addr="$grpc_address" "$@" >"$work/answer" 2>&1 || status=$?
  ((status == wanted)) || { echo "the probe's status is $status, not $wanted: $*"; cat "$work/answer"; exit 1; }
  echo "ok: the probe says $wanted to: ${*:-the daemon}"
}
expect_probe 0
expect_probe 0 -service=digits
expect_probe 4 -service=broken  # not serving
expect_probe 3 -service=absent  # the call fails: not found
kill -TERM "$octetd_pid"
while kill -0 "$octetd_pid" 2>/dev/null; do
  status=0
  "$probe" -addr="$grpc_address" >/dev/null 2>&1 || status=$?
  ((status != 0)) && break
done
((status != 0)) || { echo "the daemon was ready to its end"; exit 1; }
echo "ok: not ready after SIGTERM"
