#!/usr/bin/env bash
# Builds the container image with a real engine and runs it: health, identity, inference through a
# published port, drain; then the composition with Prometheus, whose API must answer with Octet's
# series. Needs root. Status 77 (skipped) where no engine can run.
#
# The engine is Debian's docker.io: the running one, or one that this script starts for itself and
# ends. The base image is a bookworm that debootstrap makes.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
source deploy/daemon.sh

skip() { echo "SKIPPED: $*"; exit 77; }
((EUID == 0)) || skip "an engine is started as root"
[[ -x $octet ]] || { echo "$octet is not built" >&2; exit 1; }

work=$(mktemp -d)
engine_pid=
compose=(docker-compose --file deploy/compose.yaml --project-name octet-test)
cleanup() {
  if [[ -n ${OCTET_MODELS:-} ]]; then
    "${compose[@]}" down --volumes --timeout 15 >/dev/null 2>&1 || true
  fi
  docker rm --force octet-test >/dev/null 2>&1 || true
  if [[ -n $engine_pid ]]; then
    kill "$engine_pid" 2>/dev/null || true
    wait "$engine_pid" || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT

start_engine() {
  local driver attempt
  if docker info >/dev/null 2>&1; then
    return 0
  fi
  export DOCKER_HOST=unix://$work/docker.sock
  for driver in overlay2 vfs; do
    dockerd --host "$DOCKER_HOST" --data-root "$work/data" --exec-root "$work/exec" \
      --pidfile "$work/docker.pid" --storage-driver "$driver" >"$work/dockerd.log" 2>&1 &
    engine_pid=$!
    for ((attempt = 0; attempt < 60; attempt++)); do
      docker info >/dev/null 2>&1 && return 0
      kill -0 "$engine_pid" 2>/dev/null || break
      sleep 0.5
    done
    kill "$engine_pid" 2>/dev/null || true
    wait "$engine_pid" || true
    engine_pid=
  done
  tail -n 5 "$work/dockerd.log"
  return 1
}

# An engine that is there keeps its own debian:bookworm-slim.
make_base_image() {
  docker image inspect debian:bookworm-slim >/dev/null 2>&1 && return 0
  debootstrap --variant=minbase bookworm "$work/root" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 5 "$work/debootstrap.log"; return 1; }
  # What this machine needs to reach its package archive, the image's builds need too.
  cp -rL /etc/apt/apt.conf.d/. "$work/root/etc/apt/apt.conf.d/"
  tar --directory "$work/root" --create . | docker import - debian:bookworm-slim >/dev/null
  rm -rf "$work/root"
}

# wait_for SECONDS COMMAND...: tries twice a second.
wait_for() {
  local attempts=$((2 * $1))
  shift
  while ! "$@"; do
    ((attempts-- > 0)) || return 1
    sleep 0.5
  done
}

healthy() { [[ $(docker inspect --format '{{.State.Health.Status}}' "$1") == healthy ]]; }

expect() {
  if [[ $2 != "$3" ]]; then
    echo "$1: $2, not $3" >&2
    exit 1
  fi
  echo "$1: $2"
}

deploy/packages/install.sh container || skip "the engine's packages can't be installed"
start_engine || skip "no container engine can run here"
make_base_image || skip "no base image can be made here"
docker build --tag octet .

export OCTET_MODELS=$work/models
mkdir -p "$OCTET_MODELS/digits/1"
cp tests/data/digits_int8.tflite "$OCTET_MODELS/digits/1/model.tflite"
chmod -R a+rX "$work"
grpc_port=$(free_port)
docker run --detach --name octet-test --read-only --cap-drop ALL --volume "$OCTET_MODELS:/models:ro" \
  --publish "127.0.0.1:$grpc_port:8001" octet >/dev/null
wait_for 60 healthy octet-test || { docker logs octet-test; docker inspect octet-test; exit 1; }
expect "health" "$(docker inspect --format '{{.State.Health.Status}}' octet-test)" healthy
expect "user" "$(docker exec octet-test id -un)" octet
"$octet" --address "127.0.0.1:$grpc_port" infer digits --input image=tests/data/digits/digit_7.png
docker stop --time 20 octet-test >/dev/null
expect "exit status after stop" "$(docker inspect --format '{{.State.ExitCode}}' octet-test)" 0
docker image ls --format 'image {{.Repository}}: {{.Size}}' octet

OCTET_GRPC_PORT=$(free_port) OCTET_METRICS_PORT=$(free_port) PROMETHEUS_PORT=$(free_port)
export OCTET_GRPC_PORT OCTET_METRICS_PORT PROMETHEUS_PORT
"${compose[@]}" up --build --detach
wait_for 60 "$octet" --address "127.0.0.1:$OCTET_GRPC_PORT" status >/dev/null
"$octet" --address "127.0.0.1:$OCTET_GRPC_PORT" infer digits --input image=tests/data/digits/digit_3.png
scraped() {
  [[ $(curl -fsS --get "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query" \
    --data-urlencode 'query=sum(octet_requests_total{model="digits",code="OK"})' 2>/dev/null |
    jq -r '.data.result[0].value[1] // empty') == 1 ]]
}
wait_for 60 scraped || { "${compose[@]}" logs --tail 50; exit 1; }
echo "Prometheus in the composition: octet_requests_total is 1"
