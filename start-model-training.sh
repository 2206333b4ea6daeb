#!/usr/bin/env bash
# Starts the training service on port 5001.
#
# Usage: ./start-model-training.sh [--native | --docker] [--cpu]
#        ./start-model-training.sh --status | --logs | --stop
#   --native   run in a virtual environment, which is created if missing
#   --docker   run in a container; default: as it runs now, else in Docker if Docker answers and can use a GPU, else natively
#   --cpu      run natively, without the notice that there is no GPU
# Settings, from the environment, else from .env in this folder: DEEPSYNTH_WORKSPACE (natively), DEEPSYNTH_GPU_PORT,
#   DEEPSYNTH_API_TOKEN, HF_TOKEN and HF_USERNAME (only to publish), and the others of docs/operations.md.
# Exit codes: 0 done, 1 the service failed, 2 wrong usage, 3 this machine lacks something.
set -euo pipefail
# shellcheck source=scripts/services.sh
source "$(dirname "${BASH_SOURCE[0]}")/scripts/services.sh"
start_script gpu train "$@"
