#!/bin/sh
# Installs the programs that optional tests compare with or talk to (Debian and Ubuntu; needs root).
# Tests that miss one are skipped and say so.
set -eu

packages="docker-registry redis-server nats-server skopeo umoci rpm zstd python3 ruby chromium zsh fish"
missing=""
for package in $packages; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "already installed: $packages"
  exit 0
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "not installed, tests that need them will be skipped:$missing" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086 -- a list of words
apt-get install -y -q --no-install-recommends $missing
# They are started by tests, on ports of their own.
if command -v systemctl >/dev/null 2>&1; then
  systemctl disable --now docker-registry redis-server nats-server 2>/dev/null || true
fi
