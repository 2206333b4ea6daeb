#!/usr/bin/env bash
# Starts both services: the dataset service on port 5000 and the training service on port 5001.
#
# Usage: ./start-all.sh [--demo] [--native | --docker] [--cpu]
#        ./start-all.sh --status | --logs | --stop
#   --demo     after the start: make a small dataset, train and score the tiny model on it, show summaries (offline, ten minutes)
#   --native   run in a virtual environment, which is created if missing
#   --docker   run in containers; default: as it runs now, else in Docker if Docker answers and can use a GPU, else natively
#   --cpu      run natively, without the notice that there is no GPU
# Settings, from the environment, else from .env in this folder: DEEPSYNTH_WORKSPACE (natively), DEEPSYNTH_CPU_PORT, DEEPSYNTH_GPU_PORT,
#   DEEPSYNTH_API_TOKEN, HF_TOKEN and HF_USERNAME (only to publish), and the others of docs/operations.md.
# Exit codes: 0 done, 1 a service or the demo failed, 2 wrong usage, 3 this machine lacks something.
set -euo pipefail
# shellcheck source=scripts/services.sh
source "$(dirname "${BASH_SOURCE[0]}")/scripts/services.sh"
parse_service_arguments "$@"
if [ "$ACTION" = help ]; then
  show_help
  exit 0
fi
run_services cpu gpu
if [ "$ACTION" = start ]; then
  check_settings
  if [ "$DEMO" = yes ]; then
    exec "$VENV/bin/python" -m web_ui.commands.demo --dataset-service "$(address cpu)" --training-service "$(address gpu)" --workspace "$WORKSPACE"
  fi
  say "Open $(address cpu)/benchmarks in a browser. Stop with ./start-all.sh --stop"
fi
