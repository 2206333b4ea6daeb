#!/usr/bin/env bash
# Sourced by the start scripts: starts, watches and stops the two services, natively or with Docker Compose.
# Exit codes: 0 done, 1 a service did not come up, 2 wrong usage, 3 this machine lacks something.

# shellcheck source=scripts/setup.sh
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

WORKSPACE=${DEEPSYNTH_WORKSPACE:-$ROOT/workspace}
RUN_FOLDER="$WORKSPACE/run"
HOST=${DEEPSYNTH_HOST:-127.0.0.1}
case "$HOST" in # CALLED: the name by which this machine itself calls the services
  0.0.0.0 | ::) CALLED=127.0.0.1 ;;
  *:*) CALLED="[$HOST]" ;;
  *) CALLED=$HOST ;;
esac
HEALTH_WAIT_S=${DEEPSYNTH_HEALTH_WAIT_S:-60}
MIN_FREE_MB=2000

service_port() { if [ "$1" = cpu ]; then echo "${DEEPSYNTH_CPU_PORT:-5000}"; else echo "${DEEPSYNTH_GPU_PORT:-5001}"; fi; }
service_title() { if [ "$1" = cpu ]; then echo "dataset service"; else echo "training service"; fi; }
service_url() { echo "http://$CALLED:$(service_port "$1")"; }
compose() { docker compose --project-directory "$ROOT" -f "$ROOT/docker-compose.$1.yml" "${@:2}"; }

engine_answers() { command -v docker >/dev/null && docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; }

healthy() { # healthy ROLE: this very service answers on its port
  "$VENV/bin/python" - "$(service_url "$1")/api/health" "$1" 2>/dev/null <<'PYTHON'
import json, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
answer = json.load(opener.open(sys.argv[1], timeout=2))
sys.exit(answer.get("role") != sys.argv[2])
PYTHON
}

port_taken() {
  "$VENV/bin/python" -c 'import socket, sys; socket.create_connection((sys.argv[1].strip("[]"), int(sys.argv[2])), 1)' \
    "$CALLED" "$(service_port "$1")" 2>/dev/null
}

# native_pid ROLE: the pid of our service, nothing when it is gone or the number belongs to another program by now.
native_pid() {
  local pid
  pid=$(cat "$RUN_FOLDER/$1.pid" 2>/dev/null) || return 1
  "$VENV/bin/python" -c 'import psutil, sys; sys.exit(f"serve --role {sys.argv[2]}" not in " ".join(psutil.Process(int(sys.argv[1])).cmdline()))' \
    "$pid" "$1" 2>/dev/null && echo "$pid"
}

check_disk() {
  local free_mb
  mkdir -p "$RUN_FOLDER" 2>/dev/null || fail 3 "$WORKSPACE is not writable. Set DEEPSYNTH_WORKSPACE to a folder that is."
  free_mb=$(df -Pm "$WORKSPACE" | awk 'NR == 2 { print $4 }')
  [ "$free_mb" -ge "$MIN_FREE_MB" ] || fail 3 "only $free_mb MB are free on the disk of $WORKSPACE; $MIN_FREE_MB MB are needed."
}

start_native() {
  local role=$1 log="$RUN_FOLDER/$1.log"
  if native_pid "$role" >/dev/null; then
    if healthy "$role"; then say "The $(service_title "$role") is already running: $(service_url "$role")"; else wait_healthy "$role" "$log"; fi
    return 0
  fi
  if port_taken "$role"; then
    fail 1 "port $(service_port "$role") is in use by another program. Stop it, or set DEEPSYNTH_${role^^}_PORT."
  fi
  say "Starting the $(service_title "$role")"
  setsid nohup "$VENV/bin/deepsynth" serve --role "$role" --host "$HOST" --port "$(service_port "$role")" --workspace "$WORKSPACE" \
    >>"$log" 2>&1 </dev/null &
  echo $! >"$RUN_FOLDER/$role.pid"
  wait_healthy "$role" "$log"
}

wait_healthy() {
  local role=$1 log=$2 waited_s=0
  until healthy "$role"; do
    if [ "$waited_s" -ge "$HEALTH_WAIT_S" ] || { [ "$waited_s" -gt 2 ] && ! native_pid "$role" >/dev/null; }; then
      tail -n 15 "$log" >&2
      fail 1 "the $(service_title "$role") did not come up; its log is $log."
    fi
    [ -t 1 ] && printf '.'
    sleep 1
    waited_s=$((waited_s + 1))
  done
  if [ -t 1 ] && [ "$waited_s" -gt 0 ]; then echo; fi
  say "The $(service_title "$role") is ready: $(service_url "$role")"
}

stop_native() {
  local role=$1 pid waited_s=0
  if ! pid=$(native_pid "$role"); then
    rm -f "$RUN_FOLDER/$role.pid"
    say "The $(service_title "$role") is not running."
    return 0
  fi
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do
    if [ "$waited_s" -ge 30 ]; then
      kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid"
      break
    fi
    sleep 1
    waited_s=$((waited_s + 1))
  done
  rm -f "$RUN_FOLDER/$role.pid"
  say "Stopped the $(service_title "$role"). Running jobs go on and are adopted at the next start."
}

start_service() { # start_service ROLE MODE
  if [ "$2" = docker ]; then
    say "Starting the $(service_title "$1") with Docker Compose"
    compose "$1" up -d --wait ||
      fail 1 "docker compose could not start it (a missing device driver \"nvidia\": install the NVIDIA container toolkit); see $0 --docker --logs. Without Docker: --native."
    say "The $(service_title "$1") is ready: $(service_url "$1")"
  else
    start_native "$1"
  fi
}

stop_service() { if [ "$2" = docker ]; then compose "$1" down; else stop_native "$1"; fi; }

show_status() { # show_status ROLE MODE
  if [ "$2" = docker ]; then
    compose "$1" ps
  elif native_pid "$1" >/dev/null; then
    if healthy "$1"; then say "$(service_title "$1"): running, $(service_url "$1")"; else say "$(service_title "$1"): started, but not healthy"; fi
  else
    say "$(service_title "$1"): not running"
  fi
}

show_logs() { if [ "$2" = docker ]; then compose "$1" logs --tail 100; else tail -n 100 "$RUN_FOLDER/$1.log" 2>/dev/null || say "No log yet."; fi; }

# choose_mode ROLE: what --native or --docker asked for; else how the service runs now; else Docker when an engine answers. With --cpu
# both run natively: the training container needs a GPU, and a service in a container has another workspace than one beside it.
choose_mode() {
  case "$MODE" in
    native) echo native ;;
    docker) engine_answers || fail 3 "no Docker engine with Compose answers. Start it, or use --native." && echo docker ;;
    *) if [ "$CPU_ONLY" = yes ] || native_pid "$1" >/dev/null || ! engine_answers; then echo native; else echo docker; fi ;;
  esac
}

# check_gpu: says honestly what the training service will run on.
check_gpu() {
  if command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; then
    say "GPU: $(nvidia-smi --query-gpu=name,memory.total --format=csv,noheader | head -n 1)"
    return 0
  fi
  [ "$CPU_ONLY" = yes ] || say "No NVIDIA GPU with a working driver here. Training runs on the processor: right for the tiny model, far too slow for DeepSeek-OCR."
  return 1
}

check_hub_settings() {
  [ -n "${HF_TOKEN:-}" ] || say "HF_TOKEN is not set: everything works except publishing to the Hugging Face Hub."
  [ -n "${HF_USERNAME:-}" ] || say "HF_USERNAME is not set: name the repository when you publish."
}

# parse_service_arguments ARGUMENTS...: what the start scripts share. Sets ACTION, MODE, CPU_ONLY and DEMO.
parse_service_arguments() {
  ACTION=start MODE='' CPU_ONLY=no DEMO=no
  while [ $# -gt 0 ]; do
    case "$1" in
      --native) MODE=native ;;
      --docker) MODE=docker ;;
      --cpu) CPU_ONLY=yes ;;
      --demo) DEMO=yes MODE=${MODE:-native} ;;
      --stop) ACTION=stop ;;
      --status) ACTION=status ;;
      --logs) ACTION=logs ;;
      -h | --help) ACTION=help ;;
      *) fail 2 "unknown option $1. Try --help." ;;
    esac
    shift
  done
  [ "$DEMO$MODE" != yesdocker ] || fail 2 "--demo runs without containers: leave out --docker."
}

prepare_native() {
  ensure_libraries
  ensure_venv train
  check_disk
}

start_one() { # start_one ROLE MODE
  if [ "$1" = gpu ] && ! check_gpu && [ "$2" = docker ]; then
    fail 3 "the training container needs a GPU. Use --cpu without --docker: both services then run without containers, for the tiny model."
  fi
  [ "$2" = docker ] || prepare_native
  start_service "$1" "$2"
}

run_services() { # run_services ROLE...
  local role mode
  for role in "$@"; do
    mode=$(choose_mode "$role") || exit $?
    case "$ACTION" in
      start) start_one "$role" "$mode" ;;
      stop) stop_service "$role" "$mode" ;;
      status) show_status "$role" "$mode" ;;
      logs) say "== $(service_title "$role")" && show_logs "$role" "$mode" ;;
    esac
  done
}

# start_script ROLE TAB ARGUMENTS...: what the scripts that start one service do.
start_script() {
  local role=$1 tab=$2
  shift 2
  parse_service_arguments "$@"
  if [ "$ACTION" = help ]; then
    sed -n '2,9s/^# \{0,1\}//p' "$0"
    return 0
  fi
  [ "$DEMO" = no ] || fail 2 "--demo belongs to ./start-all.sh."
  run_services "$role"
  if [ "$ACTION" = start ]; then
    check_hub_settings
    say "Open $(service_url "$role")/$tab in a browser. Stop with ./$(basename "$0") --stop"
  fi
}
