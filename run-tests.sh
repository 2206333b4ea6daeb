#!/usr/bin/env bash
# Installs what the tests need, then runs lint, type checks, import contracts and the test suite.
# Usage: ./run-tests.sh [--quick] [pytest arguments]
#   --quick   only the test suite, without the tests marked slow
# A test that needs something this machine lacks is skipped with the reason; with DEEPSYNTH_REQUIRE_ALL=1 it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
case "${1:-}" in -h | --help) sed -n '2,5s/^# \{0,1\}//p' run-tests.sh && exit 0 ;; esac
# shellcheck source=scripts/setup.sh
source scripts/setup.sh

ensure_libraries
ensure_packages chromium-headless-shell tesseract-ocr fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji ||
  say "Continuing without these packages: the tests that need them are skipped."
ensure_node_modules || say "Continuing without Node.js: the tests of the browser modules are skipped."
ensure_venv train,dev,ray
export PATH="$VENV/bin:$PATH" HF_HUB_DISABLE_TELEMETRY=1 OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
unset PYTHONDONTWRITEBYTECODE # otherwise some hundred processes would each compile the project again

run_tests() { # one process more than cores, since tests wait for jobs; without OMP_NUM_THREADS, which nproc would obey
  pytest -n "$(($(env -u OMP_NUM_THREADS nproc) + 1))" --dist loadfile --no-loadscope-reorder "$@"
}

lint() {
  ruff check . && ruff format --check --quiet . && mypy && lint-imports &&
    shellcheck -x ./*.sh scripts/*.sh tests/docker/*.sh .ci/run && hadolint --ignore DL3008 --ignore DL3059 Dockerfile Dockerfile.cpu
}

if [ "${1:-}" = "--quick" ]; then
  shift
  run_tests -m "not slow" "$@"
  exit
fi
say "== lint, types, import contracts and, at the same time, the tests"
lint_log=$(mktemp)
lint >"$lint_log" 2>&1 &
failed=()
run_tests "$@" || failed+=(tests)
wait $! || { cat "$lint_log" && failed+=(lint); }
[ ${#failed[@]} -eq 0 ] || fail 1 "failed: ${failed[*]}. See above."
