#!/usr/bin/env bash
# Installs the Debian packages the engines need, where it may; otherwise prints the one line to run.
set -euo pipefail
python=$1
shift
missing="$("$python" -m devstack packages) $*"
read -ra missing <<<"$missing"
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]} ..."
    log=$(mktemp)
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -20 "$log" >&2
        exit 3
    fi
    rm -f "$log"
else
    echo "Missing: ${missing[*]}. Install them with: sudo apt-get install -y ${missing[*]}" >&2
    exit 3
fi
