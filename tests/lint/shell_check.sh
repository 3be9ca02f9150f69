#!/usr/bin/env bash
# Shell scripts parse, and shellcheck finds nothing. Status 77 (skipped) where it is not installed.
#   shell_check.sh ROOT
set -euo pipefail
cd "$1"
mapfile -t scripts < <(find deploy tests .ci -name '*.sh' -o -path '.ci/run' | sort)
((${#scripts[@]} > 0)) || { echo "no scripts found" >&2; exit 1; }
for script in "${scripts[@]}"; do
  bash -n "$script"
done
if ! command -v shellcheck >/dev/null; then
  echo "SKIPPED: shellcheck is not installed"
  exit 77
fi
shellcheck -x -P SCRIPTDIR "${scripts[@]}"
echo "${#scripts[@]} scripts are clean"
