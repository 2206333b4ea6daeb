#!/usr/bin/env bash
# Looks up the pinned packages among known vulnerabilities. A vulnerability makes the script fail; if the database does
# not answer, the script only prints a message. The database is OSV: a package index may have none of its own, and then
# pip-audit skips all packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/setup.sh
source scripts/setup.sh

report=$(mktemp)
trap 'rm -f "$report"' EXIT
# pip-audit exits with 1 for a vulnerability and for its own errors. It writes only vulnerabilities to standard output.
if fault=$(pip-audit -s osv -r constraints.txt --no-deps --disable-pip --progress-spinner off 2>&1 >"$report"); then
  say "No known vulnerability in the $(grep -c == constraints.txt) pinned packages."
elif [ -s "$report" ]; then
  cat "$report"
  fail 1 "the packages above have known vulnerabilities. Raise their pins in constraints.txt, then run this again."
else
  say "not checked: ${fault##*$'\n'}"
fi
