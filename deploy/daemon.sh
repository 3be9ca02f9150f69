# Sourced by scripts that run a daemon of their own on this machine.
#
#   start_octetd LOG [FLAG...]   starts it on free loopback ports and waits until it is ready;
#                                sets octetd_pid, grpc_address and metrics_address
#   stop_octetd                  ends it as an operator would, and returns its exit status
#   free_port                    prints a TCP port that nothing listens on
# `octetd` and `octet` are the programs to use.
# shellcheck shell=bash

octetd=${OCTETD:-build/server/octetd}
octet=${OCTET:-build/client/octet}
octetd_pid=

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# A random port may be taken between the look and the use, so another pair is tried then.
start_octetd() {
  local log=$1 attempt
  shift
  for attempt in 1 2 3; do
    grpc_address=127.0.0.1:$(free_port)
    metrics_address=127.0.0.1:$(free_port)
    "$octetd" --grpc-address "$grpc_address" --metrics-address "$metrics_address" "$@" >"$log" 2>&1 &
    octetd_pid=$!
    if wait_ready; then
      return 0
    fi
    echo "octetd did not start (attempt $attempt):" >&2
    cat "$log" >&2
  done
  return 1
}

wait_ready() {
  local attempt
  for ((attempt = 0; attempt < 300; attempt++)); do
    "$octet" --address "$grpc_address" status >/dev/null 2>&1 && return 0
    kill -0 "$octetd_pid" 2>/dev/null || break
    sleep 0.1
  done
  stop_octetd || true
  return 1
}

stop_octetd() {
  local pid=$octetd_pid
  octetd_pid=
  [[ -n $pid ]] || return 0
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid"
}
