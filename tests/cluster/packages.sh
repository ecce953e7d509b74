#!/usr/bin/env bash
# Find Slurm for the cluster tests, or install it where that needs no password; say what to install otherwise.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
PACKAGES=(munge slurm-client slurmctld slurmd)

find_slurm() {
  local name
  for name in munged sbatch slurmctld slurmd; do
    command -v "$name" >/dev/null || return 1
  done
}

find_slurm && exit 0
# A machine of a cluster keeps the Slurm that it has.
if [[ $(id -u) == 0 && ! -e /etc/slurm/slurm.conf ]] && command -v apt-get >/dev/null; then
  echo "Installing Slurm for the cluster tests (a minute)"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  if apt-get update >"$log" 2>&1 && apt-get install -y --no-install-recommends "${PACKAGES[@]}" >>"$log" 2>&1; then
    rm "$log"
  else
    cat "$log" >&2
    rm "$log"
  fi
  find_slurm && exit 0
fi
echo "error: no Slurm on this machine. Install it (Debian: apt-get install ${PACKAGES[*]})" >&2
exit 1
