#!/usr/bin/env bash
# Builds Octet and runs its tests on Debian 12; installs Debian packages that are missing.
#
#   tests/run.sh         release build; unit, kernel, conformance and integration tests, lint; the
#                        engine and its tests under ASan and UBSan
#   tests/run.sh --all   also ThreadSanitizer, clang with -Wthread-safety, fuzzing for a while, arm64 and
#                        old x86 processors under qemu, a real Prometheus, grpcurl, other clients, a
#                        soak (soak.sh --long is longer still), an overload, the container, a clean
#                        Debian root
#
# Stops at the first step that fails and says where its log is (build/logs). The last line counts
# the tests: `N passed, N failed, N skipped`.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/.."

all=false
case "${*:-}" in
  "") ;;
  --all) all=true ;;
  *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; exit 2 ;;
esac

logs=$PWD/build/logs
rm -rf "$logs"
mkdir -p "$logs"
jobs=$(nproc)
export DEBIAN_FRONTEND=noninteractive
passed=0 failed=0 skipped=0
not_run=()
# Large address-space randomization makes sanitizers of this age fail at start.
unrandomized=()
setarch -R true 2>/dev/null && unrandomized=(setarch -R)

title() { printf '\n== %s\n' "$*"; }

finish() {
  if ((${#not_run[@]})); then
    printf '\nNot run:\n'
    printf '  %s\n' "${not_run[@]}"
  fi
  printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  exit $((failed > 0))
}

# fail NAME: ends the run and points at the step's log.
fail() {
  printf '\nFAILED: %s. Its log: %s\n' "$1" "$logs/$1.log"
  ((failed > 0)) || failed=1
  finish
}

# fail_quiet NAME: the same for a step whose log was not on the screen.
fail_quiet() {
  tail -n 60 "$logs/$1.log"
  fail "$1"
}

# build NAME PRESET [CMAKE ARGUMENT...] [-- BUILD ARGUMENT...]
build() {
  local name=$1 preset=$2 start=$SECONDS configure=()
  shift 2
  while (($# > 0)) && [[ $1 != -- ]]; do
    configure+=("$1")
    shift
  done
  (($# == 0)) || shift
  title "Build: $preset"
  { cmake --preset "$preset" "${configure[@]}" &&
    cmake --build --preset "$preset" --parallel "$jobs" "$@"; } >"$logs/$name.log" 2>&1 || fail_quiet "$name"
  echo "built in $((SECONDS - start)) s"
}

# run_ctest NAME DIRECTORY [CTEST ARGUMENT...]
run_ctest() {
  local name=$1 directory=$2 status=0
  shift 2
  title "Tests: $name"
  "${unrandomized[@]}" ctest --test-dir "$directory" --parallel "$jobs" --output-on-failure --no-tests=error \
    --output-junit "$logs/$name.xml" "$@" 2>&1 | tee "$logs/$name.log" || status=$?
  count "$logs/$name.xml"
  list_skipped "$name" "$directory/Testing/Temporary/LastTest.log"
  ((status == 0)) || fail "$name"
}

# Adds ctest's own counts to ours.
count() {
  local header tests bad left
  [[ -f $1 ]] || return 0
  header=$(grep -m1 -A8 '<testsuite' "$1" | tr '\n' ' ')
  attribute() { sed -n "s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" <<<"$header"; }
  tests=$(attribute tests) bad=$(attribute failures) left=$(attribute skipped)
  failed=$((failed + bad)) skipped=$((skipped + left)) passed=$((passed + tests - bad - left))
}

# What test programs skipped by themselves, by reason.
list_skipped() {
  local line
  [[ -f $2 ]] || return 0
  while read -r line; do
    not_run+=("$1: $line")
  done < <(awk '/: Skipped$/ { getline reason; ++cases[reason] }
                /^SKIPPED: / { print }
                END { for (reason in cases) print cases[reason] " cases: " reason }' "$2" | sort -u)
}

# run_script NAME COMMAND...: one test; status 77 means that it could not run here.
run_script() {
  local name=$1 status=0
  shift
  title "Test: $name"
  "$@" 2>&1 | tee "$logs/$name.log" || status=$?
  case $status in
    0) passed=$((passed + 1)) ;;
    77)
      skipped=$((skipped + 1))
      not_run+=("$name: $(grep -a '^SKIPPED: ' "$logs/$name.log" | tail -n 1)")
      ;;
    *) failed=$((failed + 1)); fail "$name" ;;
  esac
}

title "Packages"
deploy/packages/install.sh build tests >"$logs/packages.log" 2>&1 || fail_quiet packages
tests/support/python_env.sh build/venv >"$logs/python.log" 2>&1 || fail_quiet python

build release release -DOCTET_BUILD_TESTS=ON -DPython3_EXECUTABLE="$PWD/build/venv/bin/python"
run_ctest release build
build asan-ubsan asan-ubsan -DOCTET_ENGINE_ONLY=ON -DPython3_EXECUTABLE="$PWD/build/venv/bin/python"
run_ctest asan-ubsan build-asan-ubsan

if $all; then
  title "Packages for --all"
  deploy/packages/install.sh tests-all >"$logs/packages-all.log" 2>&1 || fail_quiet packages-all
  build tsan tsan -DPython3_EXECUTABLE="$PWD/build/venv/bin/python"
  # Debian's gRPC is not built for ThreadSanitizer, so what talks over sockets stays out.
  run_ctest tsan build-tsan --label-regex '^(unit|kernels|conformance|regressions)$'
  build clang clang -DPython3_EXECUTABLE="$PWD/build/venv/bin/python"
  run_ctest clang build-clang --label-regex '^unit$'
  build fuzz fuzz
  run_script fuzz tests/support/fuzz_smoke.sh build-fuzz 30
  tests/support/arm64_libraries.sh build-arm64-libraries >"$logs/arm64-libraries.log" 2>&1 || fail_quiet arm64-libraries
  build arm64 arm64 -DOCTET_QEMU_CPU=cortex-a53
  run_ctest arm64 build-arm64
  # With the dot product; then with the matrix multiply too. Of whole models, which take qemu long,
  # old_processors_test.sh runs the small ones there.
  for processor in cortex-a76 max; do
    cmake --preset arm64 -DOCTET_QEMU_CPU="$processor" >"$logs/arm64-configure.log" 2>&1 || fail_quiet arm64-configure
    run_ctest "arm64-$processor" build-arm64 --label-regex '^(kernels|conformance)$' \
      --exclude-regex '^(real_models|batch_invariance)_test$'
  done
  run_script arm64-leaf-symbols python3 -B tests/lint/leaf_symbols.py build-arm64 --nm aarch64-linux-gnu-nm
  run_script old-processors tests/support/old_processors_test.sh build/venv/bin/python build build-arm64 \
    build-arm64-libraries
  run_script prometheus tests/support/prometheus_test.sh
  run_script grpcurl tests/support/grpcurl_test.sh
  run_script clients tests/support/clients_test.sh
  run_script soak tests/support/soak.sh
  run_script overload tests/support/overload.sh
  run_script fire env OCTET_FIRE_REQUESTS=1000 tests/integration/run.sh "$PWD/build/venv/bin/python" "$PWD/build" server_fire_test.py
  run_script container tests/support/container_test.sh
  run_script clean-root tests/support/clean_root_test.sh
fi
finish
