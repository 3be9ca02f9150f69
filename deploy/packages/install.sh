#!/usr/bin/env bash
# Installs what is missing of the Debian packages named in the lists beside this file.
#   deploy/packages/install.sh LIST...        e.g. install.sh build tests
# Needs root or sudo only where something is missing.
set -euo pipefail

lists=$(dirname -- "${BASH_SOURCE[0]}")
missing=()
for list in "$@"; do
  while read -r package; do
    [[ $(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null) == 'install ok installed' ]] ||
      missing+=("$package")
  done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$lists/$list.txt")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

echo "Installing: ${missing[*]}"
as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || { echo "$0: run as root, or install sudo" >&2; exit 1; }
  as_root=(sudo)
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null
