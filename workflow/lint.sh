#!/usr/bin/env bash
# snakemake --lint; fails on every finding but the one accepted here.
set -euo pipefail
# One environment serves all rules: `make env` installs what requirements.lock pins.
ACCEPTED="    * Specify a conda environment or container for each rule.:"

found=$(snakemake --lint 2>&1) && exit 0
if ! grep -q '^Lints for ' <<<"$found"; then
    echo "$found" >&2 # it failed before it could lint
    exit 1
fi
awk -v accepted="$ACCEPTED" '
    /^Lints for / { where = $0; shown = 0 }
    /^    \* / { shown = $0 != accepted; if (shown) { print where; failed = 1 } }
    shown
    END { exit failed }
' <<<"$found" >&2
