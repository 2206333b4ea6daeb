#!/usr/bin/env bash
# Searches OSV, a database of known vulnerabilities, for the pinned packages. Fails on a finding; if OSV does not answer, only reports it.
# OSV, and not pip-audit's default (the package index): with an index that has no such database, pip-audit skips every package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/setup.sh
source scripts/setup.sh

report=$(mktemp)
trap 'rm -f "$report"' EXIT
# pip-audit exits with 1 both on a finding and on an own error. It writes only findings to standard output.
if fault=$(pip-audit -s osv -r constraints.txt --no-deps --disable-pip --progress-spinner off 2>&1 >"$report"); then
  say "No known vulnerability in the $(grep -c == constraints.txt) pinned packages."
elif [ -s "$report" ]; then
  cat "$report"
  fail 1 "the packages above have known vulnerabilities. Raise their pins in constraints.txt, then run this again."
else
  say "not checked: ${fault##*$'\n'}"
fi
