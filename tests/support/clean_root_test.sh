#!/usr/bin/env bash
# Runs the README's two commands on the committed tree in a Debian root that has nothing set up.
#   clean_root_test.sh
# Needs root, debootstrap and a package archive. Status 77 (skipped) where they are not there.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."

skip() { echo "SKIPPED: $*"; exit 77; }
((EUID == 0)) || skip "a root directory is made as root"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"

root=$(mktemp -d "${OCTET_CLEAN_ROOT_PARENT:-/var/tmp}/octet-root.XXXXXX")
mounts=()
cleanup() {
  local mount
  for mount in "${mounts[@]}"; do
    umount "$mount" || return
  done
  rm -rf --one-file-system "$root"
}
trap cleanup EXIT

debootstrap --variant=minbase bookworm "$root" >/dev/null || skip "no bookworm can be made here"
# How this machine reaches its package archives, the root needs too.
cp -rL /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
[[ ! -f /etc/pip.conf ]] || cp -L /etc/pip.conf "$root/etc/pip.conf"
for certificates in /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates; do
  [[ ! -e $certificates ]] || { mkdir -p "$root${certificates%/*}" && cp -rL "$certificates" "$root${certificates%/*}/"; }
done
mkdir "$root/octet"
git archive HEAD | tar --extract --directory "$root/octet"

mount --bind /dev "$root/dev" && mounts=("$root/dev" "${mounts[@]}")
mount -t proc proc "$root/proc" && mounts=("$root/proc" "${mounts[@]}")
mount -t sysfs sysfs "$root/sys" && mounts=("$root/sys" "${mounts[@]}")

# The environment's package settings stay (proxies, indexes); its programs and home don't.
inside() {
  env -u HOME -u CCACHE_DIR -u OCTET_GOLDENS PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root chroot "$root" /bin/bash -c "cd /octet && $1" </dev/null
}
for command in deploy/quickstart.sh tests/run.sh; do
  echo "== $command in a clean root"
  start=$SECONDS
  inside "$command" || { echo "$command failed after $((SECONDS - start)) s" >&2; exit 1; }
  echo "== $command passed in $((SECONDS - start)) s"
done
