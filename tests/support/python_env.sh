#!/usr/bin/env bash
# Makes a Python environment with the packages that tests use, unless it is there and up to date.
#   python_env.sh DIRECTORY [REQUIREMENTS]
set -euo pipefail
environment=$1
requirements=${2:-$(dirname -- "${BASH_SOURCE[0]}")/requirements.txt}
if ! cmp -s "$requirements" "$environment/requirements.txt"; then
  python3 -m venv --clear "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
  cp "$requirements" "$environment/requirements.txt"
fi
