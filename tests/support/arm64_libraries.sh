#!/usr/bin/env bash
# Unpacks Debian's arm64 builds of the libraries that the engine and its tests link, for cross
# compiling. Nothing is installed: the machine's own packages and architectures stay as they are.
#   arm64_libraries.sh DIRECTORY
set -euo pipefail
directory=$1
packages=(libabsl-dev libabsl20220623 libbenchmark-dev libbenchmark1debian libflatbuffers-dev libflatbuffers2
  libgmock-dev libgtest-dev googletest)
[[ ! -f $directory/complete ]] || exit 0

mkdir -p "$directory/apt/lists/partial" "$directory/apt/cache/archives/partial" "$directory/debs"
directory=$(realpath "$directory")
touch "$directory/apt/status"
# An apt of its own, of the other architecture, that reads the machine's sources.
apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User="$(id -un)"
  -o Dir::State="$directory/apt" -o Dir::State::lists="$directory/apt/lists"
  -o Dir::State::status="$directory/apt/status" -o Dir::Cache="$directory/apt/cache")
"${apt[@]}" update
(cd "$directory/debs" && "${apt[@]}" download "${packages[@]}")
for package in "$directory"/debs/*.deb; do
  dpkg -x "$package" "$directory"
done
rm -rf "$directory/apt" "$directory/debs"
touch "$directory/complete"
