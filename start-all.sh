#!/usr/bin/env bash
# Starts both services: the dataset service on port 5000 and the training service on port 5001.
#
# Usage: ./start-all.sh [--demo] [--native | --docker] [--cpu]
#        ./start-all.sh --status | --logs | --stop
#   --demo     then make a small dataset, train the tiny model on it, score it, and show summaries (offline, about ten minutes)
#   --native   run in a virtual environment (made when missing); --docker: run in containers; default: Docker when it answers
#   --cpu      without a GPU, natively and without the notice
# Settings: DEEPSYNTH_WORKSPACE, DEEPSYNTH_CPU_PORT, DEEPSYNTH_GPU_PORT, HF_TOKEN and HF_USERNAME (only to publish).
# Exit codes: 0 done, 1 a service or the demo failed, 2 wrong usage, 3 this machine lacks something.
set -euo pipefail
# shellcheck source=scripts/services.sh
source "$(dirname "${BASH_SOURCE[0]}")/scripts/services.sh"
parse_service_arguments "$@"
if [ "$ACTION" = help ]; then
  sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 0
fi
run_services cpu gpu
if [ "$ACTION" = start ]; then
  check_hub_settings
  if [ "$DEMO" = yes ]; then
    exec "$VENV/bin/python" -m web_ui.demo --dataset-service "$(service_url cpu)" --training-service "$(service_url gpu)" --workspace "$WORKSPACE"
  fi
  say "Open $(service_url cpu)/benchmarks in a browser. Stop with ./start-all.sh --stop"
fi
