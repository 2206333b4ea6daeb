#!/usr/bin/env bash
# Starts the training service on port 5001.
#
# Usage: ./start-model-training.sh [--native | --docker] [--cpu]
#        ./start-model-training.sh --status | --logs | --stop
#   --native   run in a virtual environment (made when missing); --docker: run in a container; default: Docker when it answers
#   --cpu      without a GPU, natively and without the notice
# Settings: DEEPSYNTH_WORKSPACE, DEEPSYNTH_GPU_PORT, HF_TOKEN and HF_USERNAME (only to publish).
# Exit codes: 0 done, 1 the service failed, 2 wrong usage, 3 this machine lacks something.
set -euo pipefail
# shellcheck source=scripts/services.sh
source "$(dirname "${BASH_SOURCE[0]}")/scripts/services.sh"
start_script gpu train "$@"
