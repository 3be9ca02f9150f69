#!/usr/bin/env bash
# grpcurl, which knows nothing of Octet, finds its services through reflection and calls them.
#   grpcurl_test.sh
# Builds grpcurl below build/ where it is not installed. Status 77 (skipped) where that can't be done.
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

find_grpcurl() {
  PATH=$PATH:$PWD/build/tools
  command -v grpcurl >/dev/null && return 0
  command -v go >/dev/null || deploy/packages/install.sh grpcurl || return 1
  GOFLAGS='' GOBIN=$PWD/build/tools go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.8.7
}
find_grpcurl || skip "grpcurl can't be had here"

mkdir -p "$work/models/digits/1"
cp tests/data/digits_int8.tflite "$work/models/digits/1/model.tflite"
start_octetd "$work/octetd.log" --model-repository "$work/models"

# expect_line TEXT COMMAND...: the command's output has TEXT.
expect_line() {
  local wanted=$1
  shift
  "$@" >"$work/answer" 2>&1 || true
  grep -qF -- "$wanted" "$work/answer" || { echo "no '$wanted' from: $*"; cat "$work/answer"; exit 1; }
  echo "ok: $wanted"
}
call() {
  local data=$1 method=$2
  grpcurl -plaintext -d "$data" "$grpc_address" "$method"
}

for service in inference.GRPCInferenceService octet.v1.QuantizationService octet.v1.EvaluationService \
  grpc.health.v1.Health grpc.reflection.v1alpha.ServerReflection; do
  expect_line "$service" grpcurl -plaintext "$grpc_address" list
done
expect_line 'rpc ModelInfer (' grpcurl -plaintext "$grpc_address" describe inference.GRPCInferenceService
expect_line '"status": "SERVING"' call '{}' grpc.health.v1.Health/Check
expect_line '"status": "SERVING"' call '{"service": "digits"}' grpc.health.v1.Health/Check
expect_line 'Code: NotFound' call '{"service": "absent"}' grpc.health.v1.Health/Check
expect_line '"ready": true' call '{"name": "digits"}' inference.GRPCInferenceService/ModelReady
expect_line '"probabilities"' call '{"name": "digits"}' inference.GRPCInferenceService/ModelMetadata
expect_line 'Code: NotFound' call '{"name": "absent"}' inference.GRPCInferenceService/ModelMetadata
