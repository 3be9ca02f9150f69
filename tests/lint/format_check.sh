#!/usr/bin/env bash
# Every C++ file as clang-format would write it. Status 77 (skipped) where it is not installed.
#   format_check.sh ROOT
set -euo pipefail
cd "$1"
if ! command -v clang-format >/dev/null; then
  echo "SKIPPED: clang-format is not installed"
  exit 77
fi
mapfile -t sources < <(find engine server client tests proto \( -name '*.h' -o -name '*.cc' \) | sort)
((${#sources[@]} > 0)) || { echo "no sources found" >&2; exit 1; }
printf '%s\0' "${sources[@]}" | xargs -0 -P 2 -n 40 clang-format --dry-run -Werror
echo "${#sources[@]} files are formatted"
