#!/usr/bin/env bash
# A real Prometheus scrapes the daemon and answers queries with its series; promtool accepts the page.
#   prometheus_test.sh
# Uses Debian's prometheus, unpacked below build/ where it is not installed (installing it would
# start a service). Status 77 (skipped) where it can't be had.
set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
source deploy/daemon.sh

work=$(mktemp -d)
prometheus_pid=
cleanup() {
  [[ -z $prometheus_pid ]] || kill "$prometheus_pid" 2>/dev/null || true
  stop_octetd || true
  wait
  rm -rf "$work"
}
trap cleanup EXIT

find_prometheus() {
  local unpacked=$PWD/build/prometheus
  PATH=$PATH:$unpacked/usr/bin
  command -v prometheus >/dev/null && return 0
  mkdir -p "$unpacked"
  (cd "$unpacked" && apt-get -qq download prometheus && dpkg -x prometheus_*.deb .) || return 1
  command -v prometheus >/dev/null
}
find_prometheus || { echo "SKIPPED: Debian's prometheus package can't be had here"; exit 77; }

mkdir -p "$work/models/digits/1"
cp tests/data/digits_int8.tflite "$work/models/digits/1/model.tflite"
start_octetd "$work/octetd.log" --model-repository "$work/models"
for digit in 0 1 2 3 4; do
  "$octet" --address "$grpc_address" infer digits --input "image=tests/data/digits/digit_$digit.png" >/dev/null
done

curl -fsS "http://$metrics_address/metrics" >"$work/page.txt"
promtool check metrics <"$work/page.txt"

address=127.0.0.1:$(free_port)
sed -e "s/octet:8002/$metrics_address/" -e 's/scrape_interval: .*/scrape_interval: 1s/' \
  deploy/prometheus/prometheus.yml >"$work/prometheus.yml"
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" \
  --web.listen-address="$address" >"$work/prometheus.log" 2>&1 &
prometheus_pid=$!

# query EXPRESSION: the first sample's value, or nothing.
query() {
  curl -fsS --get "http://$address/api/v1/query" --data-urlencode "query=$1" 2>/dev/null |
    jq -r '.data.result[0].value[1] // empty'
}

expect() {
  local expression=$1 wanted=$2 got='' attempt
  for ((attempt = 0; attempt < 60; attempt++)); do
    got=$(query "$expression" || true)
    if [[ $got == "$wanted" ]]; then
      echo "$expression = $got"
      return 0
    fi
    sleep 0.5
  done
  echo "$expression is '$got', not $wanted" >&2
  cat "$work/prometheus.log" >&2
  exit 1
}

expect 'up{job="octet"}' 1
expect 'sum(octet_requests_total{model="digits",version="1",code="OK"})' 5
expect 'sum(octet_request_duration_seconds_count{model="digits"})' 5
expect 'octet_model_state{model="digits",version="1",state="ready"}' 1
expect 'count(octet_build_info)' 1
