#!/usr/bin/env bash
# Looks the pinned packages up among known vulnerabilities. A finding fails; a database that does not answer is said, and nothing more.
# The database is OSV: asked through a package index that has none of its own, pip-audit passes over every package and finds nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/setup.sh
source scripts/setup.sh

report=$(mktemp)
trap 'rm -f "$report"' EXIT
# It ends with 1 for a finding and for a fault of its own alike. Only findings are written to standard output.
if fault=$(pip-audit -s osv -r constraints.txt --no-deps --disable-pip --progress-spinner off 2>&1 >"$report"); then
  say "No known vulnerability in the $(grep -c == constraints.txt) pinned packages."
elif [ -s "$report" ]; then
  cat "$report"
  fail 1 "the packages above have known vulnerabilities. Raise their pins in constraints.txt, then run this again."
else
  say "not checked: ${fault##*$'\n'}"
fi
