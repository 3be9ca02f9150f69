#!/usr/bin/env bash
# Runs one integration test against the programs of a build.
#   run.sh PYTHON BUILD_DIRECTORY TEST_FILE
# Makes a Python environment below the build directory where PYTHON lacks the client's packages.
# Status 77 (skipped) where that can't be done.
set -euo pipefail
python=$1
build=$2
test_file=$3
here=$(cd "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

has_packages() { "$1" -c 'import grpc_health, grpc_reflection, numpy, tritonclient.grpc' 2>/dev/null; }

if ! has_packages "$python"; then
  environment=$build/python-for-tests
  exec 9>"$environment.lock"
  flock 9
  "$here/../support/python_env.sh" "$environment" || {
    echo "SKIPPED: no Python environment with tritonclient could be made"
    exit 77
  }
  flock -u 9
  python=$environment/bin/python
fi

export OCTETD=${OCTETD:-$build/server/octetd} OCTET=${OCTET:-$build/client/octet}
exec "$python" -B "$here/$test_file" -v
