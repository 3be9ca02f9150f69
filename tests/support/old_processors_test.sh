#!/usr/bin/env bash
# Octet on processors that qemu plays. On old x86 ones the real octetd answers with the native bytes
# (old_processors_test.py). On arm64 ones, for which the daemon is not cross-built, the engine
# chooses the kernels that they offer and runs a model to the native bytes.
#   old_processors_test.sh PYTHON BUILD ARM64_BUILD ARM64_LIBRARIES
# Status 77 (skipped) where qemu or the machine's kind is missing.
set -euo pipefail
python=$(realpath -s "$1") build=$(realpath "$2") arm64_build=$(realpath "$3")
libraries=$(realpath "$4")/usr/lib/aarch64-linux-gnu
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."

OCTETD=$build/server/octetd "$python" -B tests/support/old_processors_test.py -v

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
play() { qemu-aarch64 -cpu "$1" -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$libraries" "${@:2}"; }

# The 64 codes of a digit.
"$python" - "$work/image" <<'PYTHON'
import sys
import numpy as np
image = np.load("tests/data/digits_test.npz")["image"][7]
(np.round(image * 255) - 128).astype(np.int8).tofile(sys.argv[1])
PYTHON

model=tests/data/digits_int8.tflite
for rounding in float32 fixed_point; do
  "$build/tests/support/octet_run_tflite" "$rounding" "$model" "$work/image" >"$work/$rounding"
  [[ $(stat -c %s "$work/$rounding") == 10 ]] || { echo "the native answer is no digit's" >&2; exit 1; }
done

# check PROCESSOR ISAS: a kernel test, whichever, says what the processor runs.
check() {
  local processor=$1 isas=$2 rounding
  play "$processor" "$arm64_build/tests/kernels/kernels_gemm_s8_test" --gtest_filter='*EmptyProblems*scalar' >"$work/report"
  grep -x "kernel variants run: $isas" "$work/report" || {
    echo "$processor should run $isas:" >&2
    cat "$work/report" >&2
    exit 1
  }
  for rounding in float32 fixed_point; do
    play "$processor" "$arm64_build/tests/support/octet_run_tflite" "$rounding" "$model" "$work/image" |
      cmp - "$work/$rounding"
  done
  echo "$processor: $isas, the native bytes"
}
check cortex-a53 scalar,neon
check cortex-a72 scalar,neon
check cortex-a76 scalar,neon,neondot
check max scalar,neon,neondot,neoni8mm

# Whole models on every instruction set of arm64, to the recorded bytes. The test says so where they are absent.
play max "$arm64_build/tests/conformance/models/real_models_test" --gtest_filter='*mlperf_tiny_*int8_*' --gtest_brief=1
