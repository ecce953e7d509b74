#!/usr/bin/env bash
# Find Chromium for the browser tests, or install it where that needs no password; say what to install otherwise.
set -euo pipefail

find_browser() {
  local name
  for name in ${CHROMIUM:-chromium chromium-browser google-chrome}; do
    command -v "$name" >/dev/null && return 0
  done
  return 1
}

find_browser && exit 0
if [[ -z ${CHROMIUM:-} && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  echo "Installing Chromium for the browser tests (some minutes)"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  if apt-get update >"$log" 2>&1 && apt-get install -y --no-install-recommends chromium >>"$log" 2>&1; then
    rm "$log"
  else
    cat "$log" >&2
    rm "$log"
  fi
  find_browser && exit 0
fi
echo "error: no Chromium on this machine. Install it (Debian: apt-get install chromium), or set CHROMIUM=/path/of/it" >&2
exit 1
